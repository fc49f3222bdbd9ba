"""Deploying a stage with the CDK's own command line: what is looked at first, in which order, and what was done."""
