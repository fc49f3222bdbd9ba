"""A Python function with its own role and its own log group."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components.iam import Statement, allow, own_role, service_trust
from stacks.components.log_group import log_group
from stacks.deployment import Deployment
from stacks.part_stack import declare

MAX_DESCRIPTION = 256


class PythonFunction(Construct):
    """A function whose role may write its own log, plus exactly `statements`.

    `phase` says when it runs where that is not while the system serves: `deployment`.
    """

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
        statements: list[Statement],
        traced: bool,
        reserved_concurrency: int | None = None,
        phase: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        group = log_group(self, "Logs", deployment=deployment, name=names.function_log_group(package))
        tracing = [
            allow(
                "Traces",
                "Sends the function's spans; X-Ray knows no resource for these.",
                ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                ["*"],
            )
        ]
        stack = cdk.Stack.of(self)
        arn = (
            f"arn:{stack.partition}:lambda:{stack.region}:{stack.account}:function:{names.function(package)}"
        )
        self.role = own_role(
            self,
            "Role",
            name=names.role(f"function-{package.replace('_', '-')}"),
            description=f"Execution role of the function {package}",
            trust=service_trust(self, "lambda", arn),
            policy="Function",
            statements=[
                allow(
                    "OwnLog",
                    "Writes the function's own log group, which exists before it.",
                    ["logs:CreateLogStream", "logs:PutLogEvents"],
                    [group.log_group_arn],
                ),
                *(tracing if traced else []),
                *statements,
            ],
            declared={"Function": package},
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.function(package),
            description=description[:MAX_DESCRIPTION],
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(code)),
            handler=f"{package}.handler.handler",
            timeout=cdk.Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            environment=dict(environment),
            # What the role may do stands above, whole; the library may add nothing to it.
            role=self.role.without_policy_updates(),
            log_group=group,
            tracing=lambda_.Tracing.ACTIVE if traced else lambda_.Tracing.DISABLED,
            reserved_concurrent_executions=reserved_concurrency,
        )
        declare(self.function, {"Function": package, **({"Phase": phase} if phase else {})})
