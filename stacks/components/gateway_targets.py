"""The gateway's targets, in declared order."""

from __future__ import annotations

from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance.model import Target, TargetKind
from stacks.components.target_configuration import Backends, configuration
from stacks.components.target_credentials import Providers, credentials
from stacks.deployment import Deployment
from stacks.part_stack import declare

_Target = agentcore.CfnGatewayTarget


class GatewayTargets(Construct):
    """All targets of one gateway. `resources` are the L1 targets by declared name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: agentcore.CfnGateway,
        backends: Backends,
        providers: Providers,
    ) -> None:
        super().__init__(scope, construct_id)
        self.resources: dict[str, agentcore.CfnGatewayTarget] = {}
        previous: agentcore.CfnGatewayTarget | None = None
        for declared in deployment.system.targets:
            target = agentcore.CfnGatewayTarget(
                Construct(self, declared.name),
                "Resource",
                gateway_identifier=gateway.attr_gateway_identifier,
                name=declared.name,
                description=declared.description,
                target_configuration=_Target.TargetConfigurationProperty(
                    mcp=configuration(deployment, declared, backends)
                ),
                credential_provider_configurations=credentials(deployment, declared, providers),
            )
            if previous is not None:
                # A gateway takes five target operations at a time; one by one they never meet that limit.
                target.add_resource_dependency(previous)
            provider = {"Provider": declared.provider} if declared.provider else {}
            declare(
                target, {"Target": declared.name, **provider, "Tools": _labels(declared), **_inputs(declared)}
            )
            self.resources[declared.name] = previous = target


def _labels(target: Target) -> dict[str, dict[str, str]]:
    return {
        tool.name: {"Effect": str(tool.effect), "Data": str(tool.data), "Egress": str(tool.egress)}
        for tool in target.tools
    }


def _inputs(target: Target) -> dict[str, dict[str, object]]:
    """What the tools of a REST API were declared to take: the API's export says it on AWS, no template does."""
    if target.kind is not TargetKind.API_GATEWAY:
        return {}
    return {"Inputs": {tool.name: dict(tool.input_schema) for tool in target.tools}}
