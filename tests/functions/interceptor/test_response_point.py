"""The RESPONSE point: no agent sees a tool it may not call, in any place a list can stand."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from gateway_interceptor.interceptor import RESPONSE_GRACE_SECONDS
from tests.functions.interceptor.tokens import Signer, claims
from tests.functions.interceptor.world import (
    BOOKING,
    LOYALTY,
    POLICY,
    SEARCH,
    World,
    answered,
    call,
    method,
    refused,
    request,
    response,
)

CANARY = "canary-description-한국"


def tool(name: Any) -> dict[str, Any]:
    return {"name": name, "description": CANARY, "inputSchema": {"type": "object"}}


EVERY = [tool(name) for name in POLICY["tools"]]
VISIBLE = [SEARCH, BOOKING, "customer-mcp___get_customer_info"]


def result(value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "result": value}


def names(tools: Any) -> list[str]:
    return [item["name"] for item in tools]


def test_a_list_shows_granted_tools_only(world: World) -> None:
    body = answered(world.send(response(method("tools/list"), world.token(), result({"tools": EVERY}))))
    assert body == result({"tools": [item for item in EVERY if item["name"] in VISIBLE]})


def test_every_page_is_filtered_and_the_cursor_kept(world: World) -> None:
    page = {"tools": [tool(LOYALTY)], "nextCursor": "p2", "_meta": {"a": 1}, "resultType": "complete"}
    body = answered(world.send(response(method("tools/list", cursor="p1"), world.token(), result(page))))
    assert body["result"] == {**page, "tools": []}


@pytest.mark.parametrize(("agent", "seen"), [("idle", []), ("loyalty", [LOYALTY])])
def test_an_agent_sees_the_search_tool_only_if_it_may_search(
    world: World, agent: str, seen: list[str]
) -> None:
    body = answered(world.send(response(method("tools/list"), world.token(agent), result({"tools": EVERY}))))
    assert names(body["result"]["tools"]) == seen


ODD_LISTS: dict[str, Any] = {
    "an object": {"tools": {LOYALTY: tool(LOYALTY)}},
    "null": {"tools": None},
    "text": {"tools": json.dumps(EVERY)},
    "nested": {"tools": [[tool(LOYALTY)], [tool(BOOKING)]]},
    "names only": {"tools": [LOYALTY]},
    "no name": {"tools": [{"description": CANARY}]},
    "name a list": {"tools": [tool([LOYALTY])]},
    "name null": {"tools": [tool(None)]},
    "name padded": {"tools": [tool(f"{BOOKING} ")]},
    "name in capitals": {"tools": [tool(BOOKING.upper())]},
    "beside the list": {"tools": [], "toolGroups": [{"tools": EVERY}], "structuredContent": {"tools": EVERY}},
    "a result list": EVERY,
    "a result text": json.dumps(EVERY),
    "a result null": None,
}


@pytest.mark.parametrize("value", ODD_LISTS.values(), ids=ODD_LISTS.keys())
def test_a_list_of_odd_form_is_emptied_not_passed(world: World, value: Any) -> None:
    body = answered(world.send(response(method("tools/list"), world.token(), result(value))))
    assert body["result"]["tools"] == []
    assert CANARY not in json.dumps(body, ensure_ascii=False)
    assert LOYALTY not in json.dumps(body)


@pytest.mark.parametrize("name", ["initialize", "ping", "server/discover"])
def test_a_list_in_another_answer_is_filtered_too(world: World, name: str) -> None:
    value = {"capabilities": {"tools": {}}, "tools": EVERY}
    body = answered(world.send(response(method(name), world.token(), result(value))))
    assert LOYALTY not in json.dumps(body)


def test_an_answer_without_a_list_is_unchanged(world: World) -> None:
    value = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {"listChanged": True}}}
    assert answered(world.send(response(method("initialize"), world.token(), result(value)))) == result(value)


def search_result(**changes: Any) -> dict[str, Any]:
    found = {"tools": EVERY}
    made = {
        "isError": False,
        "content": [{"type": "text", "text": json.dumps(found)}],
        "structuredContent": found,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}


SEARCHES: dict[str, tuple[Any, list[str]]] = {
    "both copies": (search_result(), VISIBLE),
    "text copy only": (search_result(structuredContent=...), VISIBLE),
    "structured copy only": (search_result(content=...), VISIBLE),
    "text of another list": (search_result(content=[{"type": "text", "text": json.dumps(EVERY)}]), VISIBLE),
    "second text item": (
        search_result(content=[{"type": "text", "text": "Found:"}, *search_result()["content"]]),
        VISIBLE,
    ),
    "second text item only": (
        search_result(
            structuredContent=..., content=[{"type": "text", "text": "Found:"}, *search_result()["content"]]
        ),
        VISIBLE,
    ),
    "text that is no JSON": (
        search_result(structuredContent=..., content=[{"type": "text", "text": f"{LOYALTY} {CANARY}"}]),
        [],
    ),
    "text with two lists": (
        search_result(
            structuredContent=..., content=[{"type": "text", "text": '{"tools":[],"tools":[{"name":"x"}]}'}]
        ),
        [],
    ),
    "a resource item": (
        search_result(
            structuredContent=..., content=[{"type": "resource", "resource": {"text": json.dumps(EVERY)}}]
        ),
        [],
    ),
    "structured list": (search_result(structuredContent=EVERY), VISIBLE),
    "structured null": (search_result(structuredContent={"tools": None}), []),
    "more in the structure": (search_result(structuredContent={"tools": [], "all": EVERY}), []),
    "a third copy": (search_result(tools=EVERY, matches=EVERY), VISIBLE),
    "an error that quotes the list": (
        search_result(
            isError=True, structuredContent=..., content=[{"type": "text", "text": f"no {LOYALTY}"}]
        ),
        [],
    ),
    "null": (None, []),
    "a list": (EVERY, []),
}


@pytest.mark.parametrize(("value", "visible"), SEARCHES.values(), ids=SEARCHES.keys())
def test_no_copy_of_a_search_result_shows_another_agents_tool(
    world: World, value: Any, visible: list[str]
) -> None:
    body = answered(world.send(response(call(SEARCH, {"query": "x"}), world.token(), result(value))))
    assert LOYALTY not in json.dumps(body)
    found = body["result"]
    assert names(json.loads(found["content"][0]["text"])["tools"]) == visible
    assert len(found["content"]) == 1
    if "structuredContent" in found:
        assert names(found["structuredContent"]["tools"]) == visible
        assert set(found["structuredContent"]) == {"tools"}


def test_the_result_of_a_granted_tool_is_unchanged(world: World) -> None:
    """Even where it looks like a list of tools: it is that tool's data."""
    value = search_result(structuredContent={"tools": ["hammer"]}, tools=["saw"])
    assert answered(world.send(response(call(), world.token(), result(value)))) == result(value)


def test_the_result_of_a_tool_not_granted_is_withheld(world: World) -> None:
    answer = world.send(response(call(LOYALTY), world.token(), result({"content": [CANARY]})))
    assert refused(answer) == (403, -32002, 7)
    assert world.lines[0]["point"] == "response"


@pytest.mark.parametrize("body", [method("tools/list"), call(SEARCH, {"query": "x"}), call(), method("ping")])
@pytest.mark.parametrize("token", ["", "x.y.z", "expired", "ghost"])
def test_who_cannot_be_verified_gets_no_result(world: World, body: dict[str, Any], token: str) -> None:
    if token == "expired":
        token = world.token(exp=int(world.clock.now - RESPONSE_GRACE_SECONDS))
    elif token == "ghost":
        token = world.token("ghost")
    answer = world.send(response(body, token, result(search_result(tools=EVERY))))
    assert refused(answer) == (401, -32001, 7)


@pytest.mark.parametrize("body", [call(SEARCH, {"query": "x"}), call(), method("ping")])
def test_without_a_token_no_result_passes(world: World, body: dict[str, Any]) -> None:
    assert refused(world.send(response(body, None, result(search_result())))) == (401, -32001, 7)


def test_the_policy_engines_own_listing_is_whole(world: World) -> None:
    full = result({"tools": EVERY, "nextCursor": "p2"})
    assert answered(world.send(response(method("tools/list"), None, full))) == full


def test_a_token_that_expired_while_the_tool_worked_still_gets_the_answer(world: World) -> None:
    token = world.token(exp=int(world.clock.now) + 5)
    assert "transformedGatewayRequest" in world.send(request(call(), token))["mcp"]
    world.clock.now += 30
    assert answered(world.send(response(call(), token, result({"content": []})))) == result({"content": []})
    assert refused(world.send(request(call(), token)))[0] == 401


ERRORS = [
    {"jsonrpc": "2.0", "id": 7, "error": {"code": -32603, "message": "target", "data": {"a": [1]}}},
    {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "parse"}},
]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("status", [200, 403, 500])
def test_an_error_without_result_passes_unchanged(world: World, error: dict[str, Any], status: int) -> None:
    for body in (call(), call(LOYALTY), method("tools/list")):
        answer = world.send(response(body, world.token(), copy.deepcopy(error), status))
        assert answer["mcp"]["transformedGatewayResponse"] == {"statusCode": status, "body": error}
    assert world.output == []


def test_its_own_refusals_pass_unchanged(world: World, stranger: Signer) -> None:
    forged = stranger.sign(
        {"alg": "RS256", "kid": world.signer.key_id}, claims("airline/agent.booking", world.clock.now)
    )
    for body, token in ((call(LOYALTY), world.token()), (call(), None), (call(), forged), ([call()], forged)):
        made = world.send(request(body, token))["mcp"]["transformedGatewayResponse"]
        again = world.send(response(body, token, made["body"], made["statusCode"]))
        assert again["mcp"]["transformedGatewayResponse"] == made


def test_an_error_does_not_carry_a_result_past_the_filter(world: World) -> None:
    both = {**result({"tools": EVERY}), "error": {"code": 1, "message": "x"}}
    assert LOYALTY not in json.dumps(world.send(response(method("tools/list"), world.token(), both)))


@pytest.mark.parametrize("body", [[], "text", 5, True, {"jsonrpc": "2.0", "id": 7, "tools": EVERY}])
def test_an_answer_of_unknown_form_is_withheld(world: World, body: Any) -> None:
    answer = world.send(response(method("tools/list"), world.token(), body))
    assert refused(answer) == (500, -32603, 7)
    assert world.lines[0]["reason"] == "malformed_response"


def test_an_answer_without_body_stays_an_object(world: World) -> None:
    event = response(method("notifications/initialized", request_id=...), world.token(), None, status=202)
    assert world.send(event)["mcp"]["transformedGatewayResponse"] == {"statusCode": 202, "body": {}}


def test_an_event_of_a_stream_is_filtered_and_answered_with_a_body_only(world: World) -> None:
    event = response(method("tools/list"), world.token(), result({"tools": EVERY}), streaming=True)
    made = world.send(event)["mcp"]["transformedGatewayResponse"]
    assert set(made) == {"body"}
    assert names(made["body"]["result"]["tools"]) == VISIBLE


def test_a_refusal_in_a_stream_is_a_body_only(world: World) -> None:
    event = response(call(LOYALTY), world.token(), result({"content": []}), streaming=True)
    made = world.send(event)["mcp"]["transformedGatewayResponse"]
    assert set(made) == {"body"}
    assert made["body"]["error"]["code"] == -32002


def test_a_question_of_the_server_in_a_stream_passes_for_the_agent_only(world: World) -> None:
    question = {"jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": {"message": "?"}}
    assert answered(world.send(response(call(), world.token(), question, streaming=True))) == question
    body = answered(world.send(response(call(LOYALTY), world.token(), question, streaming=True)))
    assert body["error"]["code"] == -32002


@pytest.mark.parametrize("status", [None, "200", True, 99, 600, 200.0])
def test_an_odd_status_becomes_a_plain_one(world: World, status: Any) -> None:
    event = response(call(), world.token(), result({}), status)
    assert world.send(event)["mcp"]["transformedGatewayResponse"]["statusCode"] == 200


@pytest.mark.parametrize("answer", [{}, "x", [], 0])
def test_an_empty_gateway_response_is_still_the_response_point(world: World, answer: Any) -> None:
    """Taken for a request, it would be passed on as one."""
    event = request(method("tools/list"), world.token())
    event["mcp"]["gatewayResponse"] = answer
    assert set(world.send(event)["mcp"]) == {"transformedGatewayResponse"}
