"""Users and argument rules that cannot be read with certainty grant nothing, instead of a rule less."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor.decide import check_arguments, decide
from gateway_interceptor.policy import Grant, parse
from gateway_interceptor.refused import POLICY_UNAVAILABLE
from tests.functions.interceptor.rendering import render, text
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.user_world import FLIGHTS, INFO, OWNER, USER_POLICY, UserWorld
from tests.functions.interceptor.world import BOOKING, SEARCH, call, method, refused, request

Change = Callable[[dict[str, Any]], object]


def _users(value: Any) -> Change:
    return lambda policy: policy.update(users=value)


def _arguments(value: Any) -> Change:
    return lambda policy: policy.update(arguments=value)


def _tool(tool: str, value: Any) -> Change:
    return lambda policy: policy["arguments"].update({tool: value})


BOUND = {"user": "customer_id", "source": "a:1"}
BROKEN: dict[str, Change] = {
    "users true": _users(True),
    "users a list": _users([]),
    "users empty": _users({}),
    "users with more": _users({"claims": {"customer_id": "username", "email": "email"}, "optional": True}),
    "no claims": _users({"claims": {}}),
    "claims null": _users({"claims": None}),
    "claims a list": _users({"claims": ["username"]}),
    "claim null": _users({"claims": {"customer_id": None, "email": "email"}}),
    "claim empty": _users({"claims": {"customer_id": "", "email": "email"}}),
    "claim a list": _users({"claims": {"customer_id": ["username"], "email": "email"}}),
    "claim of two words": _users({"claims": {"customer_id": "user name", "email": "email"}}),
    "claim with a look-alike": _users({"claims": {"customer_id": "usernаme", "email": "email"}}),
    "attribute empty": _users({"claims": {"": "username", "customer_id": "username", "email": "email"}}),
    "rules of users without users": _users(None),
    "a rule of an undeclared attribute": _users({"claims": {"customer_id": "username"}}),
    "arguments null": _arguments(None),
    "arguments a list": _arguments([]),
    "rules of no declared tool": _tool("x___y", {"customer_id": BOUND}),
    "rules of a tool in capitals": _tool(INFO.upper(), {"customer_id": BOUND}),
    "rules null": _tool(INFO, None),
    "rules a list": _tool(INFO, [BOUND]),
    "a rule without its argument": _tool(INFO, BOUND),
    "a rule null": _tool(INFO, {"customer_id": None}),
    "a rule half known": _tool(INFO, {"customer_id": {**BOUND, "optional": True}}),
    "a good rule beside a bad one": _tool(INFO, {"customer_id": BOUND, "days": {"min": "1", "source": "a:1"}}),
    "an argument without name": _tool(INFO, {"": BOUND}),
    "an argument of two words": _tool(INFO, {"customer id": BOUND}),
    "an argument with a look-alike": _tool(INFO, {"сustomer_id": BOUND}),
}  # fmt: skip


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_refuses_every_request(
    change: Change, tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    policy = copy.deepcopy(USER_POLICY)
    change(policy)
    world = UserWorld(tmp_path, signer, users_signer, policy)
    for body in (call(INFO), call(BOOKING), method("initialize"), method("tools/list")):
        assert refused(world.send(request(body, world.token()))) == (500, -32603, 7)
    assert {(line["reason"], line["detail"], line["user"]) for line in world.lines} == {
        (POLICY_UNAVAILABLE, "malformed", False)
    }


def test_a_rule_twice_is_refused_and_not_the_last_one_taken() -> None:
    data = text(USER_POLICY).replace(b'"adults": {', b'"adults": {"max": 99, "source": "a:1"}, "adults": {')
    with pytest.raises(Exception, match="malformed"):
        parse(data)


def test_what_is_rendered_is_what_is_read() -> None:
    policy = parse(text(USER_POLICY))
    assert policy.claims == {"customer_id": "username", "email": "custom:email"}
    read = {
        tool: [(rule.argument, rule.claim, rule.source.rpartition(":")[2]) for rule in grant.rules]
        for tool, grant in policy.grants["booking"].items()
    }
    assert read == {
        BOOKING: [],
        SEARCH: [],
        INFO: [("customer_id", "username", "1")],
        OWNER: [("customer_id", "username", "2"), ("email", "custom:email", "3"), ("days", None, "4")],
        FLIGHTS: [("adults", None, "5"), ("cabin", None, "6"), ("source", None, "7")],
    }
    adults = policy.grants["booking"][FLIGHTS].rules[0]
    assert (adults.low, adults.high) == (1, 9)


def test_the_rules_of_users_come_first_whatever_their_names() -> None:
    """Who the user is decides before what a value is, so that a stranger learns nothing about values."""
    rules: dict[str, dict[str, Any]] = {"x___y": {"a": {"max": 1}, "z": {"user": "u"}, "m": {"equals": 1}}}
    policy = parse(text(render({"a": ("x___y",)}, rules, claims={"u": "username"})))
    assert [rule.argument for rule in policy.grants["a"]["x___y"].rules] == ["z", "a", "m"]


def test_a_rule_of_a_user_is_not_passed_over_if_nobody_is_signed_in() -> None:
    """Whoever asks the decision alone, without the function around it, gets the same no."""
    policy = parse(text(USER_POLICY))
    for arguments in ({}, {"customer_id": "C1001"}, {"customer_id": None}):
        granted = decide(policy, "booking", "tools/call", INFO, notification=False)
        assert granted.allowed
        assert granted.grant is not None
        decision = check_arguments(granted, granted.grant, arguments, None)
        assert (decision.allowed, decision.reason, decision.argument) == (False, "no_user", "customer_id")


def test_a_tool_with_no_rule_left_is_a_tool_without_rules() -> None:
    policy = parse(text({**USER_POLICY, "arguments": {INFO: {}}}))
    assert policy.grants["booking"][INFO].rules == ()


def test_nobody_takes_a_rule_out_after_it_was_read() -> None:
    policy = parse(text(USER_POLICY))
    with pytest.raises(TypeError):
        policy.grants["booking"][INFO] = Grant("a:1")  # type: ignore[index]
    with pytest.raises(AttributeError, match="frozen"):
        policy.grants["booking"][INFO].rules = ()
    with pytest.raises(TypeError):
        policy.claims["customer_id"] = "sub"  # type: ignore[index]
    with pytest.raises(AttributeError, match="frozen"):
        policy.claims = None
