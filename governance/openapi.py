"""OpenAPI documents of external targets: their operations as tools, and their rendering per environment.

What the gateway takes is narrow (contracts §1.5): 3.0 or 3.1 JSON, an operationId on every operation, no
oneOf/anyOf/allOf, no security schemes, a literal server URL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_FORBIDDEN = ("oneOf", "anyOf", "allOf", "callbacks", "webhooks", "links")


@dataclass(frozen=True)
class Operation:
    """One operation as a tool."""

    name: str
    method: str
    path: str
    description: str
    input_schema: Mapping[str, Any]


def operations(document: Mapping[str, Any]) -> dict[str, Operation]:
    """The operations by operationId, in document order; those without one are left out (see `problems`)."""
    found: dict[str, Operation] = {}
    for path, method, operation in _walk(document):
        name = operation.get("operationId")
        if isinstance(name, str):
            description = str(operation.get("description") or operation.get("summary") or "")
            found[name] = Operation(name, method, path, description, _input_schema(operation))
    return found


def _walk(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    paths = document.get("paths")
    for path, item in (paths if isinstance(paths, dict) else {}).items():
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            if isinstance(operation, dict):
                yield path, method, operation


def _input_schema(operation: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    parameters = operation.get("parameters")
    for parameter in parameters if isinstance(parameters, list) else []:
        if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
            name = parameter["name"]
            properties[name] = {
                **parameter.get("schema", {}),
                "description": parameter.get("description", ""),
            }
            if parameter.get("required"):
                required.append(name)
    body = operation.get("requestBody")
    content = (
        body.get("content", {}).get("application/json", {}).get("schema") if isinstance(body, dict) else None
    )
    if isinstance(content, dict):
        properties.update(content.get("properties", {}))
        required.extend(content.get("required", []))
    return {"type": "object", "properties": properties, "required": required}


def problems(document: Mapping[str, Any]) -> Iterator[str]:
    """What the gateway would refuse in this document, each as a sentence."""
    version = document.get("openapi")
    if not (isinstance(version, str) and version.startswith(("3.0", "3.1"))):
        yield f"states openapi {version!r}; the gateway takes 3.0 and 3.1."
    for path, method, operation in _walk(document):
        if not isinstance(operation.get("operationId"), str):
            yield f"has no operationId for {method.upper()} {path}."
        elif not (operation.get("description") or operation.get("summary")):
            yield f"has no description for {operation['operationId']}."
    names = [operation.get("operationId") for _, _, operation in _walk(document)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"has the operationId {name!r} twice."
    components = document.get("components")
    if document.get("security") or (isinstance(components, dict) and components.get("securitySchemes")):
        yield "declares security; credentials come from the provider, so remove it."
    for key in sorted(set(_keys(document)) & set(_FORBIDDEN)):
        yield f"uses {key}, which the gateway does not take."


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _keys(child)
    elif isinstance(value, list):
        for child in value:
            yield from _keys(child)


def render(document: Mapping[str, Any], base_url: str) -> str:
    """The document with the environment's server, as canonical JSON."""
    return json.dumps({**document, "servers": [{"url": base_url}]}, ensure_ascii=False, sort_keys=True)
