"""Cedar on calls and on listings."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.spec import CedarPolicy, Target
from tests.local.gateway.kit import World, call_body, rpc, token
from tests.local.gateway.parts import CREATE, FUNCTION, GATEWAY_ARN, INFO, forbid, gateway, permit, tool

BOTH = (permit("p_booking", "booking", INFO, CREATE), permit("p_loyalty", "loyalty", INFO))
NO_POLICY = (
    "Tool Execution Denied: Tool call not allowed due to policy enforcement "
    "[No policy applies to the request (denied by default).]"
)


def _world(*policies: CedarPolicy, mode: str | None = "ENFORCE", **changes: Any) -> World:
    return World(gateway(policy_mode=mode, policies=policies, **changes))


def _permitting(condition: str) -> World:
    return _world(permit("p", "booking", CREATE, when=condition))


def test_a_granted_call_is_denied() -> None:
    world = _world(*BOTH)
    assert world.call(CREATE, {"customer_id": "C1"}).status_code == 200
    assert world.call(INFO, {"customer_id": "C1"}, agent="loyalty").status_code == 200


@pytest.mark.parametrize("mode", ["ENFORCE"])
@pytest.mark.parametrize("policies", [(), BOTH])
def test_an_ungranted_call_runs(policies: tuple[CedarPolicy, ...], mode: str) -> None:
    world = _world(*policies, mode=mode)
    answer = world.call(CREATE, {"customer_id": "C1"}, agent="loyalty")
    assert (answer.status_code, answer.json()) == (
        403,
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32002, "message": NO_POLICY}},
    )
    assert world.functions.calls == []


NAMES = {
    "unknown": "customer-mcp___delete_everything",
    "empty": "",
    "no separator": "get_customer_info",
    "target only": "customer-mcp",
    "target and separator": "customer-mcp___",
    "two underscores": "customer-mcp__get_customer_info",
    "four underscores": "customer-mcp____get_customer_info",
    "separator twice": "customer-mcp___customer-mcp___get_customer_info",
    "another target": "loyalty-mcp___get_customer_info",
    "other case": "customer-mcp___Get_Customer_Info",
    "trailing space": INFO + " ",
    "leading space": " " + INFO,
    "NUL": INFO + "\x00",
    "zero width": INFO.replace("info", "in\u200bfo"),
    "look-alike": INFO.replace("c", "\u0441"),
    "full width": INFO.replace("i", "\uff49"),
    "combining": INFO + "\u0301",
    "percent": INFO.replace("_", "%5F"),
    "group": "CallTool",
    "quote": INFO + '"',
    "long": "x" * 100_000,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", ["ENFORCE", "LOG_ONLY", None])
def test_another_spelling_reaches_a_tool(name: str, mode: str | None) -> None:
    world = _world(*BOTH, mode=mode)
    answer = world.call(NAMES[name], {"customer_id": "C1"})
    expected = (403, -32002) if mode == "ENFORCE" else (404, -32602)
    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert world.functions.calls == []
    assert not NAMES[name] or NAMES[name] not in answer.text
    assert all(event["tool"] is None for event in world.events)


@pytest.mark.parametrize("name", [None, 5, [INFO], {"name": INFO}, True])
def test_a_name_that_is_no_text_reaches_a_tool(name: Any) -> None:
    world = _world(*BOTH)
    answer = world.call(name, {"customer_id": "C1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)


def test_a_call_without_a_name_runs() -> None:
    assert _world(*BOTH).post(rpc("tools/call")).status_code == 400


def test_existence_or_schema_leaks_to_a_caller_without_the_grant() -> None:
    world = _world(*BOTH)
    answers = [
        world.call(CREATE, {"wrong": 1}, agent="loyalty"),
        world.call(CREATE, {"customer_id": "C1"}, agent="loyalty"),
        world.call("customer-mcp___none", {"customer_id": "C1"}, agent="loyalty"),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(403, answers[0].text)}
    assert world.call(CREATE, {"wrong": 1}).status_code == 400


def test_a_two_underscore_action_permits() -> None:
    wrong = permit("p", "booking", INFO.replace("___", "__"))
    assert _world(wrong).call(INFO, {"customer_id": "C1"}).status_code == 403


def test_forbid_does_not_win() -> None:
    world = _world(*BOTH, forbid("limit", CREATE, "context.input has amount && context.input.amount > 500"))
    assert world.call(CREATE, {"customer_id": "C1", "amount": 500}).status_code == 200
    refused = world.call(CREATE, {"customer_id": "C1", "amount": 501})
    assert refused.json()["error"]["message"].endswith("[Policy evaluation denied due to limit]")
    assert world.call(CREATE, {"customer_id": "C1"}).status_code == 200


def test_an_erroring_policy_is_not_skipped_or_not_counted() -> None:
    unguarded = forbid("limit", CREATE, "context.input.amount > 500")
    world = _world(*BOTH, unguarded)
    assert world.call(CREATE, {"customer_id": "C1"}).status_code == 200
    assert world.events.layer("policy")[-1]["errors"] == 1
    assert world.call(CREATE, {"customer_id": "C1", "amount": 501}).status_code == 403


@pytest.mark.parametrize(
    ("condition", "arguments", "allowed"),
    [
        ('context.input.customer_id == "C1"', {}, True),
        ('context.input.customer_id like "C*"', {}, True),
        ("context.input.amount < 500", {"amount": 499}, True),
        ("context.input.amount < 500", {"amount": 500}, False),
        ("context.input.amount < 500", {}, False),
        ('context.input.price.lessThan(decimal("10.5"))', {"price": 10.4999}, True),
        ('context.input.price.lessThan(decimal("10.5"))', {"price": 10.5}, False),
        ('context.input.price == decimal("10.0")', {"price": 10}, True),
        ("context.input.flag", {"flag": True}, True),
        ("context.input.flag", {"flag": False}, False),
        ('context.input.tags.contains("a")', {"tags": ["b", "a"]}, True),
        ("context.input.numbers.containsAll([1, 2])", {"numbers": [2, 1, 3]}, True),
        ("context.input.numbers.isEmpty()", {"numbers": []}, True),
        ('context.input.who.name == "김"', {"who": {"name": "김"}}, True),
        ("context.input.who has name", {"who": {}}, False),
        ("context.input.offer has anything", {"offer": {"anything": 1}}, False),
        ("context.input has amount", {}, False),
        ("context has output", {}, False),
    ],
)
def test_an_argument_has_another_type_in_cedar(
    condition: str, arguments: dict[str, Any], allowed: bool
) -> None:
    target = Target(
        "customer-mcp",
        "T",
        "lambda",
        function_arn=FUNCTION,
        tools=(
            tool(
                "create_booking",
                "customer_id",
                customer_id="string",
                amount="integer",
                price="number",
                flag="boolean",
                tags={"type": "array", "items": {"type": "string"}},
                numbers={"type": "array", "items": {"type": "integer"}},
                who={"type": "object", "properties": {"name": {"type": "string"}}},
                offer="object",
            ),
        ),
    )
    world = _world(permit("p", "booking", CREATE, when=condition), targets=(target,))
    answer = world.call(CREATE, {"customer_id": "C1", **arguments})
    assert answer.status_code == (200 if allowed else 403), answer.text


@pytest.mark.parametrize(
    "arguments",
    [
        {"price": 1.00001},
        {"price": 1e300},
        {"price": 922337203685478},
        {"amount": 2**63},
        {"amount": -(2**63) - 1},
        {"amount": 1.0},
        {"amount": True},
        {"amount": "1"},
        {"amount": None},
        {"customer_id": {"__entity": {"type": "AgentCore::OAuthUser", "id": "x"}}},
    ],
)
def test_a_value_cedar_cannot_hold_slips_past_a_limit(arguments: dict[str, Any]) -> None:
    world = _world(*BOTH)
    answer = world.call(CREATE, {"customer_id": "C1", **arguments})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)
    assert world.functions.calls == []


def test_claims_are_no_tags() -> None:
    conditions = (
        'principal.getTag("client_id") == "client-booking" && principal.getTag("version") == "2" && '
        'principal.hasTag("groups") && principal.getTag("groups") like "*\\"ops\\"*" && '
        'principal.id == "client-booking" && principal == AgentCore::OAuthUser::"client-booking"'
    )
    world = _permitting(conditions)
    answer = world.post(call_body(CREATE, {"customer_id": "C1"}), bearer=token(groups=["dev", "ops"]))
    assert answer.status_code == 200
    assert world.call(CREATE, {"customer_id": "C1"}).status_code == 403


@pytest.mark.parametrize("subject", [None, "", 5, ["client-booking"]])
def test_a_token_without_a_subject_is_a_principal(subject: Any) -> None:
    anyone = CedarPolicy("all", "permit(principal, action, resource is AgentCore::Gateway);")
    world = _world(anyone)
    bearer = token(sub=subject)
    assert world.post(call_body(INFO, {"customer_id": "C1"}), bearer=bearer).status_code == 403
    assert world.post(rpc("tools/list"), bearer=bearer).json()["result"]["tools"] == []


@pytest.mark.parametrize(
    "subject",
    [
        'a"b',
        "a\\b",
        "가나",
        "a'b",
        "with space",
        "line\nbreak",
        "tab\t",
        "nul\x00",
        "\u200b",
        "\x7f",
        "😀",
        "e\u0301",
    ],
)
def test_an_unusual_subject_sees_other_tools_than_it_may_call(subject: str) -> None:
    world = _world(*BOTH)
    bearer = token(sub=subject)
    listed = [each["name"] for each in world.post(rpc("tools/list"), bearer=bearer).json()["result"]["tools"]]
    assert world.post(call_body(INFO, {"customer_id": "C1"}), bearer=bearer).status_code == 200
    assert listed == [INFO, CREATE]


@pytest.mark.parametrize("group", ["customer-mcp", "CallTool"])
def test_an_action_group_is_unknown(group: str) -> None:
    grouped = CedarPolicy(
        "p",
        f'permit(principal is AgentCore::OAuthUser, action in AgentCore::Action::"{group}", '
        f'resource == AgentCore::Gateway::"{GATEWAY_ARN}");',
    )
    world = _world(grouped)
    assert world.call(INFO, {"customer_id": "C1"}).status_code == 200
    assert world.tools() == [INFO, CREATE]


def test_a_permit_on_another_gateway_permits() -> None:
    other = CedarPolicy("p", BOTH[0].statement.replace("air-dev", "air-prod"))
    world = _world(other)
    assert (world.call(INFO, {"customer_id": "C1"}).status_code, world.tools()) == (403, [])
