"""An agent's role: its image, its output, its model, its own token, its delegates, its parts. Nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from governance.model import Agent, ModelSetting
from stacks.components.iam import (
    MADE,
    Statement,
    agentcore_trust,
    allow,
    deny,
    never_for_unverified_users,
    oauth_token_resources,
    own_role,
    secret_arn,
)
from stacks.deployment import Deployment

_GLOBAL = "global."
"""Profiles of this prefix route to regions that AWS chooses; their models' ARN has an empty region."""

_INVOKE_MODEL = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]


class AgentRole(Construct):
    """The role of one runtime.

    It reaches no table, function or secret of a tool, and no action that changes its own guard; tools are
    reached through the gateway alone, with the token of the agent's own client. `parts` is what its memory,
    code interpreter and browser need (`agent_parts`).
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
        parts: Iterable[Statement] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        runtime = names.runtime(agent.name)
        model = deployment.environment.models[agent.model]
        statements = [
            *image_access(repository),
            *output_access(self, names.runtime_log_group(runtime, "*")),
            *model_statements(self, agent, model),
            allow(
                "OwnToken",
                f"Fetches the token of {agent.name}'s own client, its badge at the gateway, and no other agent's.",
                ["bedrock-agentcore:GetResourceOauth2Token"],
                oauth_token_resources(self, provider=token_provider, workload=runtime),
            ),
            allow(
                "OwnClientThroughIdentity",
                "AgentCore Identity reads the client's secret with the caller's rights while it fetches the token. "
                "The condition holds only for such calls of a service: the agent itself cannot read the secret.",
                ["secretsmanager:GetSecretValue"],
                [secret_arn(self, names.agent_secret(agent.name))],
                {"Bool": {"aws:ViaAWSService": "true"}},
            ),
            *_delegates(names.endpoint, tuple(delegates)),
            *parts,
            never_for_unverified_users(),
            own_guard(),
        ]
        self.role = own_role(
            self,
            "Role",
            name=names.role(f"agent-{agent.name}"),
            description=f"What the agent {agent.name} may do",
            trust=agentcore_trust(self, f"runtime/{runtime}-{MADE}"),
            policy="Agent",
            statements=statements,
            declared={"Agent": agent.name},
        )


def own_guard() -> Statement:
    """Denies every way to change what guards agents, whatever policy is attached to the role later.

    Patterns, as a Deny can only be too wide in the safe direction; none of them matches an action an agent needs:
    tools are called with a token, and what uses a memory, a code interpreter or a browser has other names.
    """
    return deny(
        "NeverItsOwnGuard",
        "Nothing that a model or a caller talks it into may change gateway, policies, identities, runtimes, roles or "
        "parts of agents, "
        "or reach a function past the gateway; this holds against policies attached later, too.",
        [
            "bedrock-agentcore:*CredentialProvider*",
            "bedrock-agentcore:*Gateway*",
            "bedrock-agentcore:*Polic*",
            "bedrock-agentcore:*TokenVault*",
            "bedrock-agentcore:*WorkloadIdentity",
            "bedrock-agentcore:*Memory",
            "bedrock-agentcore:CreateAgentRuntime*",
            "bedrock-agentcore:CreateBrowser*",
            "bedrock-agentcore:CreateCodeInterpreter*",
            "bedrock-agentcore:DeleteAgentRuntime*",
            "bedrock-agentcore:DeleteBrowser*",
            "bedrock-agentcore:DeleteCodeInterpreter*",
            "bedrock-agentcore:UpdateAgentRuntime*",
            "cloudformation:*",
            "cognito-idp:*",
            "iam:*",
            "lambda:*",
        ],
        ["*"],
    )


def image_access(repository: ecr.IRepository) -> list[Statement]:
    return [
        allow(
            "PullImage",
            "The service pulls the image with this role, from the repository it was pushed to.",
            ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository.repository_arn],
        ),
        allow(
            "RegistryLogin",
            "Logs in at the registry before the pull; IAM knows no resource for it.",
            ["ecr:GetAuthorizationToken"],
            ["*"],
        ),
    ]


def output_access(scope: Construct, log_group: str) -> list[Statement]:
    """Own log, traces and metrics; the last two know no resource, metrics are held to one namespace."""
    stack = cdk.Stack.of(scope)
    prefix = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:"
    return [
        allow(
            "FindLogs",
            "The runtime looks for its log group; the action lists groups and reads none.",
            ["logs:DescribeLogGroups"],
            [f"{prefix}*"],
        ),
        allow(
            "OwnLog",
            "Its own log groups, one per endpoint; the runtime's id ends their names, hence the pattern.",
            ["logs:CreateLogGroup", "logs:DescribeLogStreams"],
            [f"{prefix}{log_group}"],
        ),
        allow(
            "OwnLogStreams",
            "Writes its output.",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{prefix}{log_group}:log-stream:*"],
        ),
        allow(
            "Traces",
            "Sends spans and asks for the sampling rules; X-Ray knows no resource for these.",
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
            "Sends the runtime's metrics; no resource is known, so the namespace holds them to AgentCore's.",
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}},
        ),
    ]


def model_statements(scope: Construct, agent: Agent, model: ModelSetting) -> list[Statement]:
    """The one model of the agent's tier: by id, or by inference profile and the models it routes to."""
    stack = cdk.Stack.of(scope)
    partition = stack.partition
    if not model.foundation_models:
        arn = f"arn:{partition}:bedrock:{stack.region}::foundation-model/{model.model_id}"
        return [
            allow("Model", f"The one model of the tier {agent.model}, in this region.", _INVOKE_MODEL, [arn])
        ]
    profile = f"arn:{partition}:bedrock:{stack.region}:{stack.account}:inference-profile/{model.model_id}"
    regions = (*(model.regions or (stack.region,)), *([""] if model.model_id.startswith(_GLOBAL) else []))
    routed = [
        f"arn:{partition}:bedrock:{region}::foundation-model/{name}"
        for region in regions
        for name in model.foundation_models
    ]
    return [
        allow(
            "ModelProfile",
            f"The one inference profile of the tier {agent.model}.",
            _INVOKE_MODEL,
            [profile],
        ),
        allow(
            "ModelBehindProfile",
            "The models the profile routes to, where it routes, and only as its destination: not past it into "
            "another region.",
            _INVOKE_MODEL,
            routed,
            {"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        ),
    ]


def _delegates(endpoint: str, runtimes: tuple[agentcore.CfnRuntime, ...]) -> list[Statement]:
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
    return [
        allow(
            "InvokeDelegates",
            "Asks the agents it may delegate to, at this environment's endpoint and no other version.",
            ["bedrock-agentcore:InvokeAgentRuntime"],
            resources,
        )
    ]
