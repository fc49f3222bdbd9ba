"""An agent as deployed: image, role, runtime, endpoint, log groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from governance.console import shown_results
from governance.model import Agent, Protocol
from governance.names import SEPARATOR, delegate_variable
from stacks.components import runtime_settings
from stacks.components.agent_parts import AgentParts
from stacks.components.agent_role import AgentRole
from stacks.components.iam import agentcore_arn
from stacks.components.inbound import inbound
from stacks.components.log_group import log_group
from stacks.components.user_identity import UserIdentity
from stacks.deployment import Deployment
from stacks.part_stack import declare

_PROTOCOLS = {Protocol.HTTP: "HTTP", Protocol.MCP: "MCP", Protocol.A2A: "A2A"}

_SUFFIX = "x" * 10
"""Stands for the ten characters the service ends a runtime's and a gateway's id with."""


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
        names, setting = deployment.names, deployment.environment.runtime
        hosting = setting.of(deployment.system.name, agent.name)
        entrance = inbound(deployment.system, agent, users)
        image = ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(deployment.assets.agent(agent.package)),
            build_args={"AGENT": agent.package},
            platform=ecr_assets.Platform.LINUX_ARM64,
            display_name=names.runtime(agent.name),
        )
        self.parts = AgentParts(self, "Parts", deployment=deployment, agent=agent)
        role = AgentRole(
            self,
            "Access",
            deployment=deployment,
            agent=agent,
            repository=image.repository,
            token_provider=token_provider,
            delegates=[delegate.runtime for delegate in delegates.values()],
            parts=self.parts.statements,
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
                **_environment(
                    deployment,
                    agent,
                    token_provider,
                    gateway_url=gateway.attr_gateway_url,
                    delegates={name: each.runtime.attr_agent_runtime_arn for name, each in delegates.items()},
                ),
                **entrance.variables,
                **self.parts.variables,
            },
            lifecycle_configuration=runtime_settings.lifecycle(hosting),
            network_configuration=runtime_settings.network(setting.network),
            # Stated, because what a runtime without it gets differs by Region and changed over time.
            platform_version=str(setting.platform_version),
            protocol_configuration=_PROTOCOLS[agent.protocol],
        )
        declare(self.runtime, {"Agent": agent.name, "Owner": agent.owner})
        more = {**entrance.variables, **self.parts.variables}
        self._check_variables(deployment, agent, token_provider, delegates, more)
        self.endpoint = agentcore.CfnRuntimeEndpoint(
            self,
            "Endpoint",
            agent_runtime_id=self.runtime.attr_agent_runtime_id,
            name=names.endpoint,
            description=f"The version of {agent.name} that {deployment.environment.name} uses",
            # Pinned, it stays through deployments, and an older pin is the way back (docs/runbook.md).
            agent_runtime_version=hosting.version or self.runtime.attr_agent_runtime_version,
        )
        for delegate in delegates.values():
            # The first request may delegate at once, so the delegate's endpoint stands before its caller.
            self.runtime.add_resource_dependency(delegate.endpoint)
        log_groups(self, deployment, self.runtime)

    def _check_variables(
        self,
        deployment: Deployment,
        agent: Agent,
        token_provider: str,
        delegates: Iterable[str],
        more: Mapping[str, str],
    ) -> None:
        """Measures the variables with addresses as long as the real ones, which are tokens here."""
        names, region = deployment.names, deployment.environment.region
        measured = _environment(
            deployment,
            agent,
            token_provider,
            gateway_url=f"https://{names.gateway}-{_SUFFIX}.gateway.bedrock-agentcore.{region}.amazonaws.com/mcp",
            delegates={
                name: agentcore_arn(self, f"runtime/{names.runtime(name)}-{_SUFFIX}") for name in delegates
            },
        )
        platform = deployment.environment.runtime.platform_version
        runtime_settings.check_variables(agent, {**measured, **more}, platform)


def log_groups(scope: Construct, deployment: Deployment, runtime: agentcore.CfnRuntime) -> None:
    """A runtime's log groups: at the endpoint, and at the one every runtime has.

    The service would make these on first use, kept for ever; made here they have a retention.
    """
    runtime_id = cdk.Token.as_string(runtime.attr_agent_runtime_id)
    for construct_id, endpoint in (("Logs", deployment.names.endpoint), ("DefaultLogs", "DEFAULT")):
        log_group(
            scope,
            construct_id,
            deployment=deployment,
            name=deployment.names.runtime_log_group(runtime_id, endpoint),
        )


def _environment(
    deployment: Deployment,
    agent: Agent,
    token_provider: str,
    *,
    gateway_url: str,
    delegates: Mapping[str, str],
) -> dict[str, str]:
    """What the container is told: names and addresses, no secret. `delegates` are their runtimes' ARNs."""
    environment = {
        "AGENT_NAME": agent.name,
        "GATEWAY_TOKEN_PROVIDER": token_provider,
        "GATEWAY_TOKEN_SCOPE": deployment.system.badge(agent.name),
        "GATEWAY_URL": gateway_url,
        "LANGUAGES": ",".join(deployment.system.languages),
        "LIMIT_SECONDS": str(agent.limits.seconds),
        "LIMIT_TURNS": str(agent.limits.turns),
        "MODEL_ID": deployment.environment.models[agent.model].model_id,
        "UTC_OFFSET": deployment.system.utc_offset,
    }
    if not any(SEPARATOR in grant.tool for grant in agent.grants):
        # Otherwise an empty list of tools is a fault, and the agent refuses to go on.
        environment["GATEWAY_TOOLS"] = "none"
    shown = shown_results(deployment.system, agent.name)
    if shown is not None:
        environment["SHOWN_RESULTS"] = shown
    for name, arn in delegates.items():
        environment[delegate_variable(name)] = arn
    if delegates:
        environment["DELEGATE_QUALIFIER"] = deployment.names.endpoint
    return environment
