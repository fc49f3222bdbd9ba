"""Every fault of an interceptor closes the door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.gateway.kit import (
    Function,
    FunctionTimeout,
    World,
    call_body,
    pass_through,
)
from tests.local.gateway.parts import FUNCTION, GUARD, INFO, gateway, interceptor

BODY = call_body(INFO, {"customer_id": "C1"}, "r-1")
OUT = {"interceptorOutputVersion": "1.0"}


def _world(function: Function = pass_through, *points: str, headers: bool = False, **changes: Any) -> World:
    world = World(gateway(interceptors=(interceptor(*points, headers=headers),), **changes))
    world.functions.functions[GUARD] = function
    return world


def _raise(*_: Any) -> Any:
    raise RuntimeError("secret-in-a-traceback")


def _time_out(*_: Any) -> Any:
    raise FunctionTimeout


def _fixed(value: Any) -> Function:
    return lambda *_: value


REQUEST = {"body": BODY}
FAULTS: dict[str, Function] = {
    "raises": _raise,
    "times out": _time_out,
    "returns nothing": _fixed(None),
    "returns an empty payload": _fixed(b""),
    "returns text": _fixed("ok"),
    "returns a list": _fixed([]),
    "returns an empty object": _fixed({}),
    "returns invalid JSON": _fixed(b"{"),
    "returns NaN": _fixed(
        b'{"interceptorOutputVersion":"1.0","mcp":{"transformedGatewayRequest":{"body":NaN}}}'
    ),
    "returns UTF-16": _fixed('{"a":1}'.encode("utf-16")),
    "returns no version": _fixed({"mcp": {"transformedGatewayRequest": REQUEST}}),
    "returns version 2": _fixed(
        {"interceptorOutputVersion": "2.0", "mcp": {"transformedGatewayRequest": REQUEST}}
    ),
    "returns version 1.0 as a number": _fixed(
        {"interceptorOutputVersion": 1.0, "mcp": {"transformedGatewayRequest": REQUEST}}
    ),
    "returns no mcp": _fixed(OUT),
    "returns the http lane": _fixed({**OUT, "http": {}}),
    "returns an empty mcp": _fixed({**OUT, "mcp": {}}),
    "returns a null request": _fixed({**OUT, "mcp": {"transformedGatewayRequest": None}}),
    "returns a request without body": _fixed({**OUT, "mcp": {"transformedGatewayRequest": {"headers": {}}}}),
    "returns a text body": _fixed({**OUT, "mcp": {"transformedGatewayRequest": {"body": json.dumps(BODY)}}}),
    "returns a null body": _fixed({**OUT, "mcp": {"transformedGatewayRequest": {"body": None}}}),
    "returns a list body": _fixed({**OUT, "mcp": {"transformedGatewayRequest": {"body": [BODY]}}}),
    "returns an error as request": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": {"body": {"error": "x"}}}}
    ),
    "changes the method": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": {"body": {**BODY, "method": "ping"}}}}
    ),
    "changes the id": _fixed({**OUT, "mcp": {"transformedGatewayRequest": {"body": {**BODY, "id": "r-2"}}}}),
    "drops the id": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": {"body": {k: v for k, v in BODY.items() if k != "id"}}}}
    ),
    "returns a response without body": _fixed(
        {**OUT, "mcp": {"transformedGatewayResponse": {"statusCode": 200}}}
    ),
    "returns a response with a text body": _fixed(
        {**OUT, "mcp": {"transformedGatewayResponse": {"body": "x"}}}
    ),
    "returns both, the response invalid": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": REQUEST, "transformedGatewayResponse": {"body": None}}}
    ),
    "returns a text status": _fixed(
        {**OUT, "mcp": {"transformedGatewayResponse": {"statusCode": "200", "body": {}}}}
    ),
    "returns status 99": _fixed(
        {**OUT, "mcp": {"transformedGatewayResponse": {"statusCode": 99, "body": {}}}}
    ),
    "returns status true": _fixed(
        {**OUT, "mcp": {"transformedGatewayResponse": {"statusCode": True, "body": {}}}}
    ),
    "splits a header": _fixed(
        {**OUT, "mcp": {"transformedGatewayResponse": {"body": {}, "headers": {"X": "a\r\nSet-Cookie: b"}}}}
    ),
    "returns a bad header name": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": {**REQUEST, "headers": {"A B": "c"}}}}
    ),
    "returns a header list": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": {**REQUEST, "headers": []}}}
    ),
    "returns a header number": _fixed(
        {**OUT, "mcp": {"transformedGatewayRequest": {**REQUEST, "headers": {"X": 1}}}}
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_request_interceptor_lets_the_call_through(name: str) -> None:
    world = _world(FAULTS[name], "REQUEST")
    answer = world.post(BODY)
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert (answer.json()["id"], error["code"]) == ("r-1", -32603)
    assert error["message"].startswith("InterceptorException - ")
    assert "secret" not in answer.text
    assert world.functions.of(FUNCTION) == []
    assert (world.events[-1]["layer"], world.events[-1]["effect"]) == ("interceptor", "deny")


@pytest.mark.parametrize("name", [name for name in FAULTS if "response" not in name and "status" not in name])
@pytest.mark.parametrize("debug", [False, True])
def test_a_faulty_response_interceptor_lets_the_result_through(name: str, debug: bool) -> None:
    world = _world(FAULTS[name], "RESPONSE", debug_exceptions=debug)
    world.functions.functions[FUNCTION] = _fixed({"private": "result-of-the-tool"})
    answer = world.post(BODY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, -32603)
    assert "result-of-the-tool" not in answer.text
    assert "secret" not in answer.text


def test_an_interceptor_that_cannot_be_found_is_skipped() -> None:
    world = _world()
    del world.functions.functions[GUARD]
    assert world.post(BODY).status_code == 500


def test_an_invoker_that_raises_reaches_the_caller() -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise ConnectionError("secret-address")

    world = World(gateway(interceptors=(interceptor(),)), invoke=broken)
    answer = world.post(BODY)
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        500,
        "An internal error occurred. Please retry later.",
    )
