"""A specialist with the gateway's tools, end to end over the wire: identity, customer, refusals, trace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agent_common.gateway import Gateway
from agent_common.gateway_tools import GatewayToolbox
from agent_common.service import AgentService
from agent_common.tokens import TokenSource, identity_client
from booking.agent import AGENT
from tests.agents.support.agents import OTHER_SESSION, events_of, service, texts
from tests.agents.support.aws import AwsStub, aws_error, jwt
from tests.agents.support.gateway import GatewayStub, rpc_error, tool
from tests.agents.support.scripted import ScriptedModel, Use, says, uses
from tests.agents.support.serving import serving
from tests.agents.support.users import signed_in

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000.0
LOOK_UP = "customer-mcp___get_customer_info"
SEARCH = "flights-api___search_flights"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def gateway_stub() -> GatewayStub:
    return GatewayStub(pages=[[tool(LOOK_UP, "customer_id")], [tool(SEARCH, "departureDate")]])


@asynccontextmanager
async def specialist(
    model: ScriptedModel,
    gateway: GatewayStub,
    aws: AwsStub,
    environment: pytest.MonkeyPatch,
    clock: Clock | None = None,
    *,
    users: bool = True,
) -> AsyncIterator[AgentService]:
    async with serving(gateway.app) as gateway_url, serving(aws.app) as aws_url:
        environment.setenv("AWS_ENDPOINT_URL", aws_url)
        client = identity_client("us-east-1")
        tokens = TokenSource(
            lambda: client,
            provider="airline-dev-agent-booking",
            scope="airline/agent.booking",
            clock=clock or Clock(),
        )
        toolbox = GatewayToolbox(Gateway(f"{gateway_url}/mcp", tokens, agent="booking"), users=users)
        yield service(model, toolbox, definition=AGENT)
        await toolbox.close()
        client.close()  # type: ignore[attr-defined]


async def test_a_question_goes_through_the_gateway_with_the_agents_token_and_the_requests_trace(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    gateway.answers[LOOK_UP] = '{"name_ko": "김민준"}'
    model = ScriptedModel(uses(Use(LOOK_UP, {"customer_id": "C1001"})), says("김민준 고객님"))
    trace = "5e" * 16
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    async with specialist(model, gateway, aws, aws_environment) as agent:
        events = await events_of(agent, headers=headers, user=signed_in("C1001"), workload_token="wat-1")
    assert texts(events) == "김민준 고객님"
    assert [event["status"] for event in events if event["type"] == "tool"] == ["started", "ok"]
    (received,) = gateway.of("tools/call")
    assert received.authorization == f"Bearer {jwt(NOW + 900)}"
    assert received.traceparent.split("-")[1] == trace
    assert aws.token_requests[0]["workloadIdentityToken"] == "wat-1"
    assert aws.token_requests[0]["scopes"] == ["airline/agent.booking"]
    assert set(model.asked[0].tools) == {LOOK_UP, SEARCH}
    assert model.results()[0]["content"] == [{"text": '{"name_ko": "김민준"}'}]
    assert received.users == (signed_in("C1001").token,)
    assert signed_in("C1001").token not in str(events) + str(model.asked)


@pytest.mark.parametrize("of_the_model", ["C1002", "", None, ["C1001"]])
async def test_another_customers_data_is_refused_before_anything_is_sent(
    of_the_model: Any, aws_environment: pytest.MonkeyPatch
) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    model = ScriptedModel(uses(Use(LOOK_UP, {"customer_id": of_the_model})), says("no"))
    async with specialist(model, gateway, aws, aws_environment) as agent:
        events = await events_of(agent, user=signed_in("C1001"), workload_token="w")
    assert [event["status"] for event in events if event["type"] == "tool"] == ["started", "refused"]
    assert gateway.of("tools/call") == []


async def test_in_a_system_without_users_a_customer_id_is_an_argument_like_any_other(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    model = ScriptedModel(uses(Use(LOOK_UP, {"customer_id": "C1001"})), says("x"))
    async with specialist(model, gateway, aws, aws_environment, users=False) as agent:
        await events_of(agent, workload_token="w")
    (received,) = gateway.of("tools/call")
    assert received.params["arguments"] == {"customer_id": "C1001"}
    assert received.users == ()


async def test_a_guest_reads_nobodys_data_and_calls_the_rest_as_a_guest(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    model = ScriptedModel(
        uses(Use(LOOK_UP, {"customer_id": "guest"}, "use-1"), Use(SEARCH, {}, "use-2")), says("x")
    )
    async with specialist(model, gateway, aws, aws_environment) as agent:
        events = await events_of(agent, user=signed_in("guest"), workload_token="w")
    ended = {event["tool"]: event["status"] for event in events if "ms" in event}
    assert ended == {LOOK_UP: "refused", SEARCH: "ok"}
    assert [received.users for received in gateway.of("tools/call")] == [(signed_in("guest").token,)]
    assert "No customer is identified." in model.asked[0].system_prompt


async def test_a_request_about_nobody_reads_nobodys_data(aws_environment: pytest.MonkeyPatch) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    model = ScriptedModel(
        uses(
            Use(LOOK_UP, {"customer_id": "C1001"}, "use-1"),
            Use(SEARCH, {"departureDate": "2026-11-22"}, "use-2"),
        ),
        says("x"),
    )
    async with specialist(model, gateway, aws, aws_environment) as agent:
        events = await events_of(agent, workload_token="w")
    ended = {event["tool"]: event["status"] for event in events if "ms" in event}
    assert ended == {LOOK_UP: "refused", SEARCH: "ok"}
    assert [received.params["name"] for received in gateway.of("tools/call")] == [SEARCH]


async def test_the_gateways_refusal_is_shown_as_one(aws_environment: pytest.MonkeyPatch) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    gateway.fail("tools/call", rpc_error(-32003, "canary", status=403))
    model = ScriptedModel(uses(Use(SEARCH, {})), says("no"))
    async with specialist(model, gateway, aws, aws_environment) as agent:
        events = await events_of(agent, workload_token="w")
    assert [event["status"] for event in events if event["type"] == "tool"] == ["started", "refused"]
    assert "canary" not in str(events) + str(model.results())


async def test_a_later_request_refreshes_with_its_own_workload_token_in_the_warm_session(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    gateway, clock = gateway_stub(), Clock()
    aws = AwsStub(tokens=[jwt(NOW + 900, "first"), jwt(NOW + 1800, "second")])
    model = ScriptedModel(says("one"), uses(Use(SEARCH, {})), says("two"))
    async with specialist(model, gateway, aws, aws_environment, clock) as agent:
        await events_of(agent, workload_token="wat-1")
        clock.now = NOW + 900
        await events_of(agent, session_id=OTHER_SESSION, workload_token="wat-2")
    assert [request["workloadIdentityToken"] for request in aws.token_requests] == ["wat-1", "wat-2"]
    assert gateway.of("tools/call")[0].authorization == f"Bearer {jwt(NOW + 1800, 'second')}"
    assert len(gateway.of("initialize")) == 1


async def test_a_request_without_identity_gets_no_answer_even_while_a_token_is_held(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    gateway, aws = gateway_stub(), AwsStub(tokens=[jwt(NOW + 900)])
    model = ScriptedModel(says("one"), says("never"))
    async with specialist(model, gateway, aws, aws_environment) as agent:
        await events_of(agent, workload_token="wat-1")
        events = await events_of(agent)
    assert [event["code"] for event in events] == ["gateway_unavailable"]
    assert len(model.asked) == 1


async def test_an_agent_whose_identity_is_denied_never_reaches_model_or_gateway(
    aws_environment: pytest.MonkeyPatch,
) -> None:
    gateway, aws = gateway_stub(), AwsStub(token_error=aws_error("AccessDeniedException", 403))
    model = ScriptedModel(says("never"))
    async with specialist(model, gateway, aws, aws_environment) as agent:
        events = await events_of(agent, workload_token="wat-1")
    assert [event["code"] for event in events] == ["gateway_unavailable"]
    assert "canary" not in str(events)
    assert gateway.received == []
    assert model.asked == []
