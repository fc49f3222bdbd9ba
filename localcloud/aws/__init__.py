"""Stand-ins for the AWS data services a system uses: DynamoDB, and on demand SSM, Secrets Manager, S3, …"""
