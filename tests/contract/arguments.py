"""Random rules about arguments and end users, arguments that try them, and what a rule means, by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

LEAST, MOST = -(1 << 63), (1 << 63) - 1
"""The integers of Cedar."""

NAMES = ("x", "X", "in", "max-price")
TEXTS = ("A", "a", "Ａ", "A ", "", 'a"b', "*", "1", "true", "é", "e\u0301", "\\u{41}")
INTEGERS = (LEAST, -1, 0, 1, 2, 9, MOST - 1, MOST)
OTHERS: tuple[Any, ...] = (None, 1.0, 1.5, 2**63, [], ["A"], {"v": "A"}, {})
"""Values of types that no rule is about; the first four are none to Cedar at all."""

Rule = Mapping[str, Any]
"""As declared: `{"bind": "user.u"}`, `{"equals": v}`, `{"one_of": [v]}`, or `min` and `max` or one of them."""
Rules = Mapping[str, Rule]
Claims = Mapping[str, str]

CLAIMS: Claims = {"u": "username", "s": "sub"}
"""Attribute of the users → claim of their tokens."""
PEOPLE: Mapping[str, Claims] = {
    "ann": {"username": "A", "sub": "1"},
    "bob": {"username": "a", "sub": "true"},
    "half": {"username": "A"},
}
"""Token → what it states; any other token is a forgery."""
FORGED = "forged"


@dataclass(frozen=True)
class Try:
    """One call's arguments and its user's token. `what` says what is tried, for whoever reads a failure."""

    what: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    user: str | None = None


def kind_of(rule: Rule) -> str:
    """JSON type of the argument a rule is about."""
    if "bind" in rule:
        return "string"
    value = rule["one_of"][0] if "one_of" in rule else rule.get("equals", 0)
    return {str: "string", bool: "boolean", int: "integer"}[type(value)]


def some_rules(random: Random, users: bool) -> dict[str, Rule]:
    """Rules of one tool: none, one, or two."""
    names = random.sample(NAMES, random.choice((0, 1, 1, 2)))
    return {name: _rule(random, users) for name in names}


def _rule(random: Random, users: bool) -> Rule:
    forms = ("equals", "one_of", "min", "max", "both")
    form = random.choice(("bind", "bind", "bind", *forms) if users else forms)
    if form == "bind":
        return {"bind": f"user.{random.choice(tuple(CLAIMS))}"}
    if form == "equals":
        return {"equals": random.choice((*TEXTS[:4], *TEXTS[5:], *INTEGERS, True, False))}
    if form == "one_of":
        return {"one_of": random.sample(random.choice((tuple(text for text in TEXTS if text), INTEGERS)), 2)}
    low, high = sorted(random.choices(INTEGERS, k=2))
    return {"min": low, "max": high} if form == "both" else {form: low if form == "min" else high}


def keeps(rule: Rule, arguments: Mapping[str, Any], name: str, person: Claims | None) -> bool:
    """Whether a call keeps a rule: values are the same if their JSON texts are."""
    if name not in arguments:
        return False
    value = json.dumps(arguments[name])
    if "bind" in rule:
        own = (person or {}).get(CLAIMS[rule["bind"].removeprefix("user.")])
        return own is not None and value == json.dumps(own)
    if "equals" in rule or "one_of" in rule:
        return value in [json.dumps(one) for one in rule.get("one_of", [rule.get("equals")])]
    number = value.removeprefix("-").isdecimal()
    return number and max(rule.get("min", LEAST), LEAST) <= int(value) <= min(rule.get("max", MOST), MOST)


def cedar_holds(value: Any) -> bool:
    """Whether Cedar has such a value: neither null, fractions, nor integers of more than 64 bits."""
    if isinstance(value, Mapping):
        return all(cedar_holds(each) for each in value.values())
    if isinstance(value, list):
        return all(cedar_holds(each) for each in value)
    return (
        value is not None
        and not isinstance(value, float)
        and (type(value) is not int or LEAST <= value <= MOST)
    )


def fitting(random: Random, rules: Rules, users: bool) -> Try:
    """A call that keeps every rule."""
    return Try(
        "fitting", {name: _kept(random, rule) for name, rule in rules.items()}, "ann" if users else None
    )


def tries(random: Random, rules: Rules, users: bool) -> Iterator[Try]:
    """A call that keeps every rule, and calls that break one each: by value, type, absence or user."""
    fit = fitting(random, rules, users)
    yield fit
    for name, rule in rules.items():
        others = {other: value for other, value in fit.arguments.items() if other != name}
        yield Try(f"{name} missing", others, fit.user)
        yield Try(f"{name} of another type", {**others, name: _of_another_type(random, rule)}, fit.user)
        for value in _violating(random, rule):
            yield Try(f"{name} violating", {**others, name: value}, fit.user)
    if users:
        yield Try("another user", fit.arguments, "bob")
        yield Try("no user", fit.arguments)
        yield Try("a user without a claim", fit.arguments, "half")
    yield Try("a forged user", fit.arguments, FORGED)


def _kept(random: Random, rule: Rule) -> Any:
    if "bind" in rule:
        return PEOPLE["ann"][CLAIMS[rule["bind"].removeprefix("user.")]]
    if "equals" in rule:
        return rule["equals"]
    if "one_of" in rule:
        return random.choice(rule["one_of"])
    return random.choice((rule.get("min", LEAST), rule.get("max", MOST)))


def _violating(random: Random, rule: Rule) -> list[Any]:
    """Values of the argument's own type that break the rule: the nearest to a range, else any one."""
    kind = kind_of(rule)
    near = [rule[bound] + step for bound, step in (("min", -1), ("max", 1)) if bound in rule]
    pool: tuple[Any, ...] = TEXTS if kind == "string" else (True, False) if kind == "boolean" else INTEGERS
    ann = PEOPLE["ann"]
    broken = [value for value in near or pool if cedar_holds(value) and not keeps(rule, {"": value}, "", ann)]
    return broken if near else random.sample(broken, min(1, len(broken)))


def _of_another_type(random: Random, rule: Rule) -> Any:
    kind = kind_of(rule)
    same = {"string": str, "integer": int, "boolean": bool}[kind]
    pool: tuple[Any, ...] = ("1", "A", "true", 1, 0, True, False, *OTHERS)
    return random.choice([value for value in pool if type(value) is not same or not cedar_holds(value)])
