"""The gateway client against a gateway on the wire, faults included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry import context, propagate
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from agent_common.errors import GatewayUnavailable
from agent_common.gateway import Answer, Gateway, Timeouts
from agent_common.tokens import TokenSource
from tests.agents.support.aws import jwt
from tests.agents.support.gateway import Drop, GatewayStub, Hang, Result, rpc_error, tool
from tests.agents.support.serving import serving

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0
TOOL = "customer-mcp___get"
SHORT = Timeouts(connect=2, open=5, call=1.5, listing=300)


class Vault:
    """Hands out numbered tokens."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def get_resource_oauth2_token(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        return {"accessToken": jwt(NOW + 900, f"token-{len(self.requests)}")}


def bearer(number: int) -> str:
    return "Bearer " + jwt(NOW + 900, f"token-{number}")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def connected(
    stub: GatewayStub,
    timeouts: Timeouts | None = None,
    vault: Vault | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Gateway]:
    async with serving(stub.app) as url:
        gateway = opened(url, timeouts, vault, clock)
        try:
            yield gateway
        finally:
            await gateway.close()


def opened(
    url: str, timeouts: Timeouts | None = None, vault: Vault | None = None, clock: Clock | None = None
) -> Gateway:
    held = vault or Vault()
    tokens = TokenSource(lambda: held, provider="p", scope="s", clock=lambda: NOW)
    gateway = Gateway(f"{url}/mcp", tokens, agent="booking", timeouts=timeouts, clock=clock or Clock())
    gateway.prime("wat-1")
    return gateway


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


async def test_a_gateway_that_hangs_costs_one_call_and_not_its_neighbours() -> None:
    stub, hang = GatewayStub(), Hang()
    async with connected(stub, SHORT) as gateway:
        await gateway.tools()
        stub.fail("tools/call", hang)
        hung, fine = await asyncio.gather(gateway.call(TOOL, {"n": "1"}), gateway.call(TOOL, {"n": "2"}))
        hang.released.set()
        assert {hung.status, fine.status} == {"error", "ok"}
        assert (await gateway.call(TOOL, {})).status == "ok"
    assert len(stub.of("tools/call")) == 3, "a call that may have taken effect is not made again"


async def test_a_connection_that_breaks_half_way_costs_one_call_and_is_not_repeated() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", Drop())
        broken = await gateway.call(TOOL, {})
        assert broken.status == "error"
        assert "unknown" in broken.text
        assert (await gateway.call(TOOL, {})).status == "ok"
    assert len(stub.of("tools/call")) == 2


async def test_listing_has_no_effect_so_a_broken_connection_is_tried_again() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        stub.fail("tools/list", Drop())
        assert len(await gateway.tools()) == 1


async def test_a_gateway_that_was_restarted_is_found_again() -> None:
    stub = GatewayStub()
    async with serving(stub.app) as url:
        gateway = opened(url)
        assert (await gateway.call(TOOL, {})).status == "ok"
    assert await gateway.call(TOOL, {}) == Answer("error", "The gateway cannot be reached. Try again later.")
    async with serving(stub.app, port=int(url.rpartition(":")[2])):
        assert (await gateway.call(TOOL, {})).status == "ok"
        await gateway.close()


async def test_a_session_the_gateway_has_forgotten_is_made_again_and_the_call_repeated() -> None:
    stub = GatewayStub(sessions=True)
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.live_session = "session-2"
        assert (await gateway.call(TOOL, {})).status == "ok"
    assert len(stub.of("initialize")) == 2


async def test_a_gateway_that_is_not_there_is_unavailable_at_once() -> None:
    async with serving(GatewayStub().app) as url:
        pass
    with pytest.raises(GatewayUnavailable):
        await opened(url).tools()


async def test_a_gateway_that_never_finishes_the_handshake_is_given_up() -> None:
    stub, hang = GatewayStub(), Hang()
    stub.fail("server/discover", hang)
    async with connected(stub, Timeouts(connect=1, open=0.2, call=5)) as gateway:
        with pytest.raises(GatewayUnavailable):
            await gateway.tools()
        hang.released.set()


@pytest.mark.parametrize(
    "odd",
    [
        PlainTextResponse("<html>canary</html>"),
        PlainTextResponse("canary", status_code=500),
        Response(b"{canary", media_type="application/json"),
        RedirectResponse("http://127.0.0.1:9/elsewhere"),
    ],
    ids=["html", "500", "half-json", "redirect"],
)
async def test_an_answer_that_is_none_is_an_error_without_its_text(odd: Response) -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", odd)
        answer = await gateway.call(TOOL, {})
        assert answer.status == "error"
        assert "canary" not in answer.text
        assert (await gateway.call(TOOL, {})).status == "ok"


async def test_an_answer_to_some_other_request_is_an_error_and_not_a_wait() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", JSONResponse({"jsonrpc": "2.0", "id": 999, "result": {"content": []}}))
        async with asyncio.timeout(5):
            assert (await gateway.call(TOOL, {})).status == "error"


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
