"""Interceptors: what they are given, what they may change, and that every fault of theirs closes the door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.local.gateway.kit import (
    Function,
    World,
    answer_with,
    call_body,
    pass_through,
    rpc,
    token,
)
from tests.local.gateway.parts import CREATE, FUNCTION, GUARD, INFO, forbid, gateway, interceptor, permit

BODY = call_body(INFO, {"customer_id": "C1"}, "r-1")
OUT = {"interceptorOutputVersion": "1.0"}


def _world(function: Function = pass_through, *points: str, headers: bool = False, **changes: Any) -> World:
    world = World(gateway(interceptors=(interceptor(*points, headers=headers),), **changes))
    world.functions.functions[GUARD] = function
    return world


def test_the_request_event_has_another_shape() -> None:
    world = _world()
    raw = json.dumps(BODY, indent=1).encode()
    world.post(raw)
    assert world.functions.of(GUARD)[0].event == {
        "interceptorInputVersion": "1.0",
        "mcp": {
            "rawGatewayRequest": {"body": raw.decode()},
            "gatewayRequest": {"path": "/mcp", "httpMethod": "POST", "body": BODY},
        },
    }


def test_the_response_event_has_another_shape() -> None:
    world = _world()
    answer = world.post(BODY)
    event = world.functions.of(GUARD)[1].event
    assert event["mcp"].pop("gatewayResponse") == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": answer.json(),
    }
    assert event == world.functions.of(GUARD)[0].event


def test_headers_reach_an_interceptor_that_did_not_ask_for_them() -> None:
    world = _world()
    world.post(BODY, headers={"X-Tenant": "a"})
    assert all("headers" not in call.event["mcp"]["gatewayRequest"] for call in world.functions.of(GUARD))


def test_headers_do_not_reach_an_interceptor_that_asked_for_them() -> None:
    world = _world(headers=True)
    bearer = token()
    world.post(BODY, bearer=bearer, headers=[("x-tenant", "a"), ("X-Tenant", "b")])
    for call in world.functions.of(GUARD):
        headers = call.event["mcp"]["gatewayRequest"]["headers"]
        assert headers["Authorization"] == f"Bearer {bearer}"
        assert headers["X-Tenant"] == "a, b"


def test_an_interceptor_runs_for_an_outsider() -> None:
    world = _world()
    world.post(BODY, bearer=None)
    assert world.functions.calls == []


@pytest.mark.parametrize(
    "method", ["initialize", "tools/list", "ping", "no/such", "notifications/initialized"]
)
def test_a_method_bypasses_the_interceptor(method: str) -> None:
    world = _world(answer_with(transformedGatewayResponse={"statusCode": 403, "body": {"refused": True}}))
    body = rpc(method, protocolVersion="2025-06-18")
    if method.startswith("notifications/"):
        del body["id"]
    answer = world.post(body)
    assert (answer.status_code, answer.json()) == (403, {"refused": True})


def test_a_short_circuit_still_calls_the_target() -> None:
    refusal = {"jsonrpc": "2.0", "id": "r-1", "error": {"code": -32600, "message": "no"}}
    world = _world(
        answer_with(
            transformedGatewayRequest={"body": BODY},
            transformedGatewayResponse={"statusCode": 403, "headers": {"X-Why": "no"}, "body": refusal},
        )
    )
    answer = world.post(BODY)
    assert (answer.status_code, answer.json(), answer.headers["x-why"]) == (403, refusal, "no")
    assert world.functions.of(FUNCTION) == []


def test_the_response_interceptor_does_not_see_a_short_circuit() -> None:
    world = _world(answer_with(transformedGatewayResponse={"statusCode": 403, "body": {"no": 1}}))
    world.post(BODY)
    seen = world.functions.of(GUARD)[1].event["mcp"]["gatewayResponse"]
    assert (seen["statusCode"], seen["body"]) == (403, {"no": 1})


def test_the_response_interceptor_does_not_see_a_policy_denial() -> None:
    world = _world(policy_mode="ENFORCE")
    assert world.post(BODY).status_code == 403
    assert world.functions.of(GUARD)[1].event["mcp"]["gatewayResponse"]["body"]["error"]["code"] == -32002


def test_policy_judges_the_request_before_the_interceptor_changed_it() -> None:
    limit = forbid("limit", CREATE, "context.input has amount && context.input.amount > 500")
    changed = call_body(CREATE, {"customer_id": "C1", "amount": 900}, "r-1")
    world = _world(
        answer_with(transformedGatewayRequest={"body": changed}),
        policy_mode="ENFORCE",
        policies=(permit("p", "booking", INFO, CREATE), limit),
    )
    answer = world.post(call_body(CREATE, {"customer_id": "C1", "amount": 1}, "r-1"))
    assert (answer.status_code, world.functions.of(FUNCTION)) == (403, [])
    allowed = world.post(call_body(INFO, {"customer_id": "C1"}, "r-1"))
    assert allowed.status_code == 403, "the mutated name was not judged"


def test_the_target_gets_the_original_arguments() -> None:
    changed = call_body(INFO, {"customer_id": "C2"}, "r-1")
    world = _world(answer_with(transformedGatewayRequest={"body": changed}))
    world.post(BODY)
    assert world.functions.of(FUNCTION)[0].event == {"customer_id": "C2"}
    assert world.functions.of(GUARD)[1].event["mcp"]["gatewayRequest"]["body"] == changed
    assert json.loads(world.functions.of(GUARD)[1].event["mcp"]["rawGatewayRequest"]["body"]) == BODY


def test_a_response_cannot_be_rewritten() -> None:
    def mask(event: Any, context: Mapping[str, Any]) -> Any:
        if event["mcp"].get("gatewayResponse") is None:
            return pass_through(event, context)
        return {
            **OUT,
            "mcp": {"transformedGatewayResponse": {"body": {"masked": True}, "headers": {"X-M": "1"}}},
        }

    answer = _world(mask).post(BODY)
    assert (answer.status_code, answer.json(), answer.headers["x-m"]) == (200, {"masked": True}, "1")


def test_an_interceptor_rewrites_the_framing() -> None:
    response = {
        "body": {"a": 1},
        "headers": {"Content-Length": "1", "Content-Type": "text/html", "Connection": "x"},
    }
    answer = _world(answer_with(transformedGatewayResponse=response)).post(BODY)
    assert (answer.json(), answer.headers["content-type"]) == ({"a": 1}, "application/json")
    assert "connection" not in answer.headers


def test_a_body_too_large_for_the_event_is_the_servers_fault() -> None:
    world = _world()
    answer = world.call(INFO, {"customer_id": "x" * (4 * 1024 * 1024)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, -32603)
    assert world.functions.calls == []
    assert world.events[-1]["reason"] == "request_too_large"


def test_a_result_too_large_for_the_event_passes_unseen() -> None:
    world = _world()
    world.functions.functions[FUNCTION] = lambda *_: "x" * (6 * 1024 * 1024 - 100)
    assert world.post(BODY).status_code == 500
    assert world.events[-1]["reason"] == "response_too_large"


def test_two_interceptors_at_one_point_start() -> None:
    with pytest.raises(ValueError, match="at most one REQUEST"):
        World(gateway(interceptors=(interceptor("REQUEST"), interceptor("REQUEST", "RESPONSE"))))


def test_one_point_runs_the_other() -> None:
    for point, count in (("REQUEST", 1), ("RESPONSE", 1)):
        world = _world(pass_through, point)
        assert world.post(BODY).status_code == 200
        assert len(world.functions.of(GUARD)) == count


def test_the_trace_is_broken_at_the_interceptor() -> None:
    world = _world()
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    world.post(BODY, headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    assert all(str(call.trace).startswith(f"00-{trace_id}-") for call in world.functions.calls)
    assert {event["trace_id"] for event in world.events} == {trace_id}
