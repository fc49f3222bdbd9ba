"""A shadow lets through, and logs, exactly what it was declared for, and never what is about the user."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor.policy import load
from gateway_interceptor.refused import POLICY_UNAVAILABLE
from tests.functions.interceptor.rendering import render
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.user_world import (
    FLIGHTS,
    INFO,
    OTHER,
    OWNER,
    RULES,
    SEARCHED,
    USER,
    USER_POLICY,
    UserWorld,
)
from tests.functions.interceptor.world import (
    BOOKING,
    answered,
    call,
    forwarded,
    method,
    refused,
    request,
    response,
)

FORBIDDEN = (403, -32002, 7)
SHADOWS = {"booking": {BOOKING: "calls", FLIGHTS: "arguments", OWNER: "arguments"}}
OWNED = {"customer_id": USER, "email": "someone@airline.example", "days": 3}
CANARY = "canary5ecret"


def policy(shadows: Mapping[str, Mapping[str, str]] = SHADOWS) -> dict[str, Any]:
    """Two agents may call the same tools; only one of them in shadow mode."""
    tools = (BOOKING, INFO, FLIGHTS, OWNER)
    claims = {"customer_id": "username", "email": "custom:email"}
    return render({"booking": tools, "loyalty": tools}, RULES, claims=claims, shadows=shadows)


@pytest.fixture
def shadowed(tmp_path: Path, signer: Signer, users_signer: Signer) -> UserWorld:
    return UserWorld(tmp_path, signer, users_signer, policy())


def told(world: UserWorld) -> tuple[str, str | None, str | None, int]:
    """(shadow, would_refuse, detail, metric) of the last decision, which let the call through."""
    line = world.lines[-1]
    assert (line["effect"], line["reason"], line["Allowed"], line["Denied"]) == ("allow", "granted", 1, 0)
    return line["shadow"], line["would_refuse"], line["detail"], line["ShadowRefused"]


def test_a_call_that_is_about_to_be_refused_passes_and_is_counted(shadowed: UserWorld) -> None:
    assert forwarded(shadowed.ask(BOOKING, {"customer_id": OTHER})) == call(BOOKING, {"customer_id": OTHER})
    assert told(shadowed) == ("calls", "not_granted", None, 1)
    metrics = shadowed.lines[-1]["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert {"Name": "ShadowRefused", "Unit": "Count"} in metrics


BEYOND = [
    ({**SEARCHED, "adults": 10}, "adults"),
    ({**SEARCHED, "adults": True}, "adults"),
    ({**SEARCHED, "cabin": CANARY}, "cabin"),
    ({key: value for key, value in SEARCHED.items() if key != "source"}, "source"),
    ({}, "adults"),
]


@pytest.mark.parametrize(("arguments", "name"), BEYOND)
def test_arguments_beyond_a_new_rule_pass_and_are_told_by_name_only(
    shadowed: UserWorld, arguments: dict[str, Any], name: str
) -> None:
    assert forwarded(shadowed.ask(FLIGHTS, arguments)) == call(FLIGHTS, arguments)
    assert told(shadowed) == ("arguments", "argument_not_allowed", name, 1)
    assert CANARY not in shadowed.output[-1]


def test_arguments_that_keep_the_rules_count_as_looked_at(shadowed: UserWorld) -> None:
    """Without these lines nobody could tell a rule that harms no one from a tool that no one calls."""
    forwarded(shadowed.ask(FLIGHTS, SEARCHED))
    assert told(shadowed) == ("arguments", None, None, 0)


USERS: list[tuple[dict[str, Any], Any, str]] = [
    ({**OWNED, "customer_id": OTHER}, ..., "user_mismatch"),
    ({**OWNED, "customer_id": OTHER, "days": -1}, ..., "user_mismatch"),
    ({"days": 3}, ..., "user_mismatch"),
    (OWNED, None, "no_user"),
    ({**OWNED, "days": -1}, None, "no_user"),
    (OWNED, "x.y.z", "bad_user_token"),
]


@pytest.mark.parametrize(("arguments", "user", "reason"), USERS)
def test_a_shadow_does_not_let_a_call_for_another_user_through(
    shadowed: UserWorld, arguments: dict[str, Any], user: Any, reason: str
) -> None:
    assert refused(shadowed.ask(OWNER, arguments, user)) == FORBIDDEN
    line = shadowed.lines[-1]
    assert (line["effect"], line["reason"]) == ("deny", reason)
    assert not {"shadow", "would_refuse", "ShadowRefused"} & line.keys()


def test_beside_a_users_rule_the_others_are_relaxed(shadowed: UserWorld) -> None:
    forwarded(shadowed.ask(OWNER, {**OWNED, "days": -1}))
    assert told(shadowed) == ("arguments", "argument_not_allowed", "days", 1)


def test_a_user_with_less_than_its_claims_is_not_relaxed(shadowed: UserWorld) -> None:
    token = shadowed.user_token(**{"custom:email": ...})
    assert refused(shadowed.ask(OWNER, OWNED, token)) == FORBIDDEN
    assert shadowed.lines[-1]["reason"] == "bad_user_token"


def test_a_shadow_is_one_agents_and_no_other_ones(shadowed: UserWorld) -> None:
    assert refused(shadowed.ask(FLIGHTS, {**SEARCHED, "adults": 10}, agent="loyalty")) == FORBIDDEN
    forwarded(shadowed.ask(FLIGHTS, SEARCHED, agent="loyalty"))
    forwarded(shadowed.ask(BOOKING, {}, agent="loyalty"))
    for line in shadowed.lines:
        assert not {"shadow", "would_refuse", "ShadowRefused"} & line.keys()
        assert "ShadowRefused" not in [
            item["Name"] for item in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        ]


def test_a_shadow_of_calls_does_not_relax_the_tools_rules(
    tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    world = UserWorld(tmp_path, signer, users_signer, policy({"booking": {FLIGHTS: "calls"}}))
    assert refused(world.ask(FLIGHTS, {**SEARCHED, "adults": 10})) == FORBIDDEN
    assert world.lines[-1]["reason"] == "argument_not_allowed"
    forwarded(world.ask(FLIGHTS, SEARCHED))
    assert told(world) == ("calls", "not_granted", None, 1)


def test_the_answer_of_a_shadowed_call_passes_and_is_not_counted_again(shadowed: UserWorld) -> None:
    result = {"jsonrpc": "2.0", "id": 7, "result": {"content": []}}
    event = response(call(BOOKING), None, result)
    event["mcp"]["gatewayRequest"]["headers"] = {"Authorization": f"Bearer {shadowed.token()}"}
    assert answered(shadowed.send(event)) == result
    assert shadowed.output == []


def test_a_tool_in_shadow_mode_is_still_listed(shadowed: UserWorld) -> None:
    tools = [{"name": BOOKING}, {"name": FLIGHTS}]
    page = {"jsonrpc": "2.0", "id": 7, "result": {"tools": tools}}
    assert answered(shadowed.send(response(method("tools/list"), shadowed.token(), page))) == page


Change = Callable[[dict[str, Any]], object]


def _grant(value: Any, tool: str = BOOKING) -> Change:
    return lambda changed: changed["grants"]["booking"].update({tool: value})


LINE = "a.yaml:1"
BROKEN: dict[str, Change] = {
    "without a line": _grant({"shadow": "calls"}),
    "with an empty line": _grant({"source": "", "shadow": "calls"}),
    "with a line null": _grant({"source": None, "shadow": "calls"}),
    "without a kind": _grant({"source": LINE}),
    "empty": _grant({}),
    "null": _grant(None),
    "a list": _grant([LINE, "calls"]),
    "with more": _grant({"source": LINE, "shadow": "calls", "until": "March"}),
    "of an unknown kind": _grant({"source": LINE, "shadow": "users"}),
    "of a kind in capitals": _grant({"source": LINE, "shadow": "CALLS"}),
    "of a kind null": _grant({"source": LINE, "shadow": None}),
    "of a kind true": _grant({"source": LINE, "shadow": True}),
    "of a kind empty": _grant({"source": LINE, "shadow": ""}),
    "of two kinds": _grant({"source": LINE, "shadow": ["calls", "arguments"]}, FLIGHTS),
    "of an object": _grant({"source": LINE, "shadow": {"would_refuse": "calls"}}),
    "of arguments without rules": _grant({"source": LINE, "shadow": "arguments"}),
    "of arguments that are all the user's": _grant({"source": LINE, "shadow": "arguments"}, INFO),
    "of no declared tool": _grant({"source": LINE, "shadow": "calls"}, "x___y"),
    "of every tool": _grant({"source": LINE, "shadow": "calls"}, "*"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_shadow_refuses_every_request(
    change: Change, tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    broken = copy.deepcopy(USER_POLICY)
    change(broken)
    world = UserWorld(tmp_path, signer, users_signer, broken)
    for body in (call(INFO), call(BOOKING), method("tools/list")):
        assert refused(world.send(request(body, world.token()))) == (500, -32603, 7)
    assert {(line["reason"], line["detail"]) for line in world.lines} == {(POLICY_UNAVAILABLE, "malformed")}


def test_nobody_puts_a_grant_into_shadow_mode_after_it_was_read(shadowed: UserWorld) -> None:
    grant = load(str(shadowed.policy_file)).grants["loyalty"][FLIGHTS]
    with pytest.raises(AttributeError, match="frozen"):
        grant.shadow = "arguments"
