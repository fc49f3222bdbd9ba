"""Asking another runtime over the AWS wire: as it arrives, several at once, and never for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry import context, propagate

from agent_common.delegates import Delegates, Reply, open_delegates
from agent_common.events import Event
from agent_common.settings import Settings
from tests.agents.support.aws import AwsStub, Invoked, aws_error
from tests.agents.support.serving import serving
from tests.agents.test_settings import COMPLETE

pytestmark = pytest.mark.anyio

ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/airline_dev_{}-0123456789"
SESSION = "0123456789abcdef0123456789abcdef-1"
DONE = {"type": "done", "agent": "booking", "turns": 1}


@asynccontextmanager
async def delegating(
    stub: AwsStub, environment: pytest.MonkeyPatch, *agents: str, **variables: str
) -> AsyncIterator[Delegates]:
    names = agents or ("booking",)
    arns = {f"DELEGATE_{name.upper()}_ARN": ARN.format(name) for name in names}
    async with serving(stub.app) as url:
        environment.setenv("AWS_ENDPOINT_URL", url)
        delegates = open_delegates(
            Settings.read({**COMPLETE, **arns, **variables, "DELEGATE_QUALIFIER": "dev"})
        )
        yield delegates
        delegates._client.close()  # type: ignore[attr-defined]


async def ask(delegates: Delegates, agent: str = "booking", emitted: list[Event] | None = None) -> Reply:
    return await delegates.ask(
        agent,
        "내일 나리타행",
        session_id=SESSION,
        user_token="user-1",
        language="ko",
        emit=(emitted if emitted is not None else []).append,
    )


def streaming(*events: dict[str, Any] | bytes) -> Any:
    async def stream(_: Invoked) -> AsyncIterator[dict[str, Any] | bytes]:
        for event in events:
            yield event

    return stream


async def test_the_request_keeps_session_endpoint_user_and_trace(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    stub = AwsStub(streams={ARN.format("booking"): streaming({"type": "text", "text": "예약 "}, DONE)})
    parent = "00-" + "4b" * 16 + "-00f067aa0ba902b7-01"
    async with delegating(stub, aws_environment) as delegates:
        token = context.attach(propagate.extract({"traceparent": parent}))
        assert await ask(delegates) == Reply("ok", "예약 ")
        context.detach(token)
    (invoked,) = stub.invoked
    assert invoked.payload == {"prompt": "내일 나리타행", "language": "ko"}
    assert invoked.users == ("user-1",)
    assert (invoked.arn, invoked.qualifier, invoked.session) == (ARN.format("booking"), "dev", SESSION)
    assert invoked.traceparent == parent


async def test_tool_events_are_passed_up_while_the_delegate_is_still_at_work(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    go_on = asyncio.Event()

    async def stream(_: Invoked) -> AsyncIterator[dict[str, Any]]:
        yield {
            "type": "tool",
            "agent": "booking",
            "tool": "flights-api___search_flights",
            "status": "started",
        }
        await go_on.wait()
        yield {"type": "text", "text": "KE703"}
        yield DONE

    emitted: list[Event] = []
    async with delegating(AwsStub(streams={ARN.format("booking"): stream}), aws_environment) as delegates:
        asking = asyncio.create_task(ask(delegates, emitted=emitted))
        async with asyncio.timeout(10):
            while not emitted:
                await asyncio.sleep(0.005)
        assert not asking.done()
        go_on.set()
        assert await asking == Reply("ok", "KE703")
    assert emitted == [
        {"type": "tool", "agent": "booking", "tool": "flights-api___search_flights", "status": "started"}
    ]


RULES = json.dumps({"shelf___find": {"items": "/list", "members": ["/name"], "most": 2, "only": {}}})


async def test_a_delegate_shows_what_its_caller_may_not_show(aws_environment: pytest.MonkeyPatch) -> None:
    shown = {"type": "result", "agent": "booking", "tool": "shelf___find"}
    items = [{"name": "a", "secret": "canary", "#": 7}, {"name": {"x": "canary"}}, {"name": "canary"}]
    stream = streaming(
        {**shown, "data": {"list": items, "secret": "canary"}, "secret": "canary"},
        {**shown, "tool": "shelf___other", "data": {"list": [{"name": "canary"}]}},
        {**shown, "agent": "c" * 200, "data": {"list": [{"name": "canary"}]}},
        {**shown, "agent": None, "data": {"list": [{"name": "canary"}]}},
        {**shown, "data": "canary"},
        {"type": "result"},
        DONE,
    )
    stub = AwsStub(streams={ARN.format("booking"): stream})
    emitted: list[Event] = []
    async with delegating(stub, aws_environment, SHOWN_RESULTS=RULES) as delegates:
        assert (await ask(delegates, emitted=emitted)).status == "ok"
    assert emitted == [{**shown, "data": {"list": [{"name": "a", "#": 1}, {"#": 2}]}}]
    async with delegating(stub, aws_environment) as delegates:
        emitted.clear()
        assert (await ask(delegates, emitted=emitted)).status == "ok"
    assert emitted == [], "nothing is declared, so nothing is shown"


async def test_delegates_asked_together_work_at_the_same_time(aws_environment: pytest.MonkeyPatch) -> None:
    agents = ("booking", "loyalty", "policy")
    barrier = asyncio.Barrier(len(agents))

    async def stream(invoked: Invoked) -> AsyncIterator[dict[str, Any]]:
        await barrier.wait()  # nobody goes on before all are there
        yield {"type": "text", "text": invoked.arn}
        yield DONE

    stub = AwsStub(streams={ARN.format(agent): stream for agent in agents})
    async with delegating(stub, aws_environment, *agents) as delegates, asyncio.timeout(20):
        replies = await asyncio.gather(*(ask(delegates, agent) for agent in agents))
    assert [reply.text for reply in replies] == [ARN.format(agent) for agent in agents]


async def test_an_error_event_becomes_an_error_without_its_words(aws_environment: pytest.MonkeyPatch) -> None:
    failing = streaming(
        {"type": "text", "text": "half an ans"}, {"type": "error", "code": "timeout", "message": "canary"}
    )
    async with delegating(AwsStub(streams={ARN.format("booking"): failing}), aws_environment) as delegates:
        assert await ask(delegates) == Reply("error", "The booking agent could not answer (timeout).")


@pytest.mark.parametrize(
    "events",
    [
        [],
        [{"type": "text", "text": "and then nothing"}],
        [b"data: {canary\n\n", DONE],
        [b"data: [1]\n\n", DONE],
        [b"\xff\xfe\n\n", DONE],
        [{"type": "text", "text": "x" * 60_000}, {"type": "text", "text": "x" * 60_000}, DONE],
        [b"data: " + b"[" * 50_000 + b"\n\n", DONE],
    ],
    ids=["empty", "cut-short", "no-json", "no-object", "no-text", "too-long", "too-deep"],
)
async def test_a_stream_that_does_not_end_properly_is_no_answer(
    events: list[Any], aws_environment: pytest.MonkeyPatch
) -> None:
    stub = AwsStub(streams={ARN.format("booking"): streaming(*events)})
    async with delegating(stub, aws_environment) as delegates:
        reply = await ask(delegates)
    assert reply.status == "error"
    assert "did not answer" in reply.text
    assert len(stub.invoked) == 1, "asking again might do the same thing twice"


async def test_a_delegates_event_cannot_smuggle_anything_else(aws_environment: pytest.MonkeyPatch) -> None:
    odd = streaming(
        {"type": "tool", "agent": "booking", "tool": "t", "status": "ok", "ms": 3, "secret": "canary"},
        {"type": "tool", "agent": "booking", "tool": "t", "status": "granted"},
        {"type": "tool", "agent": "booking", "tool": "t" * 300, "status": "ok"},
        {"type": "tool", "agent": {"canary": 1}, "tool": "t", "status": "ok"},
        {"type": "text", "text": "ok"},
        DONE,
    )
    emitted: list[Event] = []
    async with delegating(AwsStub(streams={ARN.format("booking"): odd}), aws_environment) as delegates:
        await ask(delegates, emitted=emitted)
    assert emitted == [{"type": "tool", "agent": "booking", "tool": "t", "status": "ok", "ms": 3}]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (aws_error("AccessDeniedException", 403), "refused"),
        (aws_error("RuntimeClientError", 424), "error"),
        (aws_error("ThrottlingException", 429), "error"),
        (aws_error("InternalServerException", 500), "error"),
    ],
    ids=["denied", "container", "throttled", "internal"],
)
async def test_what_the_service_refuses_is_asked_once_and_its_words_stay_inside(
    refusal: Any, status: str, aws_environment: pytest.MonkeyPatch
) -> None:
    stub = AwsStub(refusals={ARN.format("booking"): refusal})
    async with delegating(stub, aws_environment) as delegates:
        reply = await ask(delegates)
    assert reply.status == status
    assert "canary" not in reply.text
    assert len(stub.invoked) == 1


async def test_giving_up_ends_the_delegates_request_and_the_thread(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    async def stream(_: Invoked) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "text", "text": "…"}
        begun.set()
        await never.wait()

    stub = AwsStub(streams={ARN.format("booking"): stream})
    async with delegating(stub, aws_environment) as delegates:
        asking = asyncio.create_task(ask(delegates))
        async with asyncio.timeout(10):
            await begun.wait()
            await asyncio.sleep(0.05)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            while not stub.closed:
                await asyncio.sleep(0.005)
