"""JSON as RFC 8259 has it and no more: no duplicate keys, no NaN or Infinity, no deep nesting.

Python's parser accepts the first two silently and raises RecursionError on the third.
"""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 8


class TooDeep(ValueError):
    """More than `MAX_DEPTH` objects and arrays within each other."""


def loads(document: bytes) -> Any:
    """Parse UTF-8 without a byte order mark; raises ValueError, of which `TooDeep` is one."""
    try:
        parsed = json.loads(document.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise TooDeep("nested too deeply") from None
    if _depth(parsed) > MAX_DEPTH:
        raise TooDeep("nested too deeply")
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate key")
    return made


def _no_constant(_: str) -> Any:
    raise ValueError("not JSON")


def _depth(value: Any) -> int:
    deepest, pending = 0, [(value, 1)]
    while pending:
        item, level = pending.pop()
        deepest = max(deepest, level)
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        pending.extend((child, level + 1) for child in children)
    return deepest
