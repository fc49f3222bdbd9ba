"""What a gateway target of each kind is told of its tools and where they are (contracts §1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_bedrockagentcore as agentcore

from governance import openapi, smithy, tool_schema
from governance.model import Target, TargetKind
from stacks.components.tool_function import ToolFunction
from stacks.components.tool_schema_property import tool_definition
from stacks.components.tool_server import ToolServer
from stacks.deployment import Deployment

_Target = agentcore.CfnGatewayTarget
_Mcp = _Target.McpTargetConfigurationProperty


@dataclass(frozen=True)
class Backends:
    """What of our own stands behind targets: functions and hosted MCP servers, by their packages."""

    functions: Mapping[str, ToolFunction]
    servers: Mapping[str, ToolServer]


def configuration(deployment: Deployment, target: Target, backends: Backends) -> _Mcp:
    """The target's configuration; its tools are what was declared, whatever the other side says later."""
    if target.kind is TargetKind.LAMBDA and target.function is not None:
        return _Mcp(
            lambda_=_Target.McpLambdaTargetConfigurationProperty(
                lambda_arn=backends.functions[target.function].function.function_arn,
                tool_schema=_Target.ToolSchemaProperty(
                    inline_payload=[tool_definition(tool) for tool in tool_schema.render(target)]
                ),
            )
        )
    if target.kind is TargetKind.MCP_SERVER:
        return _Mcp(
            mcp_server=_Target.McpServerTargetConfigurationProperty(
                endpoint=_endpoint(deployment, target, backends),
                # DYNAMIC would list whatever the server offers at that moment, past every review.
                listing_mode="DEFAULT",
                mcp_tool_schema=_Target.McpToolSchemaConfigurationProperty(
                    inline_payload=tool_schema.pinned(target)
                ),
            )
        )
    if target.kind is TargetKind.API_GATEWAY:
        return _Mcp(api_gateway=_rest_api(deployment, target))
    if target.kind is TargetKind.OPENAPI and target.spec_document is not None and target.provider is not None:
        base_url = deployment.environment.providers[target.provider].base_url
        return _Mcp(open_api_schema=_inline(openapi.render(target.spec_document, base_url)))
    if target.kind is TargetKind.SMITHY and target.spec_document is not None:
        return _Mcp(smithy_model=_inline(smithy.render(target.spec_document)))
    raise ValueError(f"{target.source}: a target of kind {target.kind} is incomplete and cannot be placed.")


def _inline(document: str) -> agentcore.CfnGatewayTarget.ApiSchemaConfigurationProperty:
    return _Target.ApiSchemaConfigurationProperty(inline_payload=document)


def _endpoint(deployment: Deployment, target: Target, backends: Backends) -> str:
    if target.runtime is not None:
        return backends.servers[target.runtime].endpoint_url
    if target.provider is None:
        raise ValueError(f"{target.source}: an MCP server without a provider or a runtime cannot be placed.")
    return f"{deployment.environment.providers[target.provider].base_url.rstrip('/')}{target.path}"


def _rest_api(
    deployment: Deployment, target: Target
) -> agentcore.CfnGatewayTarget.ApiGatewayTargetConfigurationProperty:
    """Exactly the declared methods, each named and described as declared; no wildcard, no other operation."""
    rest_api = deployment.environment.providers[target.provider or ""].rest_api
    if rest_api is None:
        raise ValueError(f"{target.source}: its provider has no rest_api, so it cannot be placed.")
    methods: dict[str, list[str]] = {}
    for tool in target.tools:
        methods.setdefault(target.routes[tool.name].path, []).append(target.routes[tool.name].method)
    return _Target.ApiGatewayTargetConfigurationProperty(
        rest_api_id=rest_api.api_id,
        stage=rest_api.stage,
        api_gateway_tool_configuration=_Target.ApiGatewayToolConfigurationProperty(
            tool_filters=[
                _Target.ApiGatewayToolFilterProperty(filter_path=path, methods=sorted(used))
                for path, used in methods.items()
            ],
            tool_overrides=[
                _Target.ApiGatewayToolOverrideProperty(
                    name=tool.name,
                    description=tool.description,
                    path=target.routes[tool.name].path,
                    method=target.routes[tool.name].method,
                )
                for tool in target.tools
            ],
        ),
    )
