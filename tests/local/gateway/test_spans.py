"""Which spans a gateway request makes, how they hang together, and what they must never hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.spec import Interceptor
from localcloud.traces import Arguments, Span
from tests.local.gateway.kit import World, answer_with, call_body, rpc, token
from tests.local.gateway.parts import CREATE, GUARD, INFO, gateway, permit

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
SECRET = "S3CRET-in-an-argument"


def spans(world: World) -> dict[str, Span]:
    """The spans since the last time, by kind; of several of a kind, by kind and name."""
    found = [item for item in world.recorder.drain() if isinstance(item, Span)]
    return {f"{each.kind} {each.name}" if each.kind == "interceptor" else each.kind: each for each in found}


def guarded(**changes: Any) -> World:
    guard = Interceptor(function_arn=GUARD, points=("REQUEST", "RESPONSE"), pass_request_headers=True)
    return World(gateway(interceptors=(guard,), **changes))


def test_each_step_of_a_call_is_a_span_below_the_callers() -> None:
    world = guarded(policy_mode="ENFORCE", policies=(permit("p", "booking", INFO),))
    world.post(call_body(INFO, {"customer_id": "C1"}), headers=PARENT)
    made = spans(world)
    request = made["gateway"]
    assert (request.trace_id, request.parent_id, request.status) == (TRACE, CALLER, "ok")
    assert request.name == f"tools/call {INFO}"
    for kind in ("authorizer", "policy", "target", "interceptor interceptor REQUEST"):
        assert (made[kind].trace_id, made[kind].parent_id) == (TRACE, request.span_id), kind
    assert made["function"].parent_id == made["target"].span_id
    ids = [each.span_id for each in made.values()]
    assert len(set(ids)) == len(ids)
    for each in made.values():
        assert request.begun <= each.begun + 1_000  # a layer's time is told in whole microseconds
        assert each.begun <= each.ended <= request.ended


def test_what_is_called_is_told_the_span_it_is_called_by() -> None:
    world = guarded()
    world.post(call_body(INFO, {"customer_id": "C1"}), headers=PARENT)
    told = {call.arn: call.trace for call in world.functions.calls}
    made = spans(world)
    assert told[next(arn for arn in told if arn != GUARD)] == f"00-{TRACE}-{made['function'].span_id}-01"
    assert (told[GUARD] or "").startswith(f"00-{TRACE}-")


@pytest.mark.parametrize("given", [{}, {"traceparent": "00-x"}, {"traceparent": f"01-{TRACE}-{CALLER}-01"}])
def test_without_a_sound_trace_a_request_begins_one(given: dict[str, str]) -> None:
    world = World(gateway())
    world.post(rpc("ping"), headers=given)
    made = spans(world)
    assert made["gateway"].parent_id is None
    assert made["gateway"].trace_id == made["authorizer"].trace_id != TRACE


def test_decisions_name_the_span_they_were_made_in() -> None:
    world = World(gateway())
    world.post(call_body(INFO, {"customer_id": "C1"}), headers=PARENT)
    request = spans(world)["gateway"]
    decisions = [event for event in world.events if event["event"] == "decision"]
    assert decisions
    assert {event["span_id"] for event in decisions} == {request.span_id}


def test_a_refused_request_says_by_whom() -> None:
    world = World(gateway())
    world.post(rpc("ping"), bearer=None, headers=PARENT)
    made = spans(world)
    assert (made["gateway"].status, made["authorizer"].status) == ("refused", "refused")
    assert set(made) == {"gateway", "authorizer"}
    body = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32002, "message": "no"}}
    world = guarded()
    world.functions.functions[GUARD] = answer_with(
        transformedGatewayResponse={"statusCode": 403, "body": body}
    )
    world.post(call_body(INFO, {"customer_id": "C1"}), headers=PARENT)
    made = spans(world)
    assert made["interceptor interceptor REQUEST"].status == made["gateway"].status == "refused"
    assert "target" not in made


def test_a_failed_function_is_an_error_and_not_a_refusal() -> None:
    world = World(gateway())
    world.functions.functions.update(dict.fromkeys(world.functions.functions, _fail))
    world.post(call_body(INFO, {"customer_id": "C1"}))
    made = spans(world)
    assert {made[kind].status for kind in ("gateway", "target", "function")} == {"error"}


def _fail(*_: Any) -> Any:
    raise KeyError(SECRET)


@pytest.mark.parametrize(
    "body",
    [
        call_body(INFO, {"customer_id": SECRET}),
        call_body(SECRET, {}),
        rpc(SECRET),
        rpc("tools/call", name=[SECRET]),
        json.dumps({"oops": SECRET}).encode(),
        SECRET.encode(),
    ],
)
def test_no_span_holds_what_a_caller_wrote(body: Any) -> None:
    world = guarded()
    world.post(body, headers={"x-note": SECRET})
    items = world.recorder.drain()
    assert any(isinstance(item, Span) for item in items)
    assert SECRET not in repr(items)
    assert token()[:40] not in repr(items)


def test_arguments_are_kept_of_let_in_calls_only_and_only_where_wanted() -> None:
    def kept(world: World, body: Any, **more: Any) -> bool:
        world.post(body, headers=PARENT, **more)
        assert world.arguments is not None
        return world.arguments.of(TRACE, spans(world)["gateway"].span_id) is not None

    call = call_body(CREATE, {"customer_id": SECRET})
    assert kept(World(gateway(), arguments=Arguments()), call)
    assert not kept(World(gateway(), arguments=Arguments()), call, bearer=None)
    stranger = token(scope="air/none")
    assert World(gateway()).post(call, bearer=stranger).status_code == 403
    assert not kept(World(gateway(), arguments=Arguments()), call, bearer=stranger)
    assert not kept(World(gateway(), arguments=Arguments()), rpc("tools/list"))
    assert not kept(World(gateway(), arguments=Arguments()), call_body("unknown___tool", {"a": SECRET}))
    assert not kept(World(gateway(), arguments=Arguments(most=0)), call)
