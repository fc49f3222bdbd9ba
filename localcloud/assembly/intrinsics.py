"""Evaluates CloudFormation intrinsic functions and conditions.

Source: AWS CloudFormation Template Reference, "Intrinsic functions" and "Condition functions". What an
evaluator does not know is refused by name; a value is never guessed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from localcloud.assembly.errors import InvalidTemplate, UnresolvedReference, UnsupportedIntrinsic


class _Absent:
    """The value of `AWS::NoValue`: its property or list item does not exist."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


ABSENT: Final = _Absent()
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class Lookup(Protocol):
    """What a template refers to. Each raises UnresolvedReference for a name that is not there."""

    def reference(self, name: str, where: str) -> Any: ...
    def attribute(self, logical_id: str, attribute: str, where: str) -> Any: ...
    def imported(self, name: str, where: str) -> Any: ...
    def condition(self, name: str, where: str) -> bool: ...
    def mapped(self, name: str, first: str, second: str, where: str) -> Any: ...


class Evaluator:
    """Turns a template node into a plain value. `where` names the place in every error."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._functions: dict[str, Callable[[Any, str], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::ImportValue": self._import,
            "Fn::FindInMap": self._find,
            "Fn::If": self._if,
            "Fn::Base64": self._base64,
        }

    def value(self, node: Any, where: str) -> Any:
        """The value of a node; `ABSENT` for AWS::NoValue. Absent members and items are left out."""
        if isinstance(node, list):
            items = (self.value(item, f"{where}[{index}]") for index, item in enumerate(node))
            return [item for item in items if item is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            key, argument = next(iter(node.items()))
            if function := self._functions.get(key):
                return function(argument, f"{where}.{key}")
            if key.startswith("Fn::"):
                raise UnsupportedIntrinsic(
                    f"{where}: {key} is not evaluated locally. Known: {', '.join(sorted(self._functions))}. "
                    "Compute the value at synthesis instead."
                )
        members = {key: self.value(item, f"{where}.{key}") for key, item in node.items()}
        return {key: item for key, item in members.items() if item is not ABSENT}

    def truth(self, node: Any, where: str) -> bool:
        """The value of a condition expression (Equals, And, Or, Not, Condition)."""
        if not isinstance(node, dict) or len(node) != 1:
            raise InvalidTemplate(
                f"{where}: {node!r} is not a condition. Use Fn::Equals, And, Or, Not or Condition."
            )
        key, argument = next(iter(node.items()))
        inner = f"{where}.{key}"
        if key == "Condition":
            return self._lookup.condition(self._literal(argument, inner), inner)
        if key == "Fn::Equals":
            left, right = self._arguments(argument, 2, inner)
            # CloudFormation compares the text of both sides: a parameter of type Number is text as well.
            return _text(self.value(left, inner)) == _text(self.value(right, inner))
        if key == "Fn::Not":
            (only,) = self._arguments(argument, 1, inner)
            return not self.truth(only, inner)
        if key in ("Fn::And", "Fn::Or"):
            if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
                raise InvalidTemplate(f"{inner}: takes 2 to 10 conditions, found {argument!r}.")
            results = [self.truth(item, f"{inner}[{index}]") for index, item in enumerate(argument)]
            return all(results) if key == "Fn::And" else any(results)
        raise UnsupportedIntrinsic(f"{where}: the condition function {key} is not evaluated locally.")

    def _ref(self, argument: Any, where: str) -> Any:
        name = self._literal(argument, where)
        return ABSENT if name == "AWS::NoValue" else self._lookup.reference(name, where)

    def _get_att(self, argument: Any, where: str) -> Any:
        if isinstance(argument, str):
            logical_id, dot, attribute = argument.partition(".")
            if not dot:
                raise InvalidTemplate(f"{where}: {argument!r} has no attribute; write LogicalId.Attribute.")
            return self._lookup.attribute(logical_id, attribute, where)
        logical_id, attribute = self._arguments(argument, 2, where)
        # The attribute's name, unlike the logical id, may be a Ref.
        return self._lookup.attribute(self._literal(logical_id, where), self._string(attribute, where), where)

    def _sub(self, argument: Any, where: str) -> str:
        if isinstance(argument, str):
            text, own = argument, {}
        else:
            text, own = self._arguments(argument, 2, where)
            if not isinstance(text, str) or not isinstance(own, dict):
                raise InvalidTemplate(f"{where}: takes a text, or a text and a table of variables.")

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                found = self.value(own[name], f"{where}.{name}")
            elif "." in name:
                logical_id, _, attribute = name.partition(".")
                found = self._lookup.attribute(logical_id, attribute, where)
            else:
                found = self._lookup.reference(name, where)
            return self._scalar(found, f"{where} ${{{name}}}")

        return _VARIABLE.sub(replace, text)

    def _join(self, argument: Any, where: str) -> str:
        delimiter, items = self._arguments(argument, 2, where)
        if not isinstance(delimiter, str):
            raise InvalidTemplate(f"{where}: the delimiter must be a text, found {delimiter!r}.")
        return delimiter.join(self._scalar(item, where) for item in self._list(items, where))

    def _select(self, argument: Any, where: str) -> Any:
        index, items = self._arguments(argument, 2, where)
        values = self._list(items, where)
        if isinstance(items, list) and len(values) != len(items):
            # Left out, it would move the others, and another one would be selected.
            raise InvalidTemplate(f"{where}: selects from a list with AWS::NoValue in it.")
        position = str(self.value(index, where))
        if not position.isdecimal() or int(position) >= len(values):
            raise InvalidTemplate(f"{where}: no item {position} in a list of {len(values)}.")
        return values[int(position)]

    def _split(self, argument: Any, where: str) -> list[str]:
        delimiter, source = self._arguments(argument, 2, where)
        if not isinstance(delimiter, str) or not delimiter:
            raise InvalidTemplate(f"{where}: the delimiter must be a text, found {delimiter!r}.")
        return self._string(source, where).split(delimiter)

    def _import(self, argument: Any, where: str) -> Any:
        return self._lookup.imported(self._string(argument, where), where)

    def _find(self, argument: Any, where: str) -> Any:
        name, first, second = self._arguments(argument, 3, where)
        table, row, column = (self._string(part, where) for part in (name, first, second))
        return self._lookup.mapped(table, row, column, where)

    def _if(self, argument: Any, where: str) -> Any:
        condition, yes, no = self._arguments(argument, 3, where)
        holds = self._lookup.condition(self._literal(condition, where), where)
        return self.value(yes if holds else no, where)

    def _base64(self, argument: Any, where: str) -> str:
        return base64.b64encode(self._string(argument, where).encode()).decode()

    def _arguments(self, argument: Any, count: int, where: str) -> list[Any]:
        if not isinstance(argument, list) or len(argument) != count:
            raise InvalidTemplate(f"{where}: takes {count} argument(s) in a list, found {argument!r}.")
        return argument

    def _list(self, node: Any, where: str) -> list[Any]:
        values = self.value(node, where)
        if not isinstance(values, list):
            raise InvalidTemplate(f"{where}: expected a list, found {type(values).__name__}.")
        return values

    def _literal(self, node: Any, where: str) -> str:
        if not isinstance(node, str):
            raise InvalidTemplate(f"{where}: expected a name, found {node!r}.")
        return node

    def _string(self, node: Any, where: str) -> str:
        return self._scalar(self.value(node, where), where)

    def _scalar(self, found: Any, where: str) -> str:
        if found is ABSENT or isinstance(found, Mapping | list):
            raise InvalidTemplate(f"{where}: expected a text, found {type(found).__name__}.")
        return _text(found)


def _text(value: Any) -> str:
    if value is ABSENT:
        raise InvalidTemplate("AWS::NoValue cannot be compared.")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def unresolved(kind: str, name: str, where: str, known: Mapping[str, Any] | list[str]) -> UnresolvedReference:
    """The error for a name that is not there, with the names that are (at most eight)."""
    names = sorted(known)
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return UnresolvedReference(f"{where}: no {kind} {name!r} in this stage. There: {shown or 'none'}.")
