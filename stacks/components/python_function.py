"""A Python function with its own role and its own log group."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.components.iam import allow
from stacks.deployment import Deployment
from stacks.part_stack import declare, removal_policy
from stacks.retention import retention


class PythonFunction(Construct):
    """A function whose role may write its own log, plus exactly `statements`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        package: str,
        code: Path,
        description: str,
        timeout_seconds: int,
        memory_mb: int,
        environment: Mapping[str, str],
        statements: list[iam.PolicyStatement],
        traced: bool,
        reserved_concurrency: int | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=names.function_log_group(package),
            retention=retention(deployment.environment.log_retention_days),
            removal_policy=removal_policy(deployment),
        )
        tracing = [
            # X-Ray authorizes these two on no resource.
            allow("Traces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])
        ]
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.role(f"function-{package.replace('_', '-')}"),
            description=f"Execution role of the function {package}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "Function": iam.PolicyDocument(
                    statements=[
                        allow(
                            "OwnLog",
                            ["logs:CreateLogStream", "logs:PutLogEvents"],
                            [log_group.log_group_arn],
                        ),
                        *(tracing if traced else []),
                        *statements,
                    ]
                )
            },
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.function(package),
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(code)),
            handler=f"{package}.handler.handler",
            timeout=cdk.Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            environment=dict(environment),
            # What the role may do stands above, whole; the library may add nothing to it.
            role=self.role.without_policy_updates(),
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE if traced else lambda_.Tracing.DISABLED,
            reserved_concurrent_executions=reserved_concurrency,
        )
        declare(self.function, {"Function": package})
