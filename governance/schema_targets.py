"""The forms of gateway targets, one for each kind (contracts §1.5)."""

from __future__ import annotations

from governance.schema_arguments import ARGUMENTS
from governance.schema_limits import TOOL_LIMITS
from governance.schema_parts import DATA, NAME, PACKAGE, TOOL, Schema, by_kind, choice, integer, obj, text

METHODS = ("GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "PUT", "POST")
"""Methods of a REST API that can be a tool."""

PROPERTY: Schema = {
    "type": "object",
    "description": "The schema fields a gateway target takes, and no others.",
    "properties": {
        "type": choice("JSON type.", "string", "number", "integer", "boolean", "object", "array"),
        "description": text("What the value means."),
        "properties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/property"}},
        "required": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "items": {"$ref": "#/$defs/property"},
    },
    "required": ["type"],
    "additionalProperties": False,
}

_NAMED: Schema = {
    "target": text("The target's name; also its file's.", longest=100, pattern="^([0-9a-zA-Z]-?){1,100}$"),
    "description": text("What it offers.", longest=200),
}
_LABELS: Schema = {
    "effect": choice("What it does to the world.", "read", "write", "irreversible"),
    "data": DATA,
    "egress": choice("Whether arguments leave the account.", "none", "external"),
    "limits": TOOL_LIMITS,
}
_INPUT: Schema = {
    "description": text("What it does; the model reads this."),
    "input": {
        "type": "object",
        "propertyNames": {"pattern": TOOL},
        "additionalProperties": {"$ref": "#/$defs/property"},
    },
    "required": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
}
_PROVIDER = text("The provider that answers.", pattern=NAME)
_TABLES: Schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_MAX_TOOLS = 1000


def _tools(tool: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "minProperties": 1,
        "maxProperties": _MAX_TOOLS,
        "propertyNames": {"pattern": TOOL},
        "additionalProperties": tool,
    }


_DECLARED = obj(
    {**_INPUT, "arguments": ARGUMENTS, **_LABELS},
    ["description", "input", "required", "effect", "data", "egress"],
    "A tool.",
)
_LABELLED = obj(
    {**_LABELS, "arguments": ARGUMENTS}, ["effect", "data", "egress"], "An operation's labels and rules."
)
_ROUTED = obj(
    {
        **_INPUT,
        "method": choice("The HTTP method.", *METHODS),
        "path": text(
            "The resource's path in the REST API, such as /pets/{id}.",
            longest=512,
            pattern=r"^(/|(/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9_]*\}))+)$",
        ),
        "arguments": ARGUMENTS,
        **_LABELS,
    },
    ["description", "method", "path", "input", "required", "effect", "data", "egress"],
    "A tool.",
)

LAMBDA_TARGET = obj(
    {
        **_NAMED,
        "function": text("The function's package in lambda/.", longest=40, pattern="^[a-z][a-z0-9_]*$"),
        "tables": _TABLES,
        "timeout_seconds": integer("The function's time limit.", 1, 60),
        "tools": _tools(_DECLARED, "Tools by name."),
    },
    ["target", "kind", "description", "function", "tools"],
    "Tools implemented by a Lambda function.",
)

OPENAPI_TARGET = obj(
    {
        **_NAMED,
        "spec": text("An OpenAPI document in the system's api/.", pattern=r"^[a-z0-9_.-]+\.json$"),
        "provider": _PROVIDER,
        "tools": _tools(_LABELLED, "Labels of each operation, by operationId."),
    },
    ["target", "kind", "description", "spec", "provider", "tools"],
    "Tools of an external API, as its OpenAPI document describes them.",
)

MCP_SERVER_TARGET = obj(
    {
        **_NAMED,
        "provider": _PROVIDER,
        "path": text("Where the provider's MCP server answers.", pattern=r"^(/[A-Za-z0-9._~-]+)+/?$"),
        "runtime": text(
            "Instead of a provider: the server's package in agent_src/, hosted on AgentCore Runtime.",
            longest=20,
            pattern=PACKAGE,
        ),
        "tables": {**_TABLES, "description": "Tables of a hosted server."},
        "tools": _tools(
            _DECLARED, "Tools by name, exactly as the server has them: what it lists later does not count."
        ),
    },
    ["target", "kind", "description", "tools"],
    "Tools of an MCP server, a provider's or one of our own.",
)

API_GATEWAY_TARGET = obj(
    {
        **_NAMED,
        "provider": _PROVIDER,
        "tools": _tools(_ROUTED, "Tools by name, each one method of one resource."),
    },
    ["target", "kind", "description", "provider", "tools"],
    "Tools of a REST API of Amazon API Gateway.",
)

SMITHY_TARGET = obj(
    {
        **_NAMED,
        "model": text("A Smithy model (JSON AST) in the system's api/.", pattern=r"^[a-z0-9_.-]+\.json$"),
        "provider": _PROVIDER,
        "tools": _tools(_LABELLED, "Labels of each operation, by its name in the model."),
    },
    ["target", "kind", "description", "model", "provider", "tools"],
    "Tools of a service as its Smithy model describes them.",
)

TARGET = by_kind(
    {
        "lambda": LAMBDA_TARGET,
        "openapi": OPENAPI_TARGET,
        "mcp_server": MCP_SERVER_TARGET,
        "api_gateway": API_GATEWAY_TARGET,
        "smithy": SMITHY_TARGET,
    },
    "A gateway target.",
)
