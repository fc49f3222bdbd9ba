"""What is sent where a bound or limited argument should stand, through the whole function, as JSON text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.functions.interceptor.rendering import render, text
from tests.functions.interceptor.test_argument_rules import FORMS, VALUES, holds
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.user_world import (
    EMAIL,
    FLIGHTS,
    INFO,
    OTHER,
    SEARCHED,
    USER,
    UserWorld,
    message,
)
from tests.functions.interceptor.world import call, forwarded, refused, request

FORBIDDEN = (403, -32002, 7)
OWN = json.dumps(USER)
NFD = "customer-1001-\u1112\u1161\u11ab\u1100\u116e\u11a8"
NOT_THE_USERS = {
    "left out": "{}",
    "null": '{"customer_id": null}',
    "empty": '{"customer_id": ""}',
    "a number": '{"customer_id": 1001}',
    "true": '{"customer_id": true}',
    "a list": f'{{"customer_id": [{OWN}]}}',
    "an empty list": '{"customer_id": []}',
    "two users": f'{{"customer_id": [{OWN}, "{OTHER}"]}}',
    "an object": f'{{"customer_id": {{"$eq": {OWN}}}}}',
    "nested": f'{{"customer_id": {{"customer_id": {OWN}}}}}',
    "nested elsewhere": f'{{"filter": {{"customer_id": {OWN}}}}}',
    "JSON in text": json.dumps({"customer_id": json.dumps(OWN)}),
    "the name in capitals": f'{{"CUSTOMER_ID": {OWN}}}',
    "the name with a blank": f'{{"customer_id ": {OWN}}}',
    "the name with a look-alike": f'{{"сustomer_id": {OWN}}}',
    "the name in full-width letters": f'{{"ｃustomer_id": {OWN}}}',
    "another name": f'{{"customerId": {OWN}}}',
    "in capitals": json.dumps({"customer_id": USER.upper()}),
    "leading blank": json.dumps({"customer_id": f" {USER}"}),
    "trailing blank": json.dumps({"customer_id": f"{USER} "}),
    "trailing line end": json.dumps({"customer_id": f"{USER}\n"}),
    "trailing NUL": json.dumps({"customer_id": f"{USER}\0"}),
    "zero-width space": json.dumps({"customer_id": f"{USER}\u200b"}),
    "Cyrillic look-alike": json.dumps({"customer_id": USER.replace("c", "с", 1)}),
    "full-width digits": json.dumps({"customer_id": USER.replace("1001", "１００１")}),
    "NFD": json.dumps({"customer_id": NFD}),
    "percent escape": json.dumps({"customer_id": USER.replace("-", "%2D")}),
    "JSON escape, twice": json.dumps({"customer_id": USER.replace("-", "\\u002d")}),
    "more behind": json.dumps({"customer_id": f"{USER},{OTHER}"}),
    "cut short": json.dumps({"customer_id": USER[:-1]}),
    "wildcard": '{"customer_id": "*"}',
    "another attribute of the user": json.dumps({"customer_id": EMAIL}),
    "the claim's name": '{"customer_id": "username"}',
    "the rule's own words": '{"customer_id": "user.customer_id"}',
}


def send(world: UserWorld, tool: str, arguments: str) -> Any:
    """A call whose arguments are that JSON text, read by the gateway as Python reads JSON by default."""
    raw = json.dumps(call(tool, {"HERE": 0})).replace('{"HERE": 0}', arguments)
    event = world.event(tool, {})
    event["mcp"]["gatewayRequest"]["body"] = json.loads(raw)
    event["mcp"]["rawGatewayRequest"]["body"] = raw
    return world.send(event)


@pytest.mark.parametrize("arguments", NOT_THE_USERS.values(), ids=NOT_THE_USERS.keys())
def test_whatever_is_not_the_users_own_is_refused(user_world: UserWorld, arguments: str) -> None:
    assert NFD != USER
    answer = send(user_world, INFO, arguments)
    assert refused(answer) == FORBIDDEN
    assert user_world.last == ("deny", "user_mismatch", "customer_id", True)
    assert USER not in message(answer)
    assert OTHER not in message(answer)


@pytest.mark.parametrize(
    "arguments", [OWN.join(('{"customer_id": ', "}")), json.dumps({"customer_id": USER, "extra": [1]})]
)
def test_the_same_text_written_otherwise_is_the_users(user_world: UserWorld, arguments: str) -> None:
    escaped = arguments.replace("customer_id", "customer\\u005fid")
    for one in (arguments, escaped):
        assert forwarded(send(user_world, INFO, one))["params"]["arguments"] == json.loads(arguments)


def test_an_argument_twice_is_refused_whichever_is_the_users(user_world: UserWorld) -> None:
    for first, second in ((USER, OTHER), (OTHER, USER), (USER, USER)):
        twice = f'{{"customer_id": {json.dumps(first)}, "customer_id": {json.dumps(second)}}}'
        assert refused(send(user_world, INFO, twice)) == (400, -32600, None)


def test_no_arguments_at_all_are_refused(user_world: UserWorld) -> None:
    for tool, reason in ((INFO, "user_mismatch"), (FLIGHTS, "argument_not_allowed")):
        body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool}}
        headers = user_world.event(tool, {})["mcp"]["gatewayRequest"]["headers"]
        assert refused(user_world.send(request(body, None, headers=headers))) == FORBIDDEN
        assert user_world.last[1] == reason


LIMITS: list[tuple[str, str]] = [
    *(("adults", value) for value in ("0", "10", "-1", "1.0", "5e0", "1e3", "true", "false", "null")),
    *(("adults", value) for value in ('"2"', "[2]", "{}")),
    *(("adults", value) for value in ("9223372036854775808", "1" + "0" * 300, "1.5", "-0.0", "18446744073709551618")),
    *(("cabin", value) for value in ('"economy"', '"ECONOMY "', '"FIRST"', '""', '"ECONOMY,BUSINESS"')),
    *(("cabin", value) for value in ('["ECONOMY"]', "0")),
    *(("cabin", value) for value in ("null", "true", '{"0": "ECONOMY"}', '"ΕCONOMY"', '"ＥCONOMY"')),
    *(("source", value) for value in ('"Web"', '"web "', '"app"', "null", "true", "1", '["web"]', '"wеb"')),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), LIMITS)
def test_a_value_outside_its_rule_is_refused_by_name(user_world: UserWorld, name: str, value: str) -> None:
    arguments = json.dumps({**SEARCHED, name: "HERE"}).replace('"HERE"', value)
    answer = send(user_world, FLIGHTS, arguments)
    assert refused(answer) == FORBIDDEN
    assert user_world.last == ("deny", "argument_not_allowed", name, True)
    assert message(answer) == (
        f"Agent booking may not call {FLIGHTS}: argument {name}: the value is not one the declaration allows."
    )


@pytest.mark.parametrize("name", ["adults", "cabin", "source"])
def test_a_limited_argument_left_out_is_refused(user_world: UserWorld, name: str) -> None:
    """A default of the tool's own may lie outside the limit."""
    arguments = json.dumps({key: value for key, value in SEARCHED.items() if key != name})
    assert refused(send(user_world, FLIGHTS, arguments)) == FORBIDDEN
    assert user_world.last[1:3] == ("argument_not_allowed", name)


def test_a_number_the_gateway_reads_as_an_allowed_one_is_still_refused(user_world: UserWorld) -> None:
    """True equals 1 and 1.0 equals 1 in Python: the caller's own text decides, and goes on."""
    for sent, read in ((True, 1), (1.0, 1)):
        event = user_world.event(FLIGHTS, {**SEARCHED, "adults": read})
        event["mcp"]["rawGatewayRequest"]["body"] = json.dumps(call(FLIGHTS, {**SEARCHED, "adults": sent}))
        assert refused(user_world.send(event)) == FORBIDDEN


def test_without_a_raw_body_the_same_rules_hold(user_world: UserWorld) -> None:
    for customer, passes in ((USER, True), (OTHER, False), (None, False)):
        event = user_world.event(INFO, {"customer_id": customer})
        del event["mcp"]["rawGatewayRequest"]
        assert ("transformedGatewayRequest" in user_world.send(event)["mcp"]) is passes


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, signer: Signer, users_signer: Signer) -> Any:
    folder = tmp_path_factory.mktemp("rules")

    def build(rules: dict[str, Any]) -> UserWorld:
        policy = text(render({"booking": (INFO,)}, {INFO: rules}, claims={"customer_id": "username"}))
        return UserWorld(folder, signer, users_signer, policy)

    return build


NAMES = st.sampled_from(["adults", "cabin", "customer_id"])
USERS = st.sampled_from([USER, OTHER, "é", "e\u0301", "1", "true"])


@settings(deadline=None, max_examples=150)
@given(
    rules=st.dictionaries(NAMES, FORMS | st.just({"user": "customer_id"}), max_size=3),
    arguments=st.dictionaries(NAMES | st.just("Adults"), VALUES | USERS, max_size=4),
    user=st.none() | USERS,
    data=st.data(),
)
def test_a_call_passes_if_and_only_if_every_rule_holds(
    built: Any, rules: dict[str, Any], arguments: dict[str, Any], user: str | None, data: st.DataObject
) -> None:
    """Half the arguments are made to hold, else hardly a call with rules would pass."""
    for name, form in rules.items():
        if data.draw(st.booleans()):
            named = form.get("one_of") or [form[kind] for kind in ("equals", "min", "max") if kind in form]
            arguments[name] = data.draw(st.sampled_from(named or [user or USER]))
    world: UserWorld = built(rules)
    token = None if user is None else world.user_token(username=user)
    answer = world.ask(INFO, arguments, token)["mcp"]
    kept = all(
        name in arguments
        and (
            user is not None and json.dumps(arguments[name]) == json.dumps(user)
            if "user" in form
            else holds(form, arguments[name])
        )
        for name, form in rules.items()
    )
    infinite = any("Infinity" in json.dumps(value) for value in arguments.values())
    assert ("transformedGatewayRequest" in answer) is (kept and not infinite)
    if not infinite:
        assert world.last[3] is (user is not None)
