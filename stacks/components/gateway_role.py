"""The gateway's role: exactly its interceptor, its targets' functions, its policy engine, its providers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components import key_use, target_access
from stacks.components.iam import (
    MADE,
    Statement,
    agentcore_arn,
    agentcore_trust,
    allow,
    never_for_unverified_users,
    oauth_token_resources,
    own_role,
    secret_arn,
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
        providers: Mapping[str, str],
        servers: Mapping[str, ToolServer],
        key: kms.IKey | None,
    ) -> None:
        """`providers` are the OAuth2 credential providers by name, each with the name of its operator's secret.

        `key` encrypts the gateway; None leaves that to the service.
        """
        super().__init__(scope, construct_id)
        names = deployment.names
        own = agentcore_arn(self, f"gateway/{names.gateway}-{MADE}")
        statements = [
            allow(
                "InvokeTargetsAndInterceptor",
                "Calls the interceptor and the functions behind the targets; no version or alias, no other function.",
                ["lambda:InvokeFunction"],
                [function.function_arn for function in functions],
            ),
            allow(
                "ReadPolicyEngine",
                "Checks the engine it is given when the gateway is made.",
                ["bedrock-agentcore:GetPolicyEngine"],
                [engine.attr_policy_engine_arn],
            ),
            allow(
                "AskPolicyEngine",
                "Asks its own engine about calls at this gateway. The id's ten last characters are unknown until "
                "the gateway exists, and it needs the role first.",
                ["bedrock-agentcore:AuthorizeAction", "bedrock-agentcore:PartiallyAuthorizeActions"],
                [engine.attr_policy_engine_arn, own],
            ),
            *self._outbound(deployment, providers),
            *target_access.statements(self, deployment, servers),
            *key_use.of_gateway(key),
            never_for_unverified_users(),
        ]
        self.role = own_role(
            self,
            "Role",
            name=names.role("gateway"),
            description=f"What the gateway {names.gateway} may do",
            trust=agentcore_trust(self, f"gateway/{names.gateway}-{MADE}"),
            policy="Gateway",
            statements=statements,
        )

    def _outbound(self, deployment: Deployment, providers: Mapping[str, str]) -> list[Statement]:
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
                "Proves to AgentCore Identity that it is this gateway, before it may ask for a provider's token.",
                ["bedrock-agentcore:GetWorkloadAccessToken"],
                [
                    agentcore_arn(self, "workload-identity-directory/default"),
                    agentcore_arn(
                        self, f"workload-identity-directory/default/workload-identity/{workload}-*"
                    ),
                ],
            ),
            allow(
                "OutboundTokens",
                "Fetches the tokens of the declared external providers.",
                ["bedrock-agentcore:GetResourceOauth2Token"],
                list(resources),
            ),
            allow(
                "OutboundSecrets",
                "AgentCore Identity reads the providers' client secrets, which are the operator's own, with the "
                "gateway's rights.",
                ["secretsmanager:GetSecretValue"],
                [secret_arn(self, secret) for secret in dict.fromkeys(providers.values())],
            ),
        ]
