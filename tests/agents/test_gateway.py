"""The gateway client against a gateway on the wire: tools, calls, identity, denials, trace."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry import context, propagate
from starlette.responses import Response

from agent_common.errors import GatewayUnavailable
from agent_common.gateway import Answer
from tests.agents.support.connected import TOOL, Clock, Vault, bearer, connected
from tests.agents.support.gateway import GatewayStub, Result, rpc_error, tool

pytestmark = pytest.mark.anyio


async def test_tools_of_every_page_are_listed() -> None:
    stub = GatewayStub(pages=[[tool("a___one")], [tool("a___two")], [tool("b___three")]])
    async with connected(stub) as gateway:
        assert [listed.name for listed in await gateway.tools()] == ["a___one", "a___two", "b___three"]
    assert len(stub.of("tools/list")) == 3


async def test_the_list_is_asked_for_again_once_it_is_old() -> None:
    stub, clock = GatewayStub(), Clock()
    async with connected(stub, clock=clock) as gateway:
        await gateway.tools()
        clock.now = 299.0
        await gateway.tools()
        assert len(stub.of("tools/list")) == 1
        stub.pages = [[tool("customer-mcp___other")]]
        clock.now = 301.0
        assert [listed.name for listed in await gateway.tools()] == ["customer-mcp___other"]


async def test_a_list_without_end_is_not_followed_for_ever() -> None:
    stub = GatewayStub(pages=[[tool("a___one")], [tool("a___two")]])
    async with connected(stub) as gateway:
        endless = {"tools": [], "nextCursor": "0"}
        stub.fail("tools/list", *(Result(endless) for _ in range(5)))
        with pytest.raises(GatewayUnavailable):
            await gateway.tools()


async def test_an_agent_whom_the_gateway_offers_nothing_does_not_go_on() -> None:
    search = tool("x_amz_bedrock_agentcore_search", "query")
    async with connected(GatewayStub(pages=[[search]])) as gateway:
        with pytest.raises(GatewayUnavailable, match="no tool"):
            await gateway.tools()


async def test_a_tool_name_the_model_could_not_use_is_left_out() -> None:
    stub = GatewayStub(pages=[[tool("a___ok"), tool("a___" + "x" * 70), tool("a___한"), tool("a b___c")]])
    async with connected(stub) as gateway:
        assert [listed.name for listed in await gateway.tools()] == ["a___ok"]


async def test_a_call_carries_name_arguments_and_bearer() -> None:
    stub = GatewayStub(answers={TOOL: '{"name_ko": "김민준"}'})
    async with connected(stub) as gateway:
        assert await gateway.call(TOOL, {"customer_id": "C1001"}) == Answer("ok", '{"name_ko": "김민준"}')
    (received,) = stub.of("tools/call")
    assert received.params["name"] == TOOL
    assert received.params["arguments"] == {"customer_id": "C1001"}
    assert {entry.authorization for entry in stub.received} == {bearer(1)}


async def test_one_session_serves_many_calls() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        await asyncio.gather(*(gateway.call(TOOL, {"n": str(n)}) for n in range(5)))
    assert len(stub.of("initialize")) == 1
    assert len(stub.of("tools/call")) == 5


async def test_a_401_is_answered_once_with_a_fresh_token() -> None:
    stub, vault = GatewayStub(), Vault()
    async with connected(stub, vault=vault) as gateway:
        await gateway.tools()
        stub.fail("tools/call", rpc_error(-32001, "Invalid Bearer token", status=401))
        assert (await gateway.call(TOOL, {})).status == "ok"
    assert [received.authorization for received in stub.of("tools/call")] == [bearer(1), bearer(2)]
    assert [request.get("forceAuthentication") for request in vault.requests] == [None, True]


async def test_a_second_401_is_a_refusal_and_not_a_loop() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", *(Response(status_code=401) for _ in range(4)))
        assert (await gateway.call(TOOL, {})).status == "refused"
    assert len(stub.of("tools/call")) == 2


@pytest.mark.parametrize(
    "denial",
    [
        rpc_error(-32003, "canary agent booking may not call", status=403),
        Response("canary", status_code=403),
        rpc_error(-32002, "Tool Execution Denied: canary [No policy applies]", status=403),
        rpc_error(-32002, "Tool Execution Denied: canary [No policy applies]", status=200),
        rpc_error(-32001, "Missing Bearer token canary", status=200),
    ],
    ids=["interceptor", "bare-403", "policy-403", "policy-200", "unauthenticated-200"],
)
async def test_every_form_of_denial_is_a_refusal_and_its_words_stay_inside(denial: Response) -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", denial)
        answer = await gateway.call(TOOL, {})
        assert answer.status == "refused"
        assert "canary" not in answer.text
        assert (await gateway.call(TOOL, {})).status == "ok", "a refusal must not cost the session"


async def test_the_older_form_of_a_policy_denial_is_a_refusal_too() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        text = "AuthorizeActionException - Tool Execution Denied: canary"
        stub.fail("tools/call", Result({"isError": True, "content": [{"type": "text", "text": text}]}))
        answer = await gateway.call(TOOL, {})
    assert answer.status == "refused"
    assert "canary" not in answer.text


async def test_a_tools_own_error_is_told_to_the_model() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", Result({"isError": True, "content": [{"type": "text", "text": "no seats"}]}))
        assert await gateway.call(TOOL, {}) == Answer("error", "no seats")


async def test_the_trace_on_a_request_is_the_callers_and_not_the_one_that_opened_the_session() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        traces = [f"{digit * 32}" for digit in "12"]
        for trace in traces:
            carrier = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
            token = context.attach(propagate.extract(carrier))
            await gateway.call(TOOL, {})
            context.detach(token)
    assert [received.traceparent.split("-")[1] for received in stub.of("tools/call")] == traces
