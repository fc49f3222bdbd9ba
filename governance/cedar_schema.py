"""The policy engine's Cedar schema, as the service makes it from the gateway's targets (contracts §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
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
    actions: dict[str, Any] = {"CallTool": {}}
    for target in system.targets:
        actions[target.name] = {"memberOf": [{"id": "CallTool"}]}
    for tool in system.tools:
        actions[tool.full_name] = {
            "memberOf": [{"id": tool.target or "CallTool"}],
            "appliesTo": {
                "principalTypes": ["OAuthUser", "IamEntity"],
                "resourceTypes": ["Gateway"],
                "context": {
                    "type": "Record",
                    "attributes": {"input": {**_record(tool.input_schema), "required": True}},
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
