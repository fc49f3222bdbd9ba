"""Pieces the declaration's schemas are built from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]


def obj(properties: Schema, required: list[str], description: str, **more: Any) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **more,
    }


def text(description: str, *, longest: int = 1000, pattern: str | None = None) -> Schema:
    schema: Schema = {"type": "string", "description": description, "minLength": 1, "maxLength": longest}
    if pattern:
        schema["pattern"] = pattern
    return schema


def integer(description: str, least: int, most: int) -> Schema:
    return {"type": "integer", "description": description, "minimum": least, "maximum": most}


def choice(description: str, *values: str) -> Schema:
    return {"enum": list(values), "description": description}


def mapping(values: Schema, description: str, *, keys: str = "^[a-z][a-z0-9-]*$") -> Schema:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": values,
        "propertyNames": {"pattern": keys},
    }


def by_kind(kinds: Mapping[str, Schema], description: str, *, default: str | None = None) -> Schema:
    """An object whose `kind` says which of `kinds` it must be; with `default` it may be left out."""

    def branch(kind: str, then: Schema) -> Schema:
        chosen: Schema = {"properties": {"kind": {"const": kind}}}
        if kind != default:
            # Without this an object that names no kind would be held against every one of them.
            chosen["required"] = ["kind"]
        properties = {"kind": {"const": kind}, **then["properties"]}
        return {"if": chosen, "then": {**then, "properties": properties}}

    return {
        "type": "object",
        "description": description,
        "required": [] if default else ["kind"],
        "properties": {"kind": choice("Which of the forms it has.", *kinds)},
        "allOf": [branch(kind, then) for kind, then in kinds.items()],
    }


NAME = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
PACKAGE = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
OFFSET = r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]$"
TOOL = "^[a-zA-Z][a-zA-Z0-9_]*$"
TOOL_IN_FULL = "[0-9a-zA-Z-]+___[a-zA-Z][a-zA-Z0-9_]*"
HTTPS = r"^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s?#]*)?$"
CALLBACK = r"^(https://[A-Za-z0-9.-]+(:[0-9]+)?|http://localhost(:[0-9]+)?)(/[A-Za-z0-9._~/-]*)?(\?[A-Za-z0-9._~=&-]*)?$"
WEB_ACL = r"^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36}$"
TAG = "^(?![aA][wW][sS]:|airside:)[A-Za-z0-9:_.-]{1,128}$"
TAG_VALUE = "^[A-Za-z0-9 ._:/=+@-]+$"
"""AgentCore's own: other services take letters of every language (CloudFormation's resource schemas)."""
DATA = choice("The most sensitive data it returns or holds.", "public", "internal", "personal")
KEY = text("A string attribute.", longest=255, pattern="^[a-z][a-z0-9_]*$")
