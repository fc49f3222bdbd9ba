"""Input schemas that anybody may have written: whether they have the shape of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lowered(schema: Any) -> Any:
    """CloudFormation writes JSON Schema's keys with capitals."""
    if not isinstance(schema, Mapping):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "Properties" and isinstance(value, Mapping):
            found["properties"] = {name: lowered(each) for name, each in value.items()}
        else:
            found[key[:1].lower() + key[1:]] = lowered(value)
    return found


def shaped(schema: Any) -> bool:
    """Whether types are texts, properties and items schemas, and required ones a list of names."""
    if not isinstance(schema, Mapping):
        return False
    properties, required = schema.get("properties", {}), schema.get("required", [])
    return (
        isinstance(schema.get("type", ""), str)
        and isinstance(properties, Mapping)
        and all(shaped(each) for each in properties.values())
        and isinstance(required, list | tuple)
        and all(isinstance(each, str) for each in required)
        and ("items" not in schema or shaped(schema["items"]))
    )
