"""Cedar expressions with three outcomes: true, false, and what depends on something only a call has.

Source: Cedar Policy Language Reference Guide, "JSON policy format" and "Operators"; AgentCore Developer Guide,
"Policy: schema constraints" (a JWT's claims are tags of the principal).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


class _Unknown:
    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = _Unknown()
"""A value that only a call, or only the deployment, has."""


class Skipped(Exception):
    """Evaluation would fail, so Cedar skips the policy: it neither permits nor forbids."""


@dataclass(frozen=True)
class Principal:
    """A caller: known tags, and ids it may have. A tag that is not in `tags` may be there or not, if `open`."""

    id: str | None
    tags: Mapping[str, Any] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()


def truth(node: Mapping[str, Any], principal: Principal) -> bool | None:
    """Whether an expression holds; None where that depends. Raises Skipped."""
    value = _value(node, principal)
    return None if value is UNKNOWN else value is True


def _value(node: Mapping[str, Any], principal: Principal) -> Any:
    (operator, argument), *more = node.items()
    if more:
        return UNKNOWN
    if operator == "Value":
        return UNKNOWN if _holds_token(argument) else _literal(argument)
    function = _OPERATORS.get(operator)
    return function(argument, principal) if function else UNKNOWN


def _literal(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _holds_token(value: Any) -> bool:
    return isinstance(value, Mapping)


def _and(argument: Any, principal: Principal) -> Any:
    left = _value(argument["left"], principal)
    if left is False:
        return False
    right = _value(argument["right"], principal) if left is True else _guarded(argument["right"], principal)
    return False if right is False else True if left is True and right is True else UNKNOWN


def _or(argument: Any, principal: Principal) -> Any:
    left = _value(argument["left"], principal)
    if left is True:
        return True
    right = _value(argument["right"], principal) if left is False else _guarded(argument["right"], principal)
    return True if right is True else False if left is False and right is False else UNKNOWN


def _guarded(node: Mapping[str, Any], principal: Principal) -> Any:
    """Behind an unknown left side, an error may or may not happen."""
    try:
        return _value(node, principal)
    except Skipped:
        return UNKNOWN


def _not(argument: Any, principal: Principal) -> Any:
    value = _value(argument["arg"], principal)
    return UNKNOWN if value is UNKNOWN else value is not True


def _if(argument: Any, principal: Principal) -> Any:
    test = _value(argument["if"], principal)
    if test is UNKNOWN:
        then, other = (_guarded(argument[key], principal) for key in ("then", "else"))
        return then if then is not UNKNOWN and then == other else UNKNOWN
    return _value(argument["then" if test is True else "else"], principal)


def _both(argument: Any, principal: Principal) -> tuple[Any, Any]:
    return _value(argument["left"], principal), _value(argument["right"], principal)


def _equal(argument: Any, principal: Principal) -> Any:
    left, right = _both(argument, principal)
    if UNKNOWN in (left, right):
        return UNKNOWN
    if left == right:
        return True
    # A token may become any text at deployment: two that differ may still be equal then.
    return UNKNOWN if _is_token(left) != _is_token(right) else False


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def _unequal(argument: Any, principal: Principal) -> Any:
    value = _equal(argument, principal)
    return UNKNOWN if value is UNKNOWN else not value


def _is_principal(node: Any) -> bool:
    return bool(node == {"Var": "principal"})


def _tag(argument: Any, principal: Principal) -> str | None:
    name = _value(argument["right"], principal)
    return name if _is_principal(argument["left"]) and isinstance(name, str) else None


def _has_tag(argument: Any, principal: Principal) -> Any:
    name = _tag(argument, principal)
    if name is None:
        return UNKNOWN
    return True if name in principal.tags else False if name in principal.absent else UNKNOWN


def _get_tag(argument: Any, principal: Principal) -> Any:
    name = _tag(argument, principal)
    if name in principal.absent:
        raise Skipped
    return UNKNOWN if name is None else principal.tags.get(name, UNKNOWN)


def _like(argument: Any, principal: Principal) -> Any:
    value = _value(argument["left"], principal)
    if not isinstance(value, str) or _is_token(value):
        return UNKNOWN
    parts = [".*" if part == "Wildcard" else re.escape(str(part["Literal"])) for part in argument["pattern"]]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _contains(argument: Any, principal: Principal) -> Any:
    holder, item = _both(argument, principal)
    if UNKNOWN in (holder, item) or not isinstance(holder, tuple):
        return UNKNOWN
    return item in holder


def _set(argument: Any, principal: Principal) -> Any:
    items = tuple(_value(item, principal) for item in argument)
    return UNKNOWN if UNKNOWN in items else items


def _dot(argument: Any, principal: Principal) -> Any:
    if _is_principal(argument["left"]) and argument["attr"] == "id":
        return principal.id if principal.id is not None else UNKNOWN
    return UNKNOWN


def _is(argument: Any, principal: Principal) -> Any:
    del principal
    if _is_principal(argument["left"]) and "in" not in argument:
        return argument["entity_type"] == "AgentCore::OAuthUser"
    return UNKNOWN


_OPERATORS: dict[str, Callable[[Any, Principal], Any]] = {
    "&&": _and,
    "||": _or,
    "!": _not,
    "if-then-else": _if,
    "==": _equal,
    "!=": _unequal,
    "hasTag": _has_tag,
    "getTag": _get_tag,
    "like": _like,
    "contains": _contains,
    "Set": _set,
    ".": _dot,
    "is": _is,
}


def text(node: Any) -> str:
    """An expression as stable, readable text."""
    if not isinstance(node, Mapping) or len(node) != 1:
        return str(node)
    ((operator, argument),) = node.items()
    if operator == "Value":
        if isinstance(argument, Mapping):
            entity = argument.get("__entity")
            return (
                f'{entity["type"]}::"{entity["id"]}"' if isinstance(entity, Mapping) else str(dict(argument))
            )
        return _quoted(argument)
    if operator == "Var":
        return str(argument)
    if operator == "!":
        return f"!({text(argument['arg'])})"
    if operator in ("hasTag", "getTag", "contains", "containsAll", "containsAny"):
        return f"{text(argument['left'])}.{operator}({text(argument['right'])})"
    if operator == ".":
        return f"{text(argument['left'])}.{argument['attr']}"
    if operator == "has":
        return f"{text(argument['left'])} has {argument['attr']}"
    if operator == "like":
        pattern = "".join("*" if part == "Wildcard" else str(part["Literal"]) for part in argument["pattern"])
        return f'{text(argument["left"])} like "{pattern}"'
    if operator == "is":
        return f"{text(argument['left'])} is {argument['entity_type']}"
    if operator == "if-then-else":
        return f"if {text(argument['if'])} then {text(argument['then'])} else {text(argument['else'])}"
    if operator == "Set":
        return "[" + ", ".join(sorted(text(item) for item in argument)) + "]"
    if isinstance(argument, Mapping) and argument.keys() == {"left", "right"}:
        return f"({text(argument['left'])} {operator} {text(argument['right'])})"
    if isinstance(argument, list):
        head, *rest = [text(item) for item in argument] or [""]
        joined = ", ".join(rest)
        return f"{operator}({head})" if not rest else f"{head}.{operator}({joined})"
    return f"{operator}({argument})"


def _quoted(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def conjuncts(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of `a && b && c`, in their order."""
    if node.keys() == {"&&"}:
        return [*conjuncts(node["&&"]["left"]), *conjuncts(node["&&"]["right"])]
    return [node]
