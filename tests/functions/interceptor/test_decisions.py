"""Every way a decision can end, with everything it says: what is not said is in no log and on no alarm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway_interceptor.argument_rules import Rule
from gateway_interceptor.decide import Decision, by_rule, check_arguments, decide, may_see
from gateway_interceptor.policy import Grant, parse
from tests.functions.interceptor.world import BOOKING, LOYALTY, POLICY, SOURCE

GRANT = Grant(SOURCE)
ADULTS = Rule("adults", "f.yaml:1", high=9)
CABIN = Rule("cabin", "f.yaml:2", values=frozenset({(str, "ECONOMY")}))
OWN = Rule("customer_id", "f.yaml:3", claim="username")
CALL = "tools/call"


def said(decision: Decision) -> dict[str, Any]:
    """Everything it says, but what is nothing."""
    members = {name: getattr(decision, name) for name in Decision.__slots__}
    assert [name for name in ("allowed", "user") if type(members[name]) is not bool] == []
    return {name: value for name, value in members.items() if value is not None and value is not False}


SESSION = {"allowed": True, "reason": "session", "agent": "booking"}
MALFORMED = {"reason": "malformed_request", "agent": "booking"}
UNKNOWN = {"reason": "unknown_method", "agent": "booking"}
CASES: list[tuple[str | None, str, str | None, bool, dict[str, Any]]] = [
    (None, "tools/list", None, False, {"allowed": True, "reason": "policy_engine_listing"}),
    (None, "tools/list", None, True, {"reason": "no_token"}),
    (None, "initialize", None, False, {"reason": "no_token"}),
    (None, CALL, BOOKING, False, {"reason": "no_token"}),
    *(
        ("booking", method, None, False, SESSION)
        for method in ("initialize", "ping", "server/discover", "tools/list")
    ),
    *(
        ("booking", f"notifications/{name}", None, True, SESSION)
        for name in ("initialized", "cancelled", "progress", "roots/list_changed")
    ),
    # What is asked without an id is not answered, and what tells something has none.
    ("booking", "ping", None, True, {**MALFORMED, "detail": "id"}),
    ("booking", "notifications/cancelled", None, False, {**MALFORMED, "detail": "id"}),
    ("booking", CALL, BOOKING, True, {**MALFORMED, "detail": "id"}),
    ("booking", CALL, None, False, {**MALFORMED, "detail": "tool_name"}),
    ("booking", "tools/lists", None, False, UNKNOWN),
    ("booking", "notifications/other", None, True, UNKNOWN),
    ("booking", "prompts/list", BOOKING, False, UNKNOWN),
    (
        "booking",
        CALL,
        BOOKING,
        False,
        {"allowed": True, "reason": "granted", "agent": "booking", "source": SOURCE, "grant": ...},
    ),
    ("booking", CALL, LOYALTY, False, {"reason": "not_granted", "agent": "booking"}),
    ("booking", CALL, "x___y", False, {"reason": "unknown_tool", "agent": "booking"}),
    ("ghost", CALL, BOOKING, False, {"reason": "not_granted", "agent": "ghost"}),
]


@pytest.mark.parametrize(("agent", "method", "tool", "notification", "expected"), CASES)
def test_a_decision_says_otherwise_than_it_is(
    agent: str | None, method: str, tool: str | None, notification: bool, expected: dict[str, Any]
) -> None:
    policy = parse(json.dumps(POLICY).encode())
    decision = said(decide(policy, agent, method, tool, notification))
    if expected.get("grant") is ...:
        expected = {**expected, "grant": policy.grants["booking"][BOOKING]}
    assert decision == expected


GRANTED = {"allowed": True, "reason": "granted", "agent": "booking", "source": SOURCE}
DENIED = {"agent": "booking"}
NOT_ALLOWED = {"reason": "argument_not_allowed", "agent": "booking"}
ADULTS_SAID = {"source": "f.yaml:1", "argument": "adults"}
OWN_SAID = {"source": "f.yaml:3", "argument": "customer_id"}
MINE: dict[str, Any] = {"customer_id": "C1", "adults": 2, "cabin": "ECONOMY"}
ME = {"username": "C1"}
RULES = (OWN, ADULTS, CABIN)
CHECKS: dict[str, tuple[Grant, dict[str, Any], dict[str, str] | None, dict[str, Any]]] = {
    "no rules": (GRANT, {}, None, GRANTED),
    "no rules, with a user": (GRANT, {}, ME, {**GRANTED, "user": True}),
    "all kept": (Grant(SOURCE, RULES), MINE, ME, {**GRANTED, "user": True}),
    "kept without a user": (Grant(SOURCE, (ADULTS, CABIN)), MINE, None, GRANTED),
    "beyond": (
        Grant(SOURCE, (ADULTS, CABIN)),
        {**MINE, "adults": 10},
        None,
        {**NOT_ALLOWED, **ADULTS_SAID, "detail": "adults"},
    ),
    "the second beyond": (
        Grant(SOURCE, RULES),
        {**MINE, "cabin": "FIRST"},
        ME,
        {**NOT_ALLOWED, "source": "f.yaml:2", "argument": "cabin", "detail": "cabin", "user": True},
    ),
    "both beyond": (
        Grant(SOURCE, RULES),
        {**MINE, "cabin": "FIRST", "adults": 10},
        ME,
        {**NOT_ALLOWED, **ADULTS_SAID, "detail": "adults", "user": True},
    ),
    "nobody": (
        Grant(SOURCE, RULES),
        MINE,
        None,
        {**DENIED, **OWN_SAID, "reason": "no_user", "detail": "customer_id"},
    ),
    "somebody else": (
        Grant(SOURCE, RULES),
        {**MINE, "customer_id": "C2"},
        ME,
        {**DENIED, **OWN_SAID, "reason": "user_mismatch", "detail": "customer_id", "user": True},
    ),
    "without the claim": (
        Grant(SOURCE, RULES),
        MINE,
        {"sub": "C1"},
        {**DENIED, **OWN_SAID, "reason": "bad_user_token", "detail": "claim", "user": True},
    ),
    "a shadow of arguments": (
        Grant(SOURCE, RULES, "arguments"),
        {**MINE, "adults": 10, "cabin": "FIRST"},
        ME,
        {**GRANTED, "user": True, "would_refuse": "argument_not_allowed", "detail": "adults"},
    ),
    "a shadow of arguments that are kept": (
        Grant(SOURCE, RULES, "arguments"),
        MINE,
        ME,
        {**GRANTED, "user": True},
    ),
    "a shadow of arguments for somebody else": (
        Grant(SOURCE, (ADULTS, OWN), "arguments"),
        {**MINE, "customer_id": "C2", "adults": 10},
        ME,
        {**DENIED, **OWN_SAID, "reason": "user_mismatch", "detail": "customer_id", "user": True},
    ),
    "a shadow of calls": (
        Grant(SOURCE, RULES, "calls"),
        MINE,
        ME,
        {**GRANTED, "user": True, "would_refuse": "not_granted"},
    ),
    "a shadow of calls, beyond": (
        Grant(SOURCE, (ADULTS,), "calls"),
        {**MINE, "adults": 10},
        None,
        {**NOT_ALLOWED, **ADULTS_SAID, "detail": "adults"},
    ),
}


@pytest.mark.parametrize("case", CHECKS)
def test_a_decision_about_arguments_says_otherwise_than_it_is(case: str) -> None:
    grant, arguments, user, expected = CHECKS[case]
    granted = Decision(True, "granted", "booking", SOURCE)
    assert said(check_arguments(granted, grant, arguments, user)) == expected


@pytest.mark.parametrize("name", [None, [BOOKING], {"name": BOOKING}, 5, True])
def test_a_name_that_is_no_text_is_shown_or_breaks_the_list(name: object) -> None:
    assert may_see(parse(json.dumps(POLICY).encode()), "booking", name) is False


def test_what_is_sent_beside_a_call_without_rules_is_refused_in_few_words() -> None:
    assert said(by_rule("booking", "bad_user_token", None, "expired", user=True)) == {
        "agent": "booking",
        "reason": "bad_user_token",
        "detail": "expired",
        "user": True,
    }
    assert said(by_rule("booking", "no_user", None)) == {"agent": "booking", "reason": "no_user"}
    assert said(by_rule("booking", "no_user", OWN)) == {
        "agent": "booking",
        "reason": "no_user",
        "source": "f.yaml:3",
        "argument": "customer_id",
        "detail": "customer_id",
    }
