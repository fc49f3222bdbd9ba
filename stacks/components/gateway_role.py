"""The gateway's role: exactly its interceptor, its targets' functions, its policy engine, its providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components import target_access
from stacks.components.iam import (
    agentcore_arn,
    agentcore_trust,
    allow,
    oauth_secret_arn,
    oauth_token_resources,
)
from stacks.components.tool_server import ToolServer
from stacks.deployment import Deployment


class GatewayRole(Construct):
    """The role with its policy inline, so that a gateway that has the role has its permissions too.

    AgentCore checks the role when the gateway is created and each target again; a separate policy resource
    could come later.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        functions: Iterable[lambda_.IFunction],
        engine: agentcore.CfnPolicyEngine,
        providers: Iterable[str],
        servers: Mapping[str, ToolServer],
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        # The id's ten last characters are unknown until the gateway exists, and it needs the role first.
        own = agentcore_arn(self, f"gateway/{names.gateway}-??????????")
        statements = [
            allow(
                "InvokeTargetsAndInterceptor",
                ["lambda:InvokeFunction"],
                [function.function_arn for function in functions],
            ),
            allow("ReadPolicyEngine", ["bedrock-agentcore:GetPolicyEngine"], [engine.attr_policy_engine_arn]),
            allow(
                "AskPolicyEngine",
                ["bedrock-agentcore:AuthorizeAction", "bedrock-agentcore:PartiallyAuthorizeActions"],
                [engine.attr_policy_engine_arn, own],
            ),
            *self._outbound(deployment, tuple(providers)),
            *target_access.statements(self, deployment, servers),
        ]
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.role("gateway"),
            description=f"What the gateway {names.gateway} may do",
            assumed_by=agentcore_trust(self, f"gateway/{names.gateway}-*"),
            inline_policies={"Gateway": iam.PolicyDocument(statements=statements)},
        )

    def _outbound(self, deployment: Deployment, providers: tuple[str, ...]) -> list[iam.PolicyStatement]:
        if not providers:
            return []
        workload = deployment.names.gateway
        resources = dict.fromkeys(
            resource
            for provider in providers
            for resource in oauth_token_resources(self, provider=provider, workload=workload)
        )
        return [
            allow(
                "OwnWorkloadToken",
                ["bedrock-agentcore:GetWorkloadAccessToken"],
                [
                    agentcore_arn(self, "workload-identity-directory/default"),
                    agentcore_arn(
                        self, f"workload-identity-directory/default/workload-identity/{workload}-*"
                    ),
                ],
            ),
            allow("OutboundTokens", ["bedrock-agentcore:GetResourceOauth2Token"], list(resources)),
            allow(
                "OutboundSecrets",
                ["secretsmanager:GetSecretValue"],
                [oauth_secret_arn(self, provider) for provider in providers],
            ),
        ]
