"""One request from start to last event: order, limits, failures, memory, and what the log may say."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from strands import tool
from strands.types.exceptions import ModelThrottledException

from agent_common.call import Call
from agent_common.errors import GatewayUnavailable
from tests.agents.support.agents import (
    OTHER_SESSION,
    SESSION,
    Tools,
    events_of,
    fixed,
    look_up,
    service,
    texts,
)
from tests.agents.support.scripted import ScriptedModel, Step, Use, says, uses
from tests.agents.support.users import signed_in

pytestmark = pytest.mark.anyio


async def test_text_comes_in_the_models_pieces_and_done_comes_last() -> None:
    assert await events_of(service(ScriptedModel(says("안녕", "하세요")))) == [
        {"type": "text", "text": "안녕"},
        {"type": "text", "text": "하세요"},
        {"type": "done", "agent": "booking", "turns": 1},
    ]


async def test_text_arrives_while_the_model_is_still_speaking() -> None:
    hold = asyncio.Event()
    answering = service(ScriptedModel(says("first", "second", hold=hold)))
    from agent_common.invocation import Invocation

    stream = aiter(answering.answer(Invocation("q", SESSION, "en"), {}))
    async with asyncio.timeout(20):
        assert await anext(stream) == {"type": "text", "text": "first"}
        hold.set()
        assert await anext(stream) == {"type": "text", "text": "second"}
        assert [event["type"] async for event in stream] == ["done"]


async def test_a_tools_start_and_end_stand_where_they_happened() -> None:
    model = ScriptedModel(uses(Use("look_up", {"key": "a"}), text="찾아볼게요."), says("답"))
    events = await events_of(service(model, fixed(look_up)))
    ms = events[2].get("ms")
    assert isinstance(ms, int)
    assert events == [
        {"type": "text", "text": "찾아볼게요."},
        {"type": "tool", "agent": "booking", "tool": "look_up", "status": "started"},
        {"type": "tool", "agent": "booking", "tool": "look_up", "status": "ok", "ms": ms},
        {"type": "text", "text": "\n\n답"},
        {"type": "done", "agent": "booking", "turns": 2},
    ]
    assert model.results()[0]["content"] == [{"text": "value of a"}]


async def test_a_refusal_is_told_apart_from_a_failure() -> None:
    async def make(call: Call) -> Any:
        @tool
        async def denied() -> dict[str, Any]:
            """Is denied."""
            call.refused.add("use-d")
            return {"toolUseId": "use-d", "status": "error", "content": [{"text": "Access denied."}]}

        @tool
        async def broken() -> str:
            """Breaks."""
            raise ValueError("canary")

        return [denied, broken]

    model = ScriptedModel(uses(Use("denied", use_id="use-d"), Use("broken", use_id="use-b")), says("x"))
    events = await events_of(service(model, Tools(make)))
    ended = {event["tool"]: event["status"] for event in events if event["type"] == "tool" and "ms" in event}
    assert ended == {"denied": "refused", "broken": "error"}


async def test_a_tool_the_model_made_up_is_an_error_under_no_name_of_its_own() -> None:
    model = ScriptedModel(uses(Use("canary___tool")), says("x"))
    events = await events_of(service(model, fixed(look_up)))
    assert [event.get("status") for event in events if event["type"] == "tool"] == ["started", "error"]
    assert "canary" not in str(events)


async def test_a_loop_of_tools_ends_at_the_limit_of_turns() -> None:
    steps = [uses(Use("look_up", {"key": str(n)}, use_id=f"use-{n}")) for n in range(9)]
    model = ScriptedModel(*steps)
    events = await events_of(service(model, fixed(look_up), LIMIT_TURNS="3"))
    assert events[-1]["type"] == "error"
    assert events[-1]["code"] == "timeout"
    assert len(model.asked) == 3


async def test_a_request_over_its_time_is_ended_and_its_work_cancelled() -> None:
    cancelled = asyncio.Event()

    @tool
    async def endless() -> str:
        """Never returns."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return ""

    events = await events_of(service(ScriptedModel(uses(Use("endless"))), fixed(endless), LIMIT_SECONDS="1"))
    assert events[-1]["type"] == "error"
    assert events[-1]["code"] == "timeout"
    assert cancelled.is_set()


async def test_closing_the_stream_cancels_the_work() -> None:
    from agent_common.invocation import Invocation

    begun, cancelled = asyncio.Event(), asyncio.Event()

    @tool
    async def endless() -> str:
        """Never returns."""
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return ""

    stream = service(ScriptedModel(uses(Use("endless"))), fixed(endless)).answer(
        Invocation("q", SESSION, "en"), {}
    )
    assert (await anext(aiter(stream)))["status"] == "started"
    await begun.wait()
    await stream.aclose()  # type: ignore[attr-defined]
    assert cancelled.is_set()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (RuntimeError("canary"), "internal"),
        (EndpointConnectionError(endpoint_url="http://canary"), "model_unavailable"),
        (
            ClientError({"Error": {"Code": "AccessDeniedException", "Message": "canary"}}, "ConverseStream"),
            "model_unavailable",
        ),
    ],
    ids=["bug", "unreachable", "denied"],
)
async def test_a_failure_is_a_code_and_a_sentence_of_ours(fault: Exception, code: str) -> None:
    events = await events_of(service(ScriptedModel(fault)))
    assert [event["type"] for event in events] == ["error"]
    assert events[0]["code"] == code
    assert "canary" not in str(events)


async def test_a_throttled_model_is_tried_again() -> None:
    model = ScriptedModel(ModelThrottledException("slow down"), says("ok"))
    assert texts(await events_of(service(model))) == "ok"


async def test_no_tools_means_no_answer() -> None:
    async def make(_: Call) -> Any:
        raise GatewayUnavailable

    model = ScriptedModel(says("a guess"))
    events = await events_of(service(model, Tools(make)))
    assert [event["code"] for event in events] == ["gateway_unavailable"]
    assert model.asked == []


async def test_the_conversation_goes_on_within_a_session_and_only_there() -> None:
    model = ScriptedModel(says("one"), says("two"), says("three"))
    answering = service(model)
    await events_of(answering, "first")
    await events_of(answering, "elsewhere", session_id=OTHER_SESSION)
    await events_of(answering, "second")
    said = [[message["content"][0]["text"] for message in asked.messages] for asked in model.asked]
    assert said == [["first"], ["elsewhere"], ["first", "one", "second"]]


async def test_a_failed_request_leaves_no_half_exchange_in_the_conversation() -> None:
    model = ScriptedModel(
        says("one"), uses(Use("look_up", {"key": "a"})), RuntimeError("mid-way"), says("two")
    )
    answering = service(model, fixed(look_up))
    await events_of(answering, "first")
    assert (await events_of(answering, "fails"))[-1]["type"] == "error"
    await events_of(answering, "second")
    said = [message["content"][0].get("text") for message in model.asked[-1].messages]
    assert said == ["first", "one", "second"]


async def test_two_requests_of_a_session_do_not_interleave() -> None:
    hold = asyncio.Event()
    model = ScriptedModel(says("a1", "a2", hold=hold), says("b"))
    answering = service(model)
    first = asyncio.create_task(events_of(answering, "first"))
    while not model.asked:
        await asyncio.sleep(0.005)
    second = asyncio.create_task(events_of(answering, "second"))
    await asyncio.sleep(0.02)
    assert len(model.asked) == 1
    hold.set()
    assert texts(await first) == "a1a2"
    assert texts(await second) == "b"
    assert [message["content"][0]["text"] for message in model.asked[1].messages] == [
        "first",
        "a1a2",
        "second",
    ]


async def test_the_prompt_is_made_of_request_and_injected_clock() -> None:
    model = ScriptedModel(says("x"))
    await events_of(service(model), user=signed_in("C1001"))
    assert model.asked[0].system_prompt == "booking C1001 2026-11-21T12:00:00+09:00"


async def test_no_token_prompt_argument_or_answer_is_ever_logged(written: io.StringIO) -> None:
    @tool
    async def broken(key: str) -> str:
        """Breaks.

        Args:
            key: A key.
        """
        raise ValueError(f"canary-fault {key}")

    model = ScriptedModel(uses(Use("broken", {"key": "canary-argument"})), says("canary-answer"))
    headers = {"traceparent": "00-" + "7f" * 16 + "-00f067aa0ba902b7-01"}
    await events_of(
        service(model, fixed(broken)),
        "canary-prompt",
        headers,
        workload_token="canary-wat",
        user=signed_in("C1001", "canary-user"),
    )
    await events_of(service(ScriptedModel(RuntimeError("canary-bug"))), "canary-prompt")
    log = written.getvalue()
    assert "canary" not in log
    assert '"event": "request_ended"' in log
    assert '"error": "RuntimeError"' in log
    assert f'"trace_id": "{"7f" * 16}"' in log, "a request's log lines are found by its trace"


def tokens_used(written: io.StringIO) -> list[dict[str, Any]]:
    """The lines from which the deployed log's metric filters count: these names are their contract."""
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [
        {key: line[key] for key in ("agent", "input_tokens", "output_tokens")}
        for line in lines
        if line["event"] == "tokens_used"
    ]


async def test_the_tokens_of_all_model_calls_of_a_request_are_told_once(written: io.StringIO) -> None:
    use = Use("look_up", {"key": "a"})
    model = ScriptedModel(Step(uses=(use,), tokens=(100, 20)), Step(chunks=("x",), tokens=(150, 7)))
    await events_of(service(model, fixed(look_up)))
    assert tokens_used(written) == [{"agent": "booking", "input_tokens": 250, "output_tokens": 27}]


async def test_a_request_that_fails_has_cost_what_it_cost(written: io.StringIO) -> None:
    use = Use("look_up", {"key": "a"})
    model = ScriptedModel(Step(uses=(use,), tokens=(100, 20)), RuntimeError("broken"))
    await events_of(service(model, fixed(look_up)))
    assert tokens_used(written) == [{"agent": "booking", "input_tokens": 100, "output_tokens": 20}]


async def test_a_model_that_was_never_reached_costs_nothing(written: io.StringIO) -> None:
    await events_of(service(ScriptedModel(RuntimeError("broken"))))
    assert tokens_used(written) == []


async def test_a_librarys_own_words_are_not_taken_over(written: io.StringIO) -> None:
    try:
        raise ValueError("canary-exception")
    except ValueError:
        logging.getLogger("mcp.client").exception("failed on canary-text: %s", "canary-argument")
    log = written.getvalue()
    assert "canary" not in log
    assert '"logger": "mcp.client"' in log
    assert '"error": "ValueError"' in log


@pytest.mark.parametrize(
    ("offset", "local"),
    [
        ("+09:00", "2026-11-21T12:00:00+09:00"),
        ("+00:00", "2026-11-21T03:00:00+00:00"),
        ("-03:30", "2026-11-20T23:30:00-03:30"),
    ],
)
async def test_a_prompt_states_the_day_of_another_place(offset: str, local: str) -> None:
    model = ScriptedModel(says("x"))
    await events_of(service(model, UTC_OFFSET=offset))
    assert [asked.system_prompt for asked in model.asked] == [f"booking None {local}"]


async def test_a_reply_that_tells_no_language_changes_the_sessions() -> None:
    answering = service(ScriptedModel(says("1. … 2. …"), says("booked")), LANGUAGES="ko,en")

    def language(prompt: str, session_id: str | None = SESSION) -> str:
        return answering.check({"prompt": prompt}, session_id=session_id).language

    assert language("2") == "ko"
    await events_of(answering, language="en")
    assert language("2") == "en"
    assert language("2번") == "ko"
    assert language("2", OTHER_SESSION) == "ko"
    assert language("2", None) == "ko"
