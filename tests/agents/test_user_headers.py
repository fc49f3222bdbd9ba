"""The user's token goes with what is done for that user, to the one place it is meant for, unseen."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.responses import RedirectResponse, Response

from agent_common import user_headers
from agent_common.gateway import Gateway
from agent_common.gateway_tools import GatewayToolbox
from agent_common.service import AgentService
from booking.agent import AGENT
from tests.agents.support.agents import SESSION, events_of, service
from tests.agents.support.aws import AwsStub, Invoked
from tests.agents.support.connected import TOOL, bearer, connected
from tests.agents.support.gateway import GatewayStub, Received, rpc_error
from tests.agents.support.scripted import ScriptedModel, Use, says, uses
from tests.agents.support.users import signed_in
from tests.agents.test_delegates import ARN, DONE, delegating

pytestmark = pytest.mark.anyio

USERS = tuple(signed_in(f"C100{n}") for n in range(6))


def asked_for(received: Received) -> str:
    arguments = received.params["arguments"]
    assert isinstance(arguments, dict)
    return str(arguments["customer_id"])


def answering_for(customer: str, gateway: Gateway) -> AgentService:
    model = ScriptedModel(uses(Use(TOOL, {"customer_id": customer})), says("x"))
    return service(model, GatewayToolbox(gateway, users=True), definition=AGENT)


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
async def test_users_served_at_once_over_one_session_are_never_mixed_up(warm: bool) -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway, asyncio.timeout(60):
        if warm:
            await gateway.tools()
        # No call is answered before every user's is there, so all of them share the session.
        stub.meeting = asyncio.Barrier(len(USERS))
        await asyncio.gather(
            *(
                events_of(
                    answering_for(str(user.customer_id), gateway),
                    user=user,
                    session_id=f"{n}" * 33,
                    workload_token="w",
                )
                for n, user in enumerate(USERS)
            )
        )
    seen = {asked_for(received): received.users for received in stub.of("tools/call")}
    assert seen == {user.customer_id: (user.token,) for user in USERS}
    assert len(stub.of("initialize")) == 1


async def test_a_call_of_nobody_right_after_a_users_has_no_user() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        await gateway.call(TOOL, {}, user_token="user-1")
        await gateway.call(TOOL, {})
        await gateway.call(TOOL, {}, user_token="user-2")
    assert [received.users for received in stub.of("tools/call")] == [("user-1",), (), ("user-2",)]


async def test_what_is_kept_for_all_users_is_asked_for_without_one() -> None:
    stub = GatewayStub()
    async with connected(stub) as gateway:
        with user_headers.sent("user-1"):
            tools = await gateway.tools()
            await gateway.call(TOOL, {}, user_token="user-1")
        with user_headers.sent("user-2"):
            assert await gateway.tools() == tools
    others = [received for received in stub.received if received.method != "tools/call"]
    assert {received.method for received in others} >= {"initialize", "tools/list"}
    assert {received.users for received in others} == {()}


async def test_a_call_made_again_is_made_for_the_same_user() -> None:
    stub = GatewayStub(sessions=True)
    async with connected(stub) as gateway:
        await gateway.tools()
        stub.fail("tools/call", rpc_error(-32001, "Invalid Bearer token", status=401))
        await gateway.call(TOOL, {}, user_token="user-1")
        stub.live_session = "session-2"
        await gateway.call(TOOL, {}, user_token="user-2")
    calls = [(received.authorization, received.users) for received in stub.of("tools/call")]
    assert calls == [
        (bearer(1), ("user-1",)),
        (bearer(2), ("user-1",)),
        (bearer(2), ("user-2",)),
        (bearer(2), ("user-2",)),
    ]


async def test_the_token_is_in_no_message_and_follows_no_redirect() -> None:
    stub, elsewhere = GatewayStub(), GatewayStub()
    async with connected(stub) as gateway, connected(elsewhere) as other:
        await gateway.call(TOOL, {}, user_token="user-canary")
        stub.fail("tools/call", RedirectResponse(other._url, status_code=307))
        assert (await gateway.call(TOOL, {}, user_token="user-canary")).status == "error"
    assert "user-canary" not in str([received.params for received in stub.received])
    assert elsewhere.received == []


async def test_delegations_at_once_for_different_users_are_never_mixed_up(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    # As many as the test's event loop has threads for.
    tokens = [user.token for user in USERS[:4]] + [None]
    barrier = asyncio.Barrier(len(tokens))

    async def stream(invoked: Invoked) -> AsyncIterator[dict[str, Any]]:
        await barrier.wait()  # nobody is answered before all have asked
        yield {"type": "text", "text": json.dumps([invoked.payload["prompt"], *invoked.users])}
        yield DONE

    stub = AwsStub(streams={ARN.format("booking"): stream})
    async with delegating(stub, aws_environment) as delegates, asyncio.timeout(60):

        async def ask(number: int, token: str | None) -> list[str]:
            reply = await delegates.ask(
                "booking",
                str(number),
                session_id=SESSION,
                user_token=token,
                language="ko",
                emit=lambda _: None,
            )
            return list(json.loads(reply.text))

        replies = await asyncio.gather(*(ask(number, token) for number, token in enumerate(tokens)))
        # The same connections again, for nobody.
        barrier = asyncio.Barrier(1)
        after = await ask(99, None)
    assert replies == [[str(n), *([token] if token else [])] for n, token in enumerate(tokens)]
    assert after == ["99"]


async def test_the_token_is_written_nowhere_whatever_goes_wrong_on_its_way(
    aws_environment: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    user = signed_in("C1001", "canary-token")
    stub = GatewayStub()
    stub.fail(
        "tools/call", Response("canary-answer", status_code=500), rpc_error(-32002, "canary", status=403)
    )
    model = ScriptedModel(
        *(uses(Use(TOOL, {"customer_id": "C1001"}, f"use-{n}")) for n in range(3)), says("done")
    )
    async with connected(stub) as gateway:
        toolbox = GatewayToolbox(gateway, users=True)
        events = await events_of(service(model, toolbox), user=user, workload_token="w")
    aws = AwsStub(streams={ARN.format("booking"): broken})
    async with delegating(aws, aws_environment) as delegates:
        reply = await delegates.ask(
            "booking", "t", session_id=SESSION, user_token=user.token, language="ko", emit=events.append
        )
    assert [received.users for received in stub.of("tools/call")] == [(user.token,)] * 3
    assert [invoked.users for invoked in aws.invoked] == [(user.token,)]
    assert [event.get("status") for event in events if "ms" in event] == ["error", "refused", "ok"]
    assert "delegate_failed" in written.getvalue()
    assert '"logger": "botocore' in written.getvalue(), "what botocore writes of a request is cut down too"
    assert "canary" not in f"{written.getvalue()} {events} {reply} {model.asked}"


async def broken(_: Invoked) -> AsyncIterator[bytes]:
    yield b"data: {canary\n\n"
