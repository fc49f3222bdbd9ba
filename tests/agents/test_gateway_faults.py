"""A gateway that hangs, breaks off, restarts, forgets or talks nonsense costs one call at most."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from agent_common.errors import GatewayUnavailable
from agent_common.gateway import Answer
from agent_common.gateway_session import Timeouts
from tests.agents.support.connected import TOOL, connected, opened
from tests.agents.support.gateway import Drop, EventStream, GatewayStub, Hang, Result
from tests.agents.support.serving import serving

pytestmark = pytest.mark.anyio

SHORT = Timeouts(connect=2, open=5, call=1.5, listing=300)


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


async def test_a_broken_or_forgotten_request_does_not_cost_a_call_under_way_beside_it() -> None:
    stub, slow = GatewayStub(sessions=True), Hang(Result({"content": [{"type": "text", "text": "slow"}]}))
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", slow, Drop(), Response("unknown session", status_code=404))
        beside = asyncio.create_task(gateway.call(TOOL, {"n": "1"}))
        while len(stub.of("tools/call")) < 1:
            await asyncio.sleep(0.005)
        assert (await gateway.call(TOOL, {"n": "2"})).status == "error"
        assert (await gateway.call(TOOL, {"n": "3"})).status == "ok"
        slow.released.set()
        assert await beside == Answer("ok", "slow")
    assert len(stub.of("initialize")) == 2


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
    assert await gateway.call(TOOL, {}) == Answer("error", "The gateway cannot be reached.")
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


async def test_an_answer_as_an_event_stream_is_understood() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", EventStream(Result({"content": [{"type": "text", "text": "예"}]})))
        assert await gateway.call(TOOL, {}) == Answer("ok", "예")


async def test_an_event_stream_that_ends_without_an_answer_is_an_error() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", EventStream(None))
        async with asyncio.timeout(10):
            assert (await gateway.call(TOOL, {})).status == "error"
        assert (await gateway.call(TOOL, {})).status == "ok"


THROTTLED = JSONResponse(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {
            "code": -32003,
            "message": "Rate limit exceeded",
            "data": {"limitKey": "tools/toolName=x", "metric": "requests", "retryAfter": 60},
        },
    },
    status_code=429,
)


@pytest.mark.parametrize("answer", [THROTTLED, PlainTextResponse("slow down", status_code=429)])
async def test_one_call_too_many_is_told_as_not_done_and_is_not_repeated(answer: Response) -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", answer)
        refused = await gateway.call(TOOL, {})
        assert refused.status == "error"
        assert "nothing was done" in refused.text
        assert (await gateway.call(TOOL, {})).status == "ok"
    assert len(stub.of("tools/call")) == 2
