"""What the front end shows: the console's files, and a configuration that names what was deployed before."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.components import console_config
from stacks.components.iam import allow
from stacks.components.python_function import PythonFunction
from stacks.deployment import Deployment
from stacks.frontend_stack import FrontendStack
from stacks.identity_stack import IdentityStack
from stacks.part_stack import PartStack
from stacks.runtime_stack import RuntimeStack

PUBLISHER = "site_publisher"
TIMEOUT_SECONDS = 120
MEMORY_MB = 256


class ConsoleStack(PartStack):
    """The last of the user's path: it needs the entry agent's runtime and the users' client."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        frontend: FrontendStack,
        identity: IdentityStack,
        runtime: RuntimeStack,
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment, key=identity.key)
        code = deployment.assets.site(PUBLISHER)
        bucket, distribution = frontend.bucket, frontend.distribution
        publisher = PythonFunction(
            self,
            "Publisher",
            deployment=deployment,
            package=PUBLISHER,
            code=code,
            description=f"Publishes the console of {deployment.names.prefix} while it is deployed",
            timeout_seconds=TIMEOUT_SECONDS,
            memory_mb=MEMORY_MB,
            environment={},
            statements=[
                allow(
                    "ListSite",
                    "Finds files that a former version published, and every version before the bucket goes.",
                    ["s3:ListBucket", "s3:ListBucketVersions"],
                    [bucket.bucket_arn],
                ),
                allow(
                    "Publish",
                    "Writes the console's files and removes those that are no longer of it.",
                    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"],
                    [bucket.arn_for_objects("*")],
                ),
                allow(
                    "Refresh",
                    "Makes CloudFront ask again for the files it keeps.",
                    ["cloudfront:CreateInvalidation"],
                    [distribution.distribution_arn],
                ),
            ],
            traced=False,
            reserved_concurrency=1,
            phase="deployment",
        )
        site = cdk.CustomResource(
            self,
            "Published",
            service_token=publisher.function.function_arn,
            resource_type="Custom::AirsideSite",
            properties={
                "Bucket": bucket.bucket_name,
                "Distribution": distribution.distribution_id,
                "Config": console_config.render(
                    deployment,
                    url=frontend.url,
                    users=identity.users,
                    entry=runtime.runtimes[deployment.system.entry_agent].runtime.attr_agent_runtime_arn,
                ),
                # Other files are another request: CloudFormation asks only where a property has changed.
                "Files": cdk.FileSystem.fingerprint(str(code)),
            },
        )
        # Whoever deletes the role or the log first leaves the files in the bucket, and the bucket in the account.
        site.node.add_dependency(publisher)
        ssm.StringParameter(
            self,
            "Url",
            parameter_name=deployment.names.parameter("console-url"),
            string_value=frontend.url,
        )
