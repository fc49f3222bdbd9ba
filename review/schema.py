"""The JSON Schema of the access model's document, made from the model itself: `./airside generate` commits it."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from typing import Any

from review.document import FORMAT, VERSION
from review.model import AccessModel


def schema() -> dict[str, Any]:
    """Draft 2020-12. What is for people only (see `review.document`) may be missing; all else must be there."""
    shapes: dict[str, Any] = {}
    root = _record(AccessModel, shapes)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Access model of one stage of an assembly",
        "description": f"What `./airside lock` writes and `./airside review --format json` holds, version {VERSION}.",
        **root,
        "properties": {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            **root["properties"],
        },
        "required": ["format", "version", *root["required"]],
        "$defs": dict(sorted(shapes.items())),
    }


def _record(kind: type, shapes: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    return {
        "type": "object",
        "properties": {field.name: _shape(hints[field.name], shapes) for field in fields},
        "required": [field.name for field in fields if field.compare],
        "additionalProperties": False,
    }


def _shape(kind: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (each for each in arguments if each is not type(None))
        return {"anyOf": [_shape(inner, shapes), {"type": "null"}]}
    if origin is tuple and arguments[-1] is Ellipsis:
        return {"type": "array", "items": _shape(arguments[0], shapes)}
    if origin is tuple:
        return {
            "type": "array",
            "prefixItems": [_shape(each, shapes) for each in arguments],
            "items": False,
            "minItems": len(arguments),
        }
    if dataclasses.is_dataclass(kind):
        assert isinstance(kind, type)  # noqa: S101 - for the type checker
        if kind.__name__ not in shapes:
            shapes[kind.__name__] = {}
            summary = (kind.__doc__ or "").strip().splitlines()[0]
            shapes[kind.__name__] = {"description": summary, **_record(kind, shapes)}
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [each.value for each in kind]}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[kind]}
