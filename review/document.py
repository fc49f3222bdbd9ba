"""The access model as JSON, format `airside.access`, version 1, and back.

Places are left out unless asked for: two documents of the same access are equal, byte for byte.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from review.errors import Unreadable
from review.model import AccessModel
from review.stage import Place

FORMAT = "airside.access"
VERSION = 1
_AGAIN = "Look at the difference, then write it again with `./airside lock`."


def to_document(model: AccessModel, *, places: bool = False) -> dict[str, Any]:
    """Plain JSON values. What is for people only (places, reasons, sids) is there if `places` is."""
    body = _plain(model, places)
    return {"format": FORMAT, "version": VERSION, **body}


def _plain(value: Any, places: bool) -> Any:
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name), places)
            for field in dataclasses.fields(value)
            if places or field.compare
        }
    if isinstance(value, tuple):
        return [_plain(item, places) for item in value]
    return value


def from_document(document: Mapping[str, Any]) -> AccessModel:
    """The model of a document. Raises Unreadable with the path to what is wrong."""
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        raise Unreadable(
            f"format {document.get('format')!r}, version {document.get('version')!r}: this release reads "
            f"{FORMAT} version {VERSION}. Write it again with `./airside lock`."
        )
    body = {key: value for key, value in document.items() if key not in ("format", "version")}
    model = _made(AccessModel, body, "")
    assert isinstance(model, AccessModel)  # noqa: S101 - for the type checker; _made raises otherwise
    return model


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _made(kind: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (inner,) = (each for each in typing.get_args(kind) if each is not type(None))
        return _made(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        arguments = typing.get_args(kind)
        if arguments[-1] is not Ellipsis:
            if len(value) != len(arguments):
                raise _wrong(where, f"{len(arguments)} items", value)
            return tuple(_made(arguments[i], item, f"{where}[{i}]") for i, item in enumerate(value))
        return tuple(_made(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind), value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            raise _wrong(where, f"one of {', '.join(each.value for each in kind)}", value) from None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _wrong(where, kind.__name__, value)
    return value


def _record(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if extra := value.keys() - fields.keys():
        raise Unreadable(f"{where}.{min(extra)}: this release does not know it. {_AGAIN}")
    hints = _hints(kind)
    given = {}
    for name, field in fields.items():
        if name in value:
            given[name] = _made(hints[name], value[name], f"{where}.{name}")
        # What is for people only may be missing; everything else must be there, defaults included.
        elif field.compare or kind is Place:
            raise Unreadable(f"{where}.{name}: missing. {_AGAIN}")
    return kind(**given)


def _wrong(where: str, expected: str, value: Any) -> Unreadable:
    return Unreadable(f"{where or 'document'}: expected {expected}, found {type(value).__name__}.")
