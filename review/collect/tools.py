"""Tools behind gateways. Source: AgentCore Developer Guide, "Gateway targets"; AWS::BedrockAgentCore::GatewayTarget."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from governance import smithy
from review.cedar.shapes import lowered, shaped
from review.collect.reading import Reading
from review.model import Tool
from review.stage import Resource

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
EVERY = "*"
"""The name of the tools of a target that lists them only when asked: they are not in the assembly."""


def tools(reading: Reading) -> tuple[Tool, ...]:
    found = [
        tool
        for target in reading.stage.of_type("AWS::BedrockAgentCore::GatewayTarget")
        for tool in _of_target(reading, target)
    ]
    return tuple(sorted(found, key=lambda tool: (tool.gateway, tool.name)))


def _of_target(reading: Reading, target: Resource) -> Iterator[Tool]:
    name = reading.text(target, "Name") or reading.names.bare(target)
    configuration = reading.get(target, "TargetConfiguration.Mcp")
    lane = "mcp"
    if not isinstance(configuration, Mapping):
        configuration, lane = reading.get(target, "TargetConfiguration.Http"), "http"
    if not isinstance(configuration, Mapping) or len(configuration) != 1:
        reading.unknown(target, "TargetConfiguration", "one known kind of target")
        return
    kind, given = next(iter(configuration.items()))
    labels = target.notes.get("Tools")
    credential = _credential(reading, target)
    backend, declared = _kind(reading, target, f"{lane}:{kind}", given if isinstance(given, Mapping) else {})
    gateway = reading.bare(_gateway(reading, target)) or ""
    for path, tool, description, schema in declared:
        label = labels.get(tool, {}) if isinstance(labels, Mapping) else {}
        label = label if isinstance(label, Mapping) else {}
        yield Tool(
            name=f"{name}___{tool}",
            gateway=gateway,
            target=name,
            kind=kind[:1].lower() + kind[1:],
            schema=_hash(schema),
            description=_hash(description),
            backend=backend,
            credential=credential,
            effect=_label(label, "Effect"),
            data=_label(label, "Data"),
            egress=_label(label, "Egress"),
            place=target.place(f"Properties.{path}"),
            text=description if isinstance(description, str) else "",
        )


def _gateway(reading: Reading, target: Resource) -> Any:
    """A reference by identifier or ARN; both name the gateway."""
    value = target.properties.get("GatewayIdentifier")
    found = next(iter(reading.stage.mentioned(value)), None)
    return found.reference if found is not None else value


def _label(label: Mapping[str, Any], key: str) -> str | None:
    value = label.get(key)
    return value if isinstance(value, str) else None


_Declared = list[tuple[str, str, Any, Any]]
"""path, tool, description, schema"""


def _kind(reading: Reading, target: Resource, kind: str, given: Mapping[str, Any]) -> tuple[str, _Declared]:
    if kind == "mcp:Lambda":
        return reading.name(given.get("LambdaArn")) or "", _lambda(reading, target, given)
    if kind == "mcp:OpenApiSchema":
        return _openapi(reading, target, given)
    if kind == "mcp:McpServer":
        endpoint = reading.names.stable(given.get("Endpoint"))
        return endpoint, _mcp(reading, target, given)
    if kind == "mcp:ApiGateway":
        return f"api:{reading.name(given.get('RestApiId'))}/{given.get('Stage')}", _api(reading, target)
    if kind == "mcp:SmithyModel":
        return _smithy(reading, target, given)
    # Connectors and the HTTP lane: reached, but their tools are not told apart here.
    return reading.names.stable(dict(given)), [(f"TargetConfiguration.{kind}", EVERY, "", dict(given))]


def _lambda(reading: Reading, target: Resource, given: Mapping[str, Any]) -> _Declared:
    at = "TargetConfiguration.Mcp.Lambda.ToolSchema.InlinePayload"
    schema = given.get("ToolSchema")
    if not isinstance(schema, Mapping) or "InlinePayload" not in schema:
        reading.unknown(target, "TargetConfiguration.Mcp.Lambda.ToolSchema", "an inline schema")
        return [(at, EVERY, "", schema)]
    found: _Declared = []
    for path, tool in reading.items(target, f"{at}"):
        if not isinstance(tool.get("Name"), str):
            reading.unknown(target, f"{path}.Name", "a tool's name")
        if not shaped(lowered(tool.get("InputSchema", {}))):
            reading.unknown(target, f"{path}.InputSchema", "a schema")
        schemas = [tool.get("InputSchema"), tool.get("OutputSchema")]
        found.append((path, str(tool.get("Name")), tool.get("Description"), schemas))
    return found


def _openapi(reading: Reading, target: Resource, given: Mapping[str, Any]) -> tuple[str, _Declared]:
    at = "TargetConfiguration.Mcp.OpenApiSchema"
    try:
        document = json.loads(given.get("InlinePayload") or "")
        servers = [server["url"] for server in document["servers"]]
        found = [
            (
                f"{at} {method.upper()} {path}",
                str(operation["operationId"]),
                _described(operation),
                _whole(document, path, method, item),
            )
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in _METHODS
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reading.unknown(target, f"{at}", "an inline OpenAPI document")
        return "", [(at, EVERY, "", dict(given))]
    hosts = sorted({f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in map(str, servers)})
    return ",".join(hosts), found


def _whole(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> list[Any]:
    """All that decides what a call sends where: the operation, what its path and document add, what it refers to."""
    shared = {key: value for key, value in item.items() if key not in _METHODS}
    # The hosts are the backend, and differ from stage to stage; what lies below them does not.
    below = sorted({urlsplit(str(server["url"])).path for server in document["servers"]})
    parts: dict[str, Any] = {}
    ahead = [*_references(item[method]), *_references(shared)]
    while ahead:
        reference = ahead.pop()
        if reference not in parts:
            parts[reference] = _pointed(document, reference)
            ahead += _references(parts[reference])
    return [method, path, item[method], shared, below, parts]


def _references(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = value.get("$ref")
        inner = [found for each in value.values() for found in _references(each)]
        return [own, *inner] if isinstance(own, str) else inner
    return [found for each in value for found in _references(each)] if isinstance(value, list) else []


def _pointed(document: Any, reference: str) -> Any:
    """What a reference inside of the document stands for; None for any other."""
    found = document
    for key in reference.removeprefix("#/").split("/"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _described(operation: Mapping[str, Any]) -> str:
    return str(operation.get("description") or operation.get("summary") or "")


def _mcp(reading: Reading, target: Resource, given: Mapping[str, Any]) -> _Declared:
    """A static list is in the template; without one the service asks the server, and so nobody here knows."""
    at = "TargetConfiguration.Mcp.McpServer.McpToolSchema"
    schema = given.get("McpToolSchema")
    payload: Any = schema.get("InlinePayload") if isinstance(schema, Mapping) else None
    try:
        listed: Any = json.loads(payload) if isinstance(payload, str) else payload
        listed = listed.get("tools", listed) if isinstance(listed, Mapping) else listed
        if not all(shaped(tool.get("inputSchema", {})) for tool in listed):
            reading.unknown(target, f"{at}", "tools with schemas")
        return [(at, str(tool["name"]), tool.get("description"), tool.get("inputSchema")) for tool in listed]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reading.unknown(target, f"{at}", "a list of tools in the assembly")
        return [(at, EVERY, "", dict(given))]


def _api(reading: Reading, target: Resource) -> _Declared:
    at = "TargetConfiguration.Mcp.ApiGateway.ApiGatewayToolConfiguration"
    overrides = list(reading.items(target, f"{at}.ToolOverrides"))
    if not overrides:
        reading.unknown(target, f"{at}", "named tools")
        return [(at, EVERY, "", reading.get(target, f"{at}"))]
    # What they take is in the API's export on AWS; the stacks note what was declared.
    noted = target.notes.get("Inputs")
    inputs = noted if isinstance(noted, Mapping) else {}
    return [
        (
            path,
            str(tool.get("Name")),
            tool.get("Description"),
            [tool.get("Path"), tool.get("Method"), inputs.get(str(tool.get("Name")))],
        )
        for path, tool in overrides
    ]


def _smithy(reading: Reading, target: Resource, given: Mapping[str, Any]) -> tuple[str, _Declared]:
    at = "TargetConfiguration.Mcp.SmithyModel"
    try:
        model = json.loads(given.get("InlinePayload") or "")
        found = smithy.operations(model)
        service = next(name for name, shape in model["shapes"].items() if shape.get("type") == "service")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, StopIteration):
        reading.unknown(target, f"{at}", "an inline Smithy model")
        return "", [(at, EVERY, "", dict(given))]
    return f"smithy:{service}", [
        (f"{at} {name}", name, operation.description, operation.input_schema)
        for name, operation in found.items()
    ]


def _credential(reading: Reading, target: Resource) -> str:
    """`none`, or type, provider, scopes and grant as one stable text."""
    configured = list(reading.items(target, "CredentialProviderConfigurations"))
    return ";".join(reading.names.stable(dict(each)) for _, each in configured) or "none"


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
