"""The policy engine's Cedar schema, as the service makes it from the gateway's targets (contracts §3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance.model import System

_TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "String"},
    "integer": {"type": "Long"},
    "number": {"type": "Extension", "name": "decimal"},
    "boolean": {"type": "Boolean"},
}


def render(system: System) -> dict[str, Any]:
    """JSON form, for the declared tools; arguments are typed under `context.input`."""
    targets = [target.name for target in system.targets]
    return document(targets, {tool.full_name: (tool.target, tool.input_schema) for tool in system.tools})


def document(targets: Iterable[str], tools: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """JSON form, for targets by name and tools by full name, each with its target and its input schema."""
    actions: dict[str, Any] = {"CallTool": {}}
    for target in targets:
        actions[target] = {"memberOf": [{"id": "CallTool"}]}
    for name, (target, schema) in tools.items():
        actions[name] = {
            "memberOf": [{"id": target or "CallTool"}],
            "appliesTo": {
                "principalTypes": ["OAuthUser", "IamEntity"],
                "resourceTypes": ["Gateway"],
                "context": {
                    "type": "Record",
                    "attributes": {"input": {**_record(schema), "required": True}},
                },
            },
        }
    return {
        "AgentCore": {
            "entityTypes": {
                "OAuthUser": {
                    "shape": {"type": "Record", "attributes": {"id": {"type": "String", "required": True}}},
                    "tags": {"type": "String"},
                },
                "IamEntity": {
                    "shape": {"type": "Record", "attributes": {"id": {"type": "String", "required": True}}}
                },
                "Gateway": {"shape": {"type": "Record", "attributes": {}}},
            },
            "actions": actions,
        }
    }


def _type(schema: Mapping[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if kind == "object":
        return _record(schema)
    if kind == "array":
        return {"type": "Set", "element": _type(schema.get("items", {"type": "string"}))}
    return dict(_TYPES.get(str(kind), _TYPES["string"]))


def _record(schema: Mapping[str, Any]) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    attributes = {
        name: {**_type(value), "required": name in required}
        for name, value in schema.get("properties", {}).items()
    }
    return {"type": "Record", "attributes": attributes}
