"""Symbolic values: what a template cannot know before deployment stays in a text as a token.

Source: AWS CloudFormation Template Reference, "Intrinsic functions" and "Pseudo parameters". A function that cannot
be evaluated becomes its own compact JSON, tokens included: equal inputs give equal texts, and nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol


class _Absent:
    """The value of `AWS::NoValue`."""


ABSENT: Final = _Absent()

PSEUDO = frozenset({"AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"})
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PIECE = re.compile(r"\$\{[^}]*\}|\{\"Fn::")


class Lookup(Protocol):
    """What a template refers to. Anything that is not there comes back as a token of its own."""

    def reference(self, name: str) -> Any: ...
    def attribute(self, logical_id: str, attribute: str) -> Any: ...
    def imported(self, name: str) -> Any: ...
    def mapped(self, name: str, first: str, second: str) -> Any: ...
    def condition(self, name: str) -> bool | None:
        """None where it depends on what is known at deployment only."""

    def real(self, text: str) -> str:
        """A text with the stage's own account and region in place of their tokens."""


class Symbols:
    """Evaluates nodes of one template. `undecided` collects conditions that both ways are left open of."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.undecided: set[str] = set()
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::ImportValue": self._import,
            "Fn::FindInMap": self._find,
            "Fn::If": self._if,
        }

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            key, argument = next(iter(node.items()))
            if function := self._functions.get(key):
                return function(argument)
            if key.startswith("Fn::"):
                return self._opaque(key, argument)
        members = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in members.items() if item is not ABSENT}

    def truth(self, node: Any) -> bool | None:
        """A condition; None where it cannot be decided."""
        if not isinstance(node, dict) or len(node) != 1:
            return None
        key, argument = next(iter(node.items()))
        if key == "Condition":
            return self._lookup.condition(str(argument))
        if key == "Fn::Equals" and isinstance(argument, list) and len(argument) == 2:
            left, right = (self._lookup.real(_text(self.value(item))) for item in argument)
            # Two tokens may still become the same value; the same token always does.
            return left == right if left == right or not ("${" in left or "${" in right) else None
        if not isinstance(argument, list):
            return None
        results = [self.truth(item) for item in argument]
        if key == "Fn::Not":
            return None if len(results) != 1 or results[0] is None else not results[0]
        if key == "Fn::And":
            return False if False in results else None if None in results else True
        if key == "Fn::Or":
            return True if True in results else None if None in results else False
        return None

    def _opaque(self, key: str, argument: Any) -> str:
        inner = self.value(argument)
        return json.dumps(
            {key: inner}, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
        )

    def _ref(self, argument: Any) -> Any:
        name = str(argument)
        if name == "AWS::NoValue":
            return ABSENT
        return f"${{{name}}}" if name in PSEUDO else self._lookup.reference(name)

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
            return self._opaque("Fn::GetAtt", argument)
        return self._lookup.attribute(parts[0], _text(self.value(parts[1])))

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(own, dict):
            return self._opaque("Fn::Sub", argument)

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return _text(self.value(own[name]))
            if "." in name:
                return _text(self._get_att(name))
            return _text(self._ref(name))

        return _VARIABLE.sub(replace, text)

    def _join(self, argument: Any) -> str:
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str):
            items = self.value(argument[1])
            if isinstance(items, list):
                return argument[0].join(map(_text, items))
        return self._opaque("Fn::Join", argument)

    def _select(self, argument: Any) -> Any:
        if isinstance(argument, list) and len(argument) == 2:
            index, items = _text(self.value(argument[0])), self.value(argument[1])
            if isinstance(items, list) and index.isdecimal() and int(index) < len(items):
                return items[int(index)]
        return self._opaque("Fn::Select", argument)

    def _split(self, argument: Any) -> Any:
        """Splits only where no token is cut, and only if no token may hold the delimiter itself."""
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str) and argument[0]:
            source = self.value(argument[1])
            if isinstance(source, str) and all(match[0][2:-1] in PSEUDO for match in _PIECE.finditer(source)):
                held = {f"${{{name}}}": f"\0{number}\0" for number, name in enumerate(sorted(PSEUDO))}
                for token, mark in held.items():
                    source = source.replace(token, mark)
                parts = source.split(argument[0])
                for token, mark in held.items():
                    parts = [part.replace(mark, token) for part in parts]
                return parts
        return self._opaque("Fn::Split", argument)

    def _import(self, argument: Any) -> Any:
        return self._lookup.imported(_text(self.value(argument)))

    def _find(self, argument: Any) -> Any:
        if isinstance(argument, list) and len(argument) >= 3:
            name, first, second = (self._lookup.real(_text(self.value(item))) for item in argument[:3])
            found = self._lookup.mapped(name, first, second)
            if found is not None:
                return found
        return self._opaque("Fn::FindInMap", argument)

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            return self._opaque("Fn::If", argument)
        decided = self._lookup.condition(str(argument[0]))
        if decided is not None:
            return self.value(argument[1] if decided else argument[2])
        yes, no = self.value(argument[1]), self.value(argument[2])
        if yes == no:
            return yes
        self.undecided.add(str(argument[0]))
        return self._opaque("Fn::If", argument)


def _text(value: Any) -> str:
    """A value inside of a text: CloudFormation writes truth values in lower case."""
    if isinstance(value, str):
        return value
    if value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def replaced(value: Any, change: Callable[[str], str]) -> Any:
    """A value with every text in it, keys left alone, given to `change`."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: replaced(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, change) for item in value]
    return value
