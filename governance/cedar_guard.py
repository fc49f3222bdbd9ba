"""Finds every `forbid` that could error: Cedar leaves an erring policy out, so such a forbid forbids nothing.

A permit that errs permits nothing, which is safe; a forbid that errs lets the call pass whenever another
policy permits it. So in a forbid every attribute of the arguments, required or not, and every tag needs its
`has` or `hasTag` before it, and nothing may stand there that can overflow or fail to parse. Types of
arguments are the schema's matter (`cedar.validate` holds each statement against it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Expression = Mapping[str, Any]

_ALWAYS = frozenset(("context.input", "principal.id"))  # the service's schema, for every call of a tool
_COMPARING = ("==", "!=", "<", "<=", ">", ">=", "in", "contains", "containsAll", "containsAny")
_OVERFLOWING = ("+", "-", "*", "neg")
_PARSING = ("decimal", "ip", "datetime", "duration")
_METHODS = frozenset(
    (
        "lessThan",
        "lessThanOrEqual",
        "greaterThan",
        "greaterThanOrEqual",
        "isIpv4",
        "isIpv6",
        "isLoopback",
        "isMulticast",
        "isInRange",
    )
)


def findings(text: str) -> list[str]:
    """A sentence for each way in which a forbid of `text` could err; none for permits.

    Args:
        text: Cedar policies that parse.
    """
    import cedarpy

    policies = json.loads(cedarpy.policies_to_json_str(text))
    every = [*policies["staticPolicies"].values(), *policies["templates"].values()]
    return [finding for policy in every if policy["effect"] == "forbid" for finding in _forbid(policy)]


def _forbid(policy: Mapping[str, Any]) -> Iterator[str]:
    known: frozenset[str] = frozenset()
    for condition in policy["conditions"]:
        result = _Walk().expression(condition["body"], known)
        yield from result.findings
        # Conditions hold together, in order: what an earlier one established, a later one may use.
        known |= result.if_true if condition["kind"] == "when" else result.if_false


@dataclass(frozen=True)
class _Result:
    """What an expression finds wrong, and which accesses are safe once it was true, or false."""

    findings: tuple[str, ...] = ()
    if_true: frozenset[str] = field(default_factory=frozenset)
    if_false: frozenset[str] = field(default_factory=frozenset)


class _Walk:
    """Reads Cedar's JSON form; `known` are accesses that were tested before an expression is evaluated."""

    def expression(self, node: Any, known: frozenset[str]) -> _Result:
        if not isinstance(node, dict) or len(node) != 1:
            return _Result((f"a forbid holds {node!r}, which is not understood.",))
        [(operator, value)] = node.items()
        if operator in ("Var", "Value"):
            return _Result()
        if operator in ("&&", "||"):
            return self._junction(operator, value, known)
        if operator == "!":
            inner = self.expression(value["arg"], known)
            return _Result(inner.findings, inner.if_false, inner.if_true)
        if operator == "if-then-else":
            return self._choice(value, known)
        if operator in (".", "getTag"):
            return self._access(node, value, operator, known)
        if operator in ("has", "hasTag"):
            return self._test(value, operator, known)
        if operator in _OVERFLOWING:
            inner = self._all(self._operands(value), known)
            return _Result((*inner.findings, "a forbid computes, which can overflow: compare instead."))
        if operator in _PARSING:
            return self._parsed(operator, value, known)
        if operator in _COMPARING:
            return self._all([value["left"], value["right"]], known)
        if operator == "like":
            return self._all([value["left"]], known)
        if operator == "is":
            return self._all([value["left"], *([value["in"]] if "in" in value else [])], known)
        if operator == "isEmpty":
            return self._all([value["arg"]], known)
        if operator == "Set" or operator in _METHODS:
            return self._all(value, known)
        if operator == "Record":
            return self._all(list(value.values()), known)
        return _Result((f"a forbid uses {operator}, which is not understood: write it with comparisons.",))

    def _all(self, nodes: list[Any], known: frozenset[str]) -> _Result:
        return _Result(tuple(text for node in nodes for text in self.expression(node, known).findings))

    def _operands(self, value: Any) -> list[Any]:
        return [value[side] for side in ("left", "right", "arg") if side in value]

    def _junction(self, operator: str, value: Any, known: frozenset[str]) -> _Result:
        left = self.expression(value["left"], known)
        # The right side is evaluated only if the left one did not decide.
        right = self.expression(value["right"], known | (left.if_true if operator == "&&" else left.if_false))
        both, one = (left.if_true | right.if_true), (left.if_true & right.if_true)
        neither, either = (left.if_false | right.if_false), (left.if_false & right.if_false)
        found = (*left.findings, *right.findings)
        return _Result(found, both, either) if operator == "&&" else _Result(found, one, neither)

    def _choice(self, value: Any, known: frozenset[str]) -> _Result:
        asked = self.expression(value["if"], known)
        then = self.expression(value["then"], known | asked.if_true)
        otherwise = self.expression(value["else"], known | asked.if_false)
        return _Result(
            (*asked.findings, *then.findings, *otherwise.findings),
            (asked.if_true | then.if_true) & (asked.if_false | otherwise.if_true),
            (asked.if_true | then.if_false) & (asked.if_false | otherwise.if_false),
        )

    def _access(self, node: Expression, value: Any, operator: str, known: frozenset[str]) -> _Result:
        inner = self._all([value["left"], *([value["right"]] if operator == "getTag" else [])], known)
        what = _words(node)
        if what in _ALWAYS or what in known:
            return inner
        test = "hasTag" if operator == "getTag" else "has"
        message = f"a forbid reads {what}, which may be missing: test it with `{test}` before."
        return _Result((*inner.findings, message))

    def _test(self, value: Any, operator: str, known: frozenset[str]) -> _Result:
        if operator == "has":
            inner = self._all([value["left"]], known)
            access: Expression = {".": {"left": value["left"], "attr": value["attr"]}}
        else:
            inner = self._all([value["left"], value["right"]], known)
            access = {"getTag": value}
        return _Result(inner.findings, if_true=frozenset((_words(access),)))

    def _parsed(self, operator: str, value: Any, known: frozenset[str]) -> _Result:
        """Text that is there to read is checked by Cedar's validation; text of a call may not parse."""
        if all(isinstance(node, dict) and isinstance(node.get("Value"), str) for node in value):
            return _Result()
        inner = self._all(value, known)
        return _Result((*inner.findings, f"a forbid parses {operator}(…) of a call, which can fail."))


def _words(node: Expression) -> str:
    """An access as written in Cedar, exact enough to be compared: two texts agree if the expressions do."""
    [(operator, value)] = node.items()
    if operator == "Var":
        return str(value)
    if operator == ".":
        attribute = str(value["attr"])
        left = _words(value["left"])
        return f"{left}.{attribute}" if attribute.isidentifier() else f"{left}[{json.dumps(attribute)}]"
    if operator == "getTag":
        return f"{_words(value['left'])}.getTag({_words(value['right'])})"
    return json.dumps(node["Value"] if operator == "Value" else node, ensure_ascii=False, sort_keys=True)
