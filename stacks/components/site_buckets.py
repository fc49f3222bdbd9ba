"""The bucket of the published console and the bucket of its access logs, with the reason of each statement."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.iam import Statement, allow, reasons
from stacks.deployment import Deployment
from stacks.part_stack import declare

SITE_LOGS = "site/"
VIEWER_LOGS = "viewers/"


class SiteBuckets(Construct):
    """Typed L1 for the policies: the library writes statements without an id, which nobody could give a reason for."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self.logs = s3.Bucket(
            self,
            "Logs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            # CloudFront delivers its standard logs by an ACL; the objects are ours all the same.
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(deployment.environment.log_retention_days),
                    noncurrent_version_expiration=cdk.Duration.days(1),
                )
            ],
            # A log that could be overwritten in silence would prove nothing.
            versioned=True,
            # Who asked for what outlives the page; it ends by the rule above.
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        declare(self.logs, {"Bucket": "console-logs", "Data": "internal"})
        self.site = s3.Bucket(
            self,
            "Site",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # Published files: nothing that a key of one's own would protect.
            encryption=s3.BucketEncryption.S3_MANAGED,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # The page of before is there for a month, should the new one have to be taken back by hand.
            versioned=True,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=cdk.Duration.days(30))],
            # Everything in it can be published again; it is emptied before it goes.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        declare(self.site, {"Bucket": "console", "Data": "public"})
        # Past the library, which would add a statement to the other bucket's policy.
        node = self.site.node.default_child
        assert isinstance(node, s3.CfnBucket)  # noqa: S101 - what the library makes
        node.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=self.logs.bucket_name, log_file_prefix=SITE_LOGS
        )
        stack = cdk.Stack.of(self)
        self._policy(
            self.logs,
            "LogsPolicy",
            allow(
                "SiteLog",
                "S3 writes who read the site's bucket, for that bucket of this account only.",
                ["s3:PutObject"],
                [self.logs.arn_for_objects(f"{SITE_LOGS}*")],
                {
                    "ArnLike": {"aws:SourceArn": self.site.bucket_arn},
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            ),
            "logging.s3.amazonaws.com",
        )

    def readable_by(self, distribution: cloudfront.Distribution) -> None:
        """Lets one distribution read the site, and nobody else."""
        self._policy(
            self.site,
            "SitePolicy",
            allow(
                "OwnDistribution",
                "The one distribution reads the files; another one of any account does not.",
                ["s3:GetObject"],
                [self.site.arn_for_objects("*")],
                {"StringEquals": {"aws:SourceArn": distribution.distribution_arn}},
            ),
            "cloudfront.amazonaws.com",
        )

    def _policy(self, bucket: s3.Bucket, construct_id: str, allowed: Statement, service: str) -> None:
        never = Statement(
            "NeverInTheClear",
            "Nobody reads or writes without TLS, whatever else allows it.",
            ["s3:*"],
            [bucket.bucket_arn, bucket.arn_for_objects("*")],
            {"Bool": {"aws:SecureTransport": "false"}},
            effect=iam.Effect.DENY,
        )
        policy = s3.CfnBucketPolicy(
            self,
            construct_id,
            bucket=bucket.bucket_name,
            policy_document=iam.PolicyDocument(
                statements=[
                    never.rendered([iam.AnyPrincipal()]),
                    allowed.rendered([iam.ServicePrincipal(service)]),
                ]
            ),
        )
        declare(policy, {"Statements": reasons([never, allowed])})
