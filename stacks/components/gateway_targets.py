"""The gateway's targets, in declared order."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance import openapi, tool_schema
from governance.model import Target, TargetKind
from stacks.components.outbound_provider import OutboundProvider
from stacks.components.tool_function import ToolFunction
from stacks.components.tool_schema_property import tool_definition
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
        functions: Mapping[str, ToolFunction],
        providers: Mapping[str, OutboundProvider],
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
                    mcp=_configuration(deployment, declared, functions)
                ),
                credential_provider_configurations=_credentials(deployment, declared, providers),
            )
            if previous is not None:
                # A gateway takes five target operations at a time; one by one they never meet that limit.
                target.add_resource_dependency(previous)
            declare(target, {"Target": declared.name, "Tools": _labels(declared)})
            self.resources[declared.name] = previous = target


def _configuration(
    deployment: Deployment, target: Target, functions: Mapping[str, ToolFunction]
) -> agentcore.CfnGatewayTarget.McpTargetConfigurationProperty:
    if target.kind is TargetKind.LAMBDA and target.function is not None:
        return _Target.McpTargetConfigurationProperty(
            lambda_=_Target.McpLambdaTargetConfigurationProperty(
                lambda_arn=functions[target.function].function.function_arn,
                tool_schema=_Target.ToolSchemaProperty(
                    inline_payload=[tool_definition(tool) for tool in tool_schema.render(target)]
                ),
            )
        )
    if target.kind is TargetKind.OPENAPI and target.spec_document is not None and target.provider is not None:
        base_url = deployment.environment.providers[target.provider].base_url
        return _Target.McpTargetConfigurationProperty(
            open_api_schema=_Target.ApiSchemaConfigurationProperty(
                inline_payload=openapi.render(target.spec_document, base_url)
            )
        )
    raise ValueError(f"{target.source}: a target of kind {target.kind} is incomplete and cannot be placed.")


def _credentials(
    deployment: Deployment, target: Target, providers: Mapping[str, OutboundProvider]
) -> list[agentcore.CfnGatewayTarget.CredentialProviderConfigurationProperty]:
    if target.kind is TargetKind.LAMBDA or target.provider is None:
        return [_Target.CredentialProviderConfigurationProperty(credential_provider_type="GATEWAY_IAM_ROLE")]
    declared = next(item for item in deployment.system.providers if item.name == target.provider)
    return [
        _Target.CredentialProviderConfigurationProperty(
            credential_provider_type="OAUTH",
            credential_provider=_Target.CredentialProviderProperty(
                oauth_credential_provider=_Target.OAuthCredentialProviderProperty(
                    provider_arn=providers[target.provider].provider.attr_credential_provider_arn,
                    scopes=list(declared.scopes),
                    grant_type="CLIENT_CREDENTIALS",
                )
            ),
        )
    ]


def _labels(target: Target) -> dict[str, dict[str, str]]:
    return {
        tool.name: {"Effect": str(tool.effect), "Data": str(tool.data), "Egress": str(tool.egress)}
        for tool in target.tools
    }
