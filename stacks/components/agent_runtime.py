"""An agent as deployed: image, role, runtime, endpoint, log groups."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_logs as logs
from constructs import Construct

from governance.model import Agent, Protocol
from governance.names import badge, delegate_variable
from stacks.components.agent_role import AgentRole
from stacks.components.inbound import inbound
from stacks.components.user_identity import UserIdentity
from stacks.deployment import Deployment
from stacks.part_stack import declare, removal_policy
from stacks.retention import retention

_PROTOCOLS = {Protocol.HTTP: "HTTP", Protocol.MCP: "MCP", Protocol.A2A: "A2A"}

IDLE_SECONDS = 900
LIFETIME_SECONDS = 28_800
"""A session ends after 15 idle minutes, and after 8 hours in any case."""


class AgentRuntime(Construct):
    """One runtime and its endpoint. Who may call it and which headers pass is `inbound`'s decision."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        agent: Agent,
        gateway: agentcore.CfnGateway,
        token_provider: str,
        users: UserIdentity | None,
        delegates: Mapping[str, AgentRuntime],
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        entrance = inbound(deployment.system, agent, users)
        image = ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(deployment.assets.agent(agent.package)),
            build_args={"AGENT": agent.package},
            platform=ecr_assets.Platform.LINUX_ARM64,
            display_name=names.runtime(agent.name),
        )
        role = AgentRole(
            self,
            "Access",
            deployment=deployment,
            agent=agent,
            repository=image.repository,
            token_provider=token_provider,
            delegates=[delegate.runtime for delegate in delegates.values()],
        )
        self.runtime: agentcore.CfnRuntime = agentcore.CfnRuntime(
            self,
            "Runtime",
            agent_runtime_name=names.runtime(agent.name),
            description=agent.purpose,
            role_arn=role.role.role_arn,
            agent_runtime_artifact=agentcore.CfnRuntime.AgentRuntimeArtifactProperty(
                container_configuration=agentcore.CfnRuntime.ContainerConfigurationProperty(
                    container_uri=image.image_uri
                )
            ),
            authorizer_configuration=entrance.authorizer,
            request_header_configuration=entrance.headers,
            environment_variables={
                **_environment(deployment, agent, gateway, token_provider, delegates),
                **entrance.variables,
            },
            lifecycle_configuration=agentcore.CfnRuntime.LifecycleConfigurationProperty(
                idle_runtime_session_timeout=IDLE_SECONDS, max_lifetime=LIFETIME_SECONDS
            ),
            network_configuration=agentcore.CfnRuntime.NetworkConfigurationProperty(network_mode="PUBLIC"),
            protocol_configuration=_PROTOCOLS[agent.protocol],
        )
        declare(self.runtime, {"Agent": agent.name})
        pinned = deployment.environment.endpoint_versions.get(agent.name)
        self.endpoint = agentcore.CfnRuntimeEndpoint(
            self,
            "Endpoint",
            agent_runtime_id=self.runtime.attr_agent_runtime_id,
            name=names.endpoint,
            description=f"The version of {agent.name} that {deployment.environment.name} uses",
            agent_runtime_version=pinned or self.runtime.attr_agent_runtime_version,
        )
        for delegate in delegates.values():
            # The first request may delegate at once, so the delegate's endpoint stands before its caller.
            self.runtime.add_resource_dependency(delegate.endpoint)
        log_groups(self, deployment, self.runtime)


def log_groups(scope: Construct, deployment: Deployment, runtime: agentcore.CfnRuntime) -> None:
    """The service would make these on first use, kept for ever; made here they have a retention."""
    for construct_id, endpoint in (("Logs", deployment.names.endpoint), ("DefaultLogs", "DEFAULT")):
        logs.LogGroup(
            scope,
            construct_id,
            log_group_name=deployment.names.runtime_log_group(
                cdk.Token.as_string(runtime.attr_agent_runtime_id), endpoint
            ),
            retention=retention(deployment.environment.log_retention_days),
            removal_policy=removal_policy(deployment),
        )


def _environment(
    deployment: Deployment,
    agent: Agent,
    gateway: agentcore.CfnGateway,
    token_provider: str,
    delegates: Mapping[str, AgentRuntime],
) -> dict[str, str]:
    """What the container is told: names and addresses, no secret."""
    environment = {
        "AGENT_NAME": agent.name,
        "GATEWAY_TOKEN_PROVIDER": token_provider,
        "GATEWAY_TOKEN_SCOPE": badge(deployment.system.name, agent.name),
        "GATEWAY_URL": gateway.attr_gateway_url,
        "LANGUAGES": ",".join(deployment.system.languages),
        "LIMIT_SECONDS": str(agent.limits.seconds),
        "LIMIT_TURNS": str(agent.limits.turns),
        "MODEL_ID": deployment.environment.models[agent.model].model_id,
        "UTC_OFFSET": deployment.system.utc_offset,
    }
    for name, delegate in delegates.items():
        environment[delegate_variable(name)] = delegate.runtime.attr_agent_runtime_arn
    if delegates:
        environment["DELEGATE_QUALIFIER"] = deployment.names.endpoint
    return environment
