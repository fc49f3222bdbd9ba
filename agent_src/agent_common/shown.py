"""What of a tool's answer may be shown to the user beside the agent's own words, as the template declares it.

Deny by default: of a tool that is not declared nothing leaves, and of one that is, exactly the declared members of
as many items as declared. An agent that passes on what a delegate showed cuts it down again by the same rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

MAX_BYTES = 64 * 1024
"""Bytes of one answer as JSON; what is longer is not shown."""
MAX_TEXT = 4096
"""Characters of one shown text."""
NUMBER = "#"
"""The member that holds an item's number among those shown, from 1."""
_MAX_INDEX = 64
_KEYS = frozenset({"items", "members", "most", "only"})
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])+)+")
_MISSING = object()


@dataclass(frozen=True)
class _Rule:
    items: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    most: int
    only: tuple[tuple[tuple[str, ...], str], ...]


class Shown:
    """The rules by a tool's full name."""

    def __init__(self, rules: Mapping[str, _Rule]) -> None:
        self._rules = dict(rules)

    @classmethod
    def parse(cls, text: str) -> Shown:
        """The variable's text: `{tool: {items, members, most, only}}`. Raises ValueError."""
        try:
            value = json.loads(text)
            if not isinstance(value, dict) or not value:
                raise ValueError("no object")
            return cls({str(tool): _rule(rule) for tool, rule in value.items()})
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(type(error).__name__) from None

    def __contains__(self, tool: object) -> bool:
        return tool in self._rules

    def of_text(self, tool: str, text: str) -> dict[str, Any] | None:
        """What may be shown of a tool's answer in JSON; None where that is nothing."""
        if tool not in self._rules:
            return None
        try:
            return self.of(tool, json.loads(text))
        except (ValueError, RecursionError):
            return None

    def of(self, tool: str, answer: Any) -> dict[str, Any] | None:
        """What may be shown of a tool's answer; None where that is nothing, or too much."""
        rule = self._rules.get(tool)
        found = _at(answer, rule.items) if rule is not None else None
        if rule is None or not isinstance(found, list):
            return None
        fitting = [item for item in found if all(_at(item, where) == text for where, text in rule.only)]
        kept = [{**_cut(item, rule.members), NUMBER: n} for n, item in enumerate(fitting[: rule.most], 1)]
        if not kept:
            return None
        made: Any = kept
        for name in reversed(rule.items):
            made = {name: made}
        size = len(json.dumps(made, ensure_ascii=False).encode("utf-8", "replace"))
        return made if size <= MAX_BYTES else None


NOTHING = Shown({})
"""For an agent whose template declares nothing."""


def _rule(value: Any) -> _Rule:
    if set(value) != _KEYS or type(value["most"]) is not int or not 1 <= value["most"] <= _MAX_INDEX:
        raise ValueError("a rule takes items, members, most and only")
    return _Rule(
        items=_pointer(value["items"]),
        members=tuple(_pointer(each) for each in value["members"]),
        most=value["most"],
        only=tuple((_pointer(where), str(text)) for where, text in value["only"].items()),
    )


def _pointer(text: str) -> tuple[str, ...]:
    """The names of a JSON pointer (RFC 6901). Raises ValueError."""
    if not _POINTER.fullmatch(text):
        raise ValueError("no JSON pointer")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def _at(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = _member(value, name)
    return value


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name, _MISSING)
    if isinstance(value, list) and (index := _index(name)) is not None and index < len(value):
        return value[index]
    return _MISSING


def _index(name: str) -> int | None:
    return int(name) if re.fullmatch(r"0|[1-9][0-9]?", name) and int(name) <= _MAX_INDEX else None


def _cut(item: Any, members: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """The item with plain values at these members and nothing else. Lists keep their places."""
    made: dict[str, Any] = {}
    for names in members:
        value = _at(item, names)
        # JSON has no infinity, though Python's reads one.
        if not isinstance(value, str | int | float) or (isinstance(value, float) and not isfinite(value)):
            continue
        value = value[:MAX_TEXT] if isinstance(value, str) else value
        source, place = item, made
        for name in names[:-1]:
            source = _member(source, name)
            place = _into(place, name, [] if isinstance(source, list) else {})
        _into(place, names[-1], value)
    return made


def _into(place: Any, name: str, value: Any) -> Any:
    """Puts a value at a name, if nothing is there yet; returns what is there then."""
    if isinstance(place, dict):
        return place.setdefault(name, value)
    index = _index(name) or 0
    place.extend([None] * (index + 1 - len(place)))
    if place[index] is None:
        place[index] = value
    return place[index]
