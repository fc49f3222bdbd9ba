"""A tool's JSON schema as the typed properties of a gateway target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_bedrockagentcore as agentcore

from stacks.errors import UnsupportedSchema

_KNOWN = {"type", "properties", "required", "items", "description"}


def tool_definition(tool: Mapping[str, Any]) -> agentcore.CfnGatewayTarget.ToolDefinitionProperty:
    """`tool` is `{name, description, inputSchema}` as `governance.tool_schema` renders it."""
    return agentcore.CfnGatewayTarget.ToolDefinitionProperty(
        name=tool["name"],
        description=tool["description"],
        input_schema=schema_definition(tool["inputSchema"], tool["name"]),
    )


def schema_definition(
    schema: Mapping[str, Any], where: str
) -> agentcore.CfnGatewayTarget.SchemaDefinitionProperty:
    """The schema as L1 property classes: only what AgentCore knows, nothing dropped."""
    unknown = sorted(set(schema) - _KNOWN)
    if unknown:
        raise UnsupportedSchema(f"{where}: a gateway target has no {', '.join(unknown)}. Remove it.")
    properties = schema.get("properties")
    items = schema.get("items")
    return agentcore.CfnGatewayTarget.SchemaDefinitionProperty(
        type=schema["type"],
        description=schema.get("description"),
        properties=(
            {name: schema_definition(value, f"{where}.{name}") for name, value in properties.items()}
            if properties
            else None
        ),
        required=list(schema["required"]) if schema.get("required") else None,
        items=schema_definition(items, f"{where}[]") if items else None,
    )
