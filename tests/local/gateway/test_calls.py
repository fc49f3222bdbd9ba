"""Calls of Lambda targets: what the function gets, what the caller gets back, what is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.spec import Target, ToolSpec
from tests.local.gateway.kit import GENERIC, Function, FunctionTimeout, World, call_body, text_of
from tests.local.gateway.parts import CREATE, FUNCTION, INFO, gateway, tool


def _world(function: Function | None = None, **changes: Any) -> World:
    world = World(gateway(**changes))
    if function is not None:
        world.functions.functions[FUNCTION] = function
    return world


def test_the_function_gets_more_or_less_than_the_arguments() -> None:
    world = _world()
    arguments = {"customer_id": "고객", "amount": 5, "price": 1.5, "offer": {"a": [None, True]}}
    answer = world.post(call_body(CREATE, arguments, "id-7"))
    call = world.functions.calls[0]
    assert (call.arn, call.event) == (FUNCTION, arguments)
    context = dict(call.context)
    assert context.pop("bedrockAgentCoreAwsRequestId")
    assert context == {
        "bedrockAgentCoreMessageVersion": "1.0",
        "bedrockAgentCoreMcpMessageId": "id-7",
        "bedrockAgentCoreGatewayId": "air-dev-abcdefghij",
        "bedrockAgentCoreTargetId": "TARGET0001",
        "bedrockAgentCoreToolName": CREATE,
    }
    assert text_of(answer) == {"echo": arguments}


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b'"good"', '"good"'),
        (b"null", "null"),
        (b"[1, 2]", "[1, 2]"),
        ('{"이름":"김"}'.encode(), '{"이름":"김"}'),
        (b'{"statusCode": 500, "body": "x"}', '{"statusCode": 500, "body": "x"}'),
        (b'{"error": {"code": "unknown_customer"}}', '{"error": {"code": "unknown_customer"}}'),
    ],
)
def test_a_functions_answer_is_unwrapped(payload: bytes, text: str) -> None:
    answer = _world(lambda *_: payload).call(INFO, {"customer_id": "C1"})
    assert answer.json()["result"] == {"isError": False, "content": [{"type": "text", "text": text}]}


def _raise(*_: Any) -> Any:
    raise KeyError("secret-detail")


def _stop(*_: Any) -> Any:
    raise FunctionTimeout


FAILURES: dict[str, Function] = {
    "raises": _raise,
    "times out": _stop,
    "returns no JSON": lambda *_: b"<html>secret-detail",
    "returns NaN": lambda *_: b"NaN",
    "returns nothing": lambda *_: b"",
    "returns Latin-1": lambda *_: b'"\xe9"',
    "returns 7 MB": lambda *_: b'"' + b"a" * (7 * 1024 * 1024) + b'"',
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_function_is_a_success_or_a_server_error(name: str) -> None:
    world = _world(FAILURES[name])
    answer = world.call(INFO, {"customer_id": "C1"})
    assert answer.status_code == 200
    assert answer.json()["result"] == {"isError": True, "content": [{"type": "text", "text": GENERIC}]}
    assert world.events.layer("target")[-1]["status"] != "ok"
    assert "secret-detail" not in str(list(world.events))


def test_debugging_shows_a_stack_trace_or_nothing() -> None:
    answer = _world(_raise, debug_exceptions=True).call(INFO, {"customer_id": "C1"})
    text = answer.json()["result"]["content"][0]["text"]
    assert text == "KeyError: 'secret-detail'"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        (INFO, {}, "required are: customer_id"),
        (INFO, {"customer_id": 5}, "customer_id: must be of type string"),
        (INFO, {"customer_id": None}, "customer_id: must be of type string"),
        (INFO, {"customer_id": ["C1"]}, "customer_id: must be of type string"),
        (INFO, {"customer_id": "C1", "admin_secret": True}, "unknown argument; declared are: customer_id"),
        (INFO, {"Customer_id": "C1"}, "customer_id"),
        (CREATE, {"customer_id": "C1", "amount": "5"}, "amount: must be of type integer"),
        (CREATE, {"customer_id": "C1", "price": "5"}, "price: must be of type number"),
        (CREATE, {"customer_id": "C1", "offer": []}, "offer: must be of type object"),
    ],
)
def test_wrong_arguments_reach_the_function(name: str, arguments: dict[str, Any], words: str) -> None:
    world = _world()
    answer = world.call(name, arguments)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)
    assert words in answer.json()["error"]["message"]
    assert "admin_secret" not in answer.text
    assert world.functions.calls == []


@pytest.mark.parametrize("arguments", [[], "x", 5, None])
def test_arguments_that_are_no_object_reach_the_function(arguments: Any) -> None:
    world = _world()
    body = call_body(INFO)
    body["params"]["arguments"] = arguments
    assert world.post(body).status_code == 400
    assert world.functions.calls == []


def test_nested_objects_take_undeclared_members() -> None:
    nested = {
        "type": "object",
        "properties": {"who": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
    target = Target("n", "T", "lambda", function_arn=FUNCTION, tools=(ToolSpec("t", "d", nested),))
    world = _world(targets=(target,))
    assert world.call("n___t", {"who": {"a": "x"}}).status_code == 200
    assert world.call("n___t", {"who": {"a": "x", "b": 1}}).status_code == 400


def test_a_tool_without_arguments_needs_some() -> None:
    target = Target("n", "T", "lambda", function_arn=FUNCTION, tools=(tool("t"),))
    world = _world(targets=(target,))
    body = call_body("n___t")
    del body["params"]["arguments"]
    assert world.post(body).status_code == 200
    assert world.functions.calls[0].event == {}


def test_a_target_call_goes_unrecorded() -> None:
    world = _world()
    world.call(INFO, {"customer_id": "C-secret"})
    event = world.events.layer("target")[-1]
    assert event["micros"] >= 0
    expected = {"event": "target", "tool": INFO, "kind": "lambda", "status": "ok", "request_id": 1}
    assert expected.items() <= event.items()
    assert "C-secret" not in json.dumps(list(world.events))


@pytest.mark.parametrize("request_id", ["x" * 65, "a\nb", "\x1b[2J", "a\u202eb"])
def test_a_hostile_request_id_is_logged(request_id: str) -> None:
    world = _world()
    answer = world.post(call_body(INFO, {"customer_id": "C1"}, request_id))
    assert answer.json()["id"] == request_id
    assert {event["request_id"] for event in world.events} == {None}


@pytest.mark.parametrize(
    "value",
    [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "secret-value",
        "",
    ],
)
def test_a_malformed_trace_parent_is_passed_on(value: str) -> None:
    world = _world()
    world.post(call_body(INFO, {"customer_id": "C1"}), headers={"traceparent": value})
    (trace_id,) = {event["trace_id"] for event in world.events}
    assert len(trace_id) == 32
    assert trace_id != "0af7651916cd43dd8448eb211c80319c"
    assert str(world.functions.calls[0].trace).startswith(f"00-{trace_id}-")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("m", "T", "smithy"), "smithy"),
        (Target("m", "T", "openapi"), "needs a document"),
        (Target("m", "T", "lambda", tools=(tool("t"), tool("t"))), "declared twice"),
        (Target("m" * 100, "T", "lambda", tools=(tool("t" * 160),)), "longer than 256"),
        (Target("m", "T", "lambda", tools=(ToolSpec("t", "d", {"type": "string"}),)), "type object"),
        (Target("m", "T", "lambda", tools=(tool("t", x="text"),)), "text"),
        (Target("m", "T", "lambda", tools=(tool("t", __entity="string"),)), "__entity"),
    ],
)
def test_a_target_that_cannot_be_served_is_left_out(target: Target, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _world(targets=(target,))
