"""The orchestrator: specialists at the same time, the request's customer only, nothing made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from strands.models import Model

from agent_common.service import AgentService
from orchestrator.agent import AGENT, open_toolbox
from tests.agents.support.agents import SESSION, events_of, service, settings, texts
from tests.agents.support.aws import AwsStub, Invoked
from tests.agents.support.scripted import ScriptedModel, Use, says, uses
from tests.agents.support.serving import serving
from tests.agents.support.users import signed_in

pytestmark = pytest.mark.anyio

ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/airline_dev_{}-0123456789"
SPECIALISTS = ("booking", "loyalty", "policy")
ENVIRONMENT = {
    "AGENT_NAME": "orchestrator",
    "DELEGATE_QUALIFIER": "dev",
    **{f"DELEGATE_{name.upper()}_ARN": ARN.format(name) for name in SPECIALISTS},
}


@asynccontextmanager
async def orchestrating(
    model: Model, stub: AwsStub, environment: pytest.MonkeyPatch
) -> AsyncIterator[AgentService]:
    async with serving(stub.app) as url:
        environment.setenv("AWS_ENDPOINT_URL", url)
        toolbox = open_toolbox(settings(**ENVIRONMENT))
        yield service(model, toolbox, definition=AGENT, **ENVIRONMENT)
        toolbox._delegates._client.close()  # type: ignore[attr-defined]


def answering(text: str) -> Any:
    async def stream(invoked: Invoked) -> AsyncIterator[dict[str, Any]]:
        agent = invoked.arn.split("_")[-1].split("-")[0]
        yield {"type": "tool", "agent": agent, "tool": f"{agent}-mcp___x", "status": "started"}
        yield {"type": "tool", "agent": agent, "tool": f"{agent}-mcp___x", "status": "ok", "ms": 4}
        yield {"type": "text", "text": text}
        yield {"type": "done", "agent": agent, "turns": 2}

    return stream


async def test_a_specialists_events_pass_up_inside_its_delegation_and_its_text_does_not(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    model = ScriptedModel(
        uses(Use("call_booking_agent", {"customer_id": "C1001", "task": "flights"})), says("여기 있습니다.")
    )
    stub = AwsStub(streams={ARN.format("booking"): answering("1. KE703")})
    async with orchestrating(model, stub, aws_environment) as agent:
        events = await events_of(agent, user=signed_in("C1001"))
    assert [(event.get("agent"), event.get("tool"), event.get("status")) for event in events] == [
        ("orchestrator", "call_booking_agent", "started"),
        ("booking", "booking-mcp___x", "started"),
        ("booking", "booking-mcp___x", "ok"),
        ("orchestrator", "call_booking_agent", "ok"),
        (None, None, None),
        ("orchestrator", None, None),
    ]
    assert texts(events) == "여기 있습니다."
    assert model.results()[0]["content"] == [{"text": "1. KE703"}]
    assert stub.invoked[0].session == SESSION


async def test_specialists_asked_in_one_step_work_at_the_same_time(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    barrier = asyncio.Barrier(3)

    async def stream(invoked: Invoked) -> AsyncIterator[dict[str, Any]]:
        await barrier.wait()  # nobody answers before all three have been asked
        yield {"type": "text", "text": invoked.arn}
        yield {"type": "done", "agent": "x", "turns": 1}

    model = ScriptedModel(
        uses(
            Use("call_booking_agent", {"customer_id": "C1001", "task": "a"}, "use-1"),
            Use("call_loyalty_agent", {"customer_id": "C1001", "task": "b"}, "use-2"),
            Use("call_policy_agent", {"task": "c"}, "use-3"),
        ),
        says("done"),
    )
    stub = AwsStub(streams={ARN.format(name): stream for name in SPECIALISTS})
    async with orchestrating(model, stub, aws_environment) as agent, asyncio.timeout(20):
        events = await events_of(agent, user=signed_in("C1001"))
    assert events[-1] == {"type": "done", "agent": "orchestrator", "turns": 2}
    results = {result["toolUseId"]: result["content"][0]["text"] for result in model.results()}
    assert results == {f"use-{n}": ARN.format(name) for n, name in enumerate(SPECIALISTS, 1)}


@pytest.mark.parametrize("tool_name", ["call_booking_agent", "call_loyalty_agent"])
@pytest.mark.parametrize(
    ("of_the_request", "of_the_model"),
    [("C1001", "C1002"), ("C1001", "c1001"), ("C1001", ""), (None, "C1001")],
)
async def test_a_customer_named_by_the_model_is_not_taken_for_the_requests(
    tool_name: str, of_the_request: str | None, of_the_model: str, aws_environment: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel(uses(Use(tool_name, {"customer_id": of_the_model, "task": "t"})), says("no"))
    stub = AwsStub()
    async with orchestrating(model, stub, aws_environment) as agent:
        events = await events_of(agent, user=signed_in(of_the_request) if of_the_request else None)
    assert [event["status"] for event in events if event["type"] == "tool"] == ["started", "refused"]
    assert stub.invoked == []


async def test_a_request_about_nobody_can_still_search_flights(aws_environment: pytest.MonkeyPatch) -> None:
    model = ScriptedModel(uses(Use("call_booking_agent", {"customer_id": "", "task": "t"})), says("ok"))
    stub = AwsStub(streams={ARN.format("booking"): answering("1. KE703")})
    async with orchestrating(model, stub, aws_environment) as agent:
        await events_of(agent, language="en")
    assert stub.invoked[0].payload == {"prompt": "t", "language": "en"}
    assert stub.invoked[0].users == ()


async def test_the_policy_agent_is_not_told_who_the_customer_is(aws_environment: pytest.MonkeyPatch) -> None:
    model = ScriptedModel(uses(Use("call_policy_agent", {"task": "t"})), says("ok"))
    stub = AwsStub(streams={ARN.format("policy"): answering("free")})
    async with orchestrating(model, stub, aws_environment) as agent:
        await events_of(agent, user=signed_in("C1001"))
    assert stub.invoked[0].payload == {"prompt": "t", "language": "ko"}
    assert stub.invoked[0].users == ()


@pytest.mark.parametrize("username", ["C1001", "guest"])
async def test_a_specialist_asked_for_a_user_gets_the_token_in_a_signed_header_and_only_there(
    username: str, aws_environment: pytest.MonkeyPatch
) -> None:
    user = signed_in(username)
    arguments = {"customer_id": user.customer_id or "", "task": "t"}
    model = ScriptedModel(
        uses(Use("call_booking_agent", arguments, "use-1"), Use("call_loyalty_agent", arguments, "use-2")),
        says("ok"),
    )
    stub = AwsStub(streams={ARN.format(name): answering("x") for name in ("booking", "loyalty")})
    async with orchestrating(model, stub, aws_environment) as agent:
        events = await events_of(agent, user=user)
    assert [invoked.users for invoked in stub.invoked] == [(user.token,)] * 2
    for invoked in stub.invoked:
        assert "x-amzn-bedrock-agentcore-runtime-custom-user-token" in invoked.signed
        assert invoked.payload == {"prompt": "t", "language": "ko"}
    assert user.token not in str(events) + str(model.asked)


@pytest.mark.parametrize("task", ["", "  ", "x" * 8001], ids=["empty", "blank", "too-long"])
async def test_a_task_the_specialist_would_refuse_is_not_sent(
    task: str, aws_environment: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel(uses(Use("call_policy_agent", {"task": task})), says("no"))
    stub = AwsStub()
    async with orchestrating(model, stub, aws_environment) as agent:
        await events_of(agent)
    assert model.results()[0]["status"] == "error"
    assert stub.invoked == []


async def test_a_specialist_that_fails_is_a_tool_error_the_model_can_speak_of(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    async def stream(_: Invoked) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "error", "code": "gateway_unavailable", "message": "canary"}

    model = ScriptedModel(uses(Use("call_policy_agent", {"task": "t"})), says("죄송합니다."))
    async with orchestrating(
        model, AwsStub(streams={ARN.format("policy"): stream}), aws_environment
    ) as agent:
        events = await events_of(agent)
    assert [event["status"] for event in events if event["type"] == "tool"] == ["started", "error"]
    assert model.results()[0]["content"] == [
        {"text": "The policy agent could not answer (gateway_unavailable)."}
    ]
    assert events[-1]["type"] == "done"


async def test_the_orchestrator_holds_no_tool_but_its_specialists(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    model = ScriptedModel(says("x"))
    async with orchestrating(model, AwsStub(), aws_environment) as agent:
        await events_of(agent)
    assert sorted(model.asked[0].tools) == ["call_booking_agent", "call_loyalty_agent", "call_policy_agent"]
