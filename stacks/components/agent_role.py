"""An agent's role: its image, its output, its model, its own token, its delegates. Nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from governance.model import Agent, ModelSetting
from stacks.components.iam import (
    agentcore_trust,
    allow,
    deny,
    oauth_token_resources,
    secret_arn,
)
from stacks.deployment import Deployment

_INVOKE_MODEL = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]


class AgentRole(Construct):
    """The role of one runtime.

    It reaches no table, function or secret of a tool, and no action that changes its own guard; tools are
    reached through the gateway alone, with the token of the agent's own client.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        agent: Agent,
        repository: ecr.IRepository,
        token_provider: str,
        delegates: Iterable[agentcore.CfnRuntime],
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        runtime = names.runtime(agent.name)
        model = deployment.environment.models[agent.model]
        statements = [
            *_image(repository),
            *_output(self, names.runtime_log_group(runtime, "*")),
            *_models(self, model),
            allow(
                "OwnToken",
                ["bedrock-agentcore:GetResourceOauth2Token"],
                oauth_token_resources(self, provider=token_provider, workload=runtime),
            ),
            # AgentCore Identity reads the client's secret with the caller's rights while it fetches a token.
            # The condition holds for such calls of a service only, so the agent itself cannot read it.
            allow(
                "OwnClientThroughIdentity",
                ["secretsmanager:GetSecretValue"],
                [secret_arn(self, names.agent_secret(agent.name))],
                {"Bool": {"aws:ViaAWSService": "true"}},
            ),
            *_delegates(names.endpoint, tuple(delegates)),
            # A user id in a header is taken as given: nothing here may speak for a user without a token.
            deny(
                "NeverForUnverifiedUsers",
                [
                    "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
                    "bedrock-agentcore:InvokeAgentRuntimeForUser",
                ],
                ["*"],
            ),
        ]
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.role(f"agent-{agent.name}"),
            description=f"What the agent {agent.name} may do",
            assumed_by=agentcore_trust(self, f"runtime/{runtime}-*"),
            inline_policies={"Agent": iam.PolicyDocument(statements=statements)},
        )


def _image(repository: ecr.IRepository) -> list[iam.PolicyStatement]:
    return [
        allow(
            "PullImage",
            ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository.repository_arn],
        ),
        # The registry authorizes its login on no resource.
        allow("RegistryLogin", ["ecr:GetAuthorizationToken"], ["*"]),
    ]


def _output(scope: Construct, log_group: str) -> list[iam.PolicyStatement]:
    """Own log, traces and metrics; the last two know no resource, metrics are held to one namespace."""
    stack = cdk.Stack.of(scope)
    prefix = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:"
    return [
        allow("FindLogs", ["logs:DescribeLogGroups"], [f"{prefix}*"]),
        allow("OwnLog", ["logs:CreateLogGroup", "logs:DescribeLogStreams"], [f"{prefix}{log_group}"]),
        allow(
            "OwnLogStreams",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{prefix}{log_group}:log-stream:*"],
        ),
        allow(
            "Traces",
            [
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
            ["*"],
        ),
        allow(
            "Metrics",
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}},
        ),
    ]


def _models(scope: Construct, model: ModelSetting) -> list[iam.PolicyStatement]:
    """The one model of the agent's tier: by id, or by inference profile and the models it routes to."""
    stack = cdk.Stack.of(scope)
    partition = stack.partition
    if not model.foundation_models:
        arn = f"arn:{partition}:bedrock:{stack.region}::foundation-model/{model.model_id}"
        return [allow("Model", _INVOKE_MODEL, [arn])]
    profile = f"arn:{partition}:bedrock:{stack.region}:{stack.account}:inference-profile/{model.model_id}"
    routed = [
        f"arn:{partition}:bedrock:{region}::foundation-model/{name}"
        for region in model.regions or (stack.region,)
        for name in model.foundation_models
    ]
    return [
        allow("ModelProfile", _INVOKE_MODEL, [profile]),
        # Only as the profile's destination: not a way around it into another region.
        allow(
            "ModelBehindProfile",
            _INVOKE_MODEL,
            routed,
            {"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        ),
    ]


def _delegates(endpoint: str, runtimes: tuple[agentcore.CfnRuntime, ...]) -> list[iam.PolicyStatement]:
    """Runtime and endpoint are both authorized; the endpoint is the environment's, never another version."""
    if not runtimes:
        return []
    resources = [
        resource
        for runtime in runtimes
        for resource in (
            runtime.attr_agent_runtime_arn,
            f"{runtime.attr_agent_runtime_arn}/runtime-endpoint/{endpoint}",
        )
    ]
    return [allow("InvokeDelegates", ["bedrock-agentcore:InvokeAgentRuntime"], resources)]
