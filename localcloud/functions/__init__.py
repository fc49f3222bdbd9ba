"""Stand-in for AWS Lambda."""
