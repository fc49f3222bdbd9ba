"""The one way to the tools: authorizer, interceptor, policy engine, targets."""

from __future__ import annotations

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from governance import scopes
from stacks.components import web_acl
from stacks.components.agent_identity import discovery_url
from stacks.components.gateway_role import GatewayRole
from stacks.components.gateway_targets import GatewayTargets
from stacks.components.interceptor import Interceptor
from stacks.components.policies import Policies
from stacks.components.rate_limits import RateLimits
from stacks.components.switches import Switches
from stacks.components.target_configuration import Backends
from stacks.deployment import Deployment
from stacks.identity_stack import IdentityStack
from stacks.part_stack import PartStack
from stacks.tools_stack import ToolsStack

MCP_VERSIONS = ["2025-06-18", "2025-11-25"]

_Gateway = agentcore.CfnGateway


class GatewayStack(PartStack):
    """The gateway as typed L1: the L2 adds a second unconditioned trust, old versions and wide grants."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        identity: IdentityStack,
        tools: ToolsStack,
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment, key=identity.key)
        names = deployment.names
        self.interceptor = Interceptor(
            self, "Interceptor", deployment=deployment, pool=identity.pool, users=identity.users
        )
        self.engine = agentcore.CfnPolicyEngine(
            self,
            "PolicyEngine",
            name=names.policy_engine,
            description=f"What the agents of {deployment.system.name} may call",
        )
        role = GatewayRole(
            self,
            "Access",
            deployment=deployment,
            functions=[
                self.interceptor.function,
                *(tool.function for tool in tools.functions.values()),
            ],
            engine=self.engine,
            providers={
                provider.provider.name: str(deployment.environment.providers[name].secret_name)
                for name, provider in identity.providers.items()
            },
            servers=tools.servers,
            key=identity.key,
        )
        self.gateway = _Gateway(
            self,
            "Gateway",
            name=names.gateway,
            description=f"{deployment.system.title} ({deployment.environment.name})"[:200],
            role_arn=role.role.role_arn,
            kms_key_arn=identity.key.key_arn if identity.key else None,
            protocol_type="MCP",
            protocol_configuration=_Gateway.GatewayProtocolConfigurationProperty(
                mcp=_Gateway.MCPGatewayConfigurationProperty(
                    supported_versions=MCP_VERSIONS,
                    # Cannot be turned on later; what it finds, the interceptor filters.
                    search_type="SEMANTIC" if deployment.system.search else None,
                )
            ),
            authorizer_type="CUSTOM_JWT",
            authorizer_configuration=self._authorizer(deployment, identity),
            interceptor_configurations=[self._interception()],
            policy_engine_configuration=_Gateway.GatewayPolicyEngineConfigurationProperty(
                arn=self.engine.attr_policy_engine_arn, mode=str(deployment.environment.policy_mode)
            ),
            # DEBUG shows callers what went wrong inside a target; without it they get a general sentence.
            exception_level="DEBUG" if deployment.environment.debug_exceptions else None,
            waf_configuration=web_acl.configuration(deployment),
        )
        targets = GatewayTargets(
            self,
            "Targets",
            deployment=deployment,
            gateway=self.gateway,
            backends=Backends(tools.functions, tools.servers),
            providers={**identity.providers, **identity.keys},
        )
        policies = Policies(
            self,
            "Policies",
            deployment=deployment,
            engine=self.engine,
            gateway=self.gateway,
            before=targets.resources.values(),
        )
        limits = RateLimits(
            self,
            "RateLimits",
            deployment=deployment,
            gateway=self.gateway,
            clients={name: agent.client.ref for name, agent in identity.agents.items()},
            after=list(targets.resources.values())[-1],
        )
        web_acl.associate(self, deployment=deployment, gateway=self.gateway, after=limits.last)
        Switches(
            self,
            "Switches",
            deployment=deployment,
            engine=self.engine,
            gateway=self.gateway,
            targets=targets.resources,
            permits=policies.resources,
            after=policies.stacks,
        )
        for construct_id_, key, value in (
            ("Url", "gateway-url", self.gateway.attr_gateway_url),
            ("Id", "gateway-id", self.gateway.attr_gateway_identifier),
            ("EngineId", "policy-engine-id", self.engine.attr_policy_engine_id),
        ):
            ssm.StringParameter(self, construct_id_, parameter_name=names.parameter(key), string_value=value)

    def _authorizer(
        self, deployment: Deployment, identity: IdentityStack
    ) -> agentcore.CfnGateway.AuthorizerConfigurationProperty:
        return _Gateway.AuthorizerConfigurationProperty(
            custom_jwt_authorizer=_Gateway.CustomJWTAuthorizerConfigurationProperty(
                discovery_url=discovery_url(identity.pool),
                allowed_clients=[agent.client.ref for agent in identity.agents.values()],
                allowed_scopes=[scope.full for scope in scopes.render(deployment.system)],
            )
        )

    def _interception(self) -> agentcore.CfnGateway.GatewayInterceptorConfigurationProperty:
        return _Gateway.GatewayInterceptorConfigurationProperty(
            interception_points=["REQUEST", "RESPONSE"],
            interceptor=_Gateway.InterceptorConfigurationProperty(
                lambda_=_Gateway.LambdaInterceptorConfigurationProperty(
                    arn=self.interceptor.function.function_arn
                )
            ),
            # The interceptor verifies the token itself, so it needs the headers.
            input_configuration=_Gateway.InterceptorInputConfigurationProperty(pass_request_headers=True),
        )
