"""Rows as plain JSON values: DynamoDB's attribute values stay inside this file.

Numbers are whole everywhere in Airside's tables (amounts in KRW, miles, days), so they become `int`, and
a fraction in a row is a fault, not something to round.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lambda_common.errors import ToolFailure

Row = dict[str, Any]
_WHOLE = re.compile(r"-?[0-9]{1,38}")


def to_attribute(value: object) -> dict[str, Any]:
    """The attribute value of a string, bool, int, None, list or mapping; anything else is a fault."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [to_attribute(one) for one in value]}
    if isinstance(value, Mapping):
        return {"M": to_item(value)}
    raise ToolFailure(f"a row cannot hold a {type(value).__name__}")


def to_item(row: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """A row as DynamoDB wants it."""
    return {name: to_attribute(value) for name, value in row.items()}


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """The plain value of an attribute value; sets and binaries do not occur in our tables."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "NULL":
            return None
        case "N" if _WHOLE.fullmatch(value):
            return int(value)
        case "L":
            return [from_attribute(one) for one in value]
        case "M":
            return from_item(value)
    raise ToolFailure(
        f"a row holds a value of type {kind} that is not a whole number, text, flag, list or map"
    )


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """A row of plain values."""
    return {name: from_attribute(value) for name, value in item.items()}
