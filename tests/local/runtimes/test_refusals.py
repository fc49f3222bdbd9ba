"""What InvokeAgentRuntime refuses: who may not, what is not there, what AWS would not take."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.runtimes import request as wire
from tests.local.runtimes.conftest import SESSION, World, arn

pytestmark = pytest.mark.anyio


def _refused(reply: Any, status: int, kind: str) -> None:
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (status, kind), reply.text
    assert isinstance(reply.json()["message"], str)


async def test_a_role_invokes_only_what_it_delegates_to(airline: World) -> None:
    who = "airline_dev_orchestrator"
    assert (await airline.invoke({"do": "headers"}, who=who)).status_code == 200
    assert (await airline.invoke({"do": "headers"}, who=who, query="?qualifier=dev")).status_code == 200
    _refused(await airline.invoke({}, who=who, agent="orchestrator"), 403, "AccessDeniedException")


@pytest.mark.parametrize(
    "who", [None, "stranger", "airline_dev_booking", "half", "airline-dev-tool-customer"]
)
async def test_everyone_else_is_refused_and_the_agent_not_reached(airline: World, who: str | None) -> None:
    _refused(await airline.invoke({"do": "exit"}, who=who), 403, "AccessDeniedException")
    assert (await airline.invoke({"do": "headers"})).status_code == 200
    assert airline.notices == []


async def test_a_user_id_is_refused_to_roles_and_operator_alike(airline: World) -> None:
    for who in ("airline_dev_orchestrator", "operator"):
        _refused(
            await airline.invoke({"do": "headers"}, who=who, headers={wire.USER: "u1"}),
            403,
            "AccessDeniedException",
        )


@pytest.mark.parametrize(
    "session", ["s" * 32, "s" * 101, "-" + "s" * 40, "s" * 33 + "!", "s" * 20 + " " + "s" * 20]
)
async def test_a_session_id_aws_would_not_take_everywhere_is_refused(airline: World, session: str) -> None:
    _refused(await airline.invoke({"do": "headers"}, headers={SESSION: session}), 400, "ValidationException")


@pytest.mark.parametrize("query", ["?qualifier=prod", "?qualifier=", "?qualifier=default"])
async def test_an_endpoint_that_is_not_declared_is_not_there(airline: World, query: str) -> None:
    _refused(await airline.invoke({"do": "headers"}, query=query), 404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    "query", ["?qualifier=DEFAULT&qualifier=dev", "?other=1", "?" + "&".join(["a=1"] * 20)]
)
async def test_a_query_that_says_two_things_or_unknown_ones_is_refused(airline: World, query: str) -> None:
    _refused(await airline.invoke({"do": "headers"}, query=query), 400, "ValidationException")


async def test_no_endpoint_left_out_means_default(airline: World) -> None:
    assert (await airline.invoke({"do": "headers"}, query="")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        arn("nobody"),
        arn("booking").replace("111122223333", "999988887777"),
        arn("booking") + "/",
        arn("booking").upper(),
        "airline_dev_booking",
        "airline_dev_booking-abcdefghij",
    ],
)
async def test_a_runtime_that_is_not_of_this_stage_is_not_there(airline: World, name: str) -> None:
    _refused(await airline.invoke({"do": "headers"}, name=name), 404, "ResourceNotFoundException")


async def test_a_runtime_id_needs_its_account(airline: World) -> None:
    name = "airline_dev_booking-abcdefghij"
    right = await airline.invoke({"do": "headers"}, name=name, query="?accountId=111122223333")
    assert right.status_code == 200
    wrong = await airline.invoke({"do": "headers"}, name=name, query="?accountId=999988887777")
    _refused(wrong, 404, "ResourceNotFoundException")


async def test_an_operation_without_a_stand_in_is_refused_by_name(airline: World) -> None:
    for operation in ("commands", "ws", "stopruntimesession"):
        reply = await airline.invoke({}, operation=operation)
        _refused(reply, 404, "ResourceNotFoundException")
        assert operation in reply.json()["message"]
    got = await airline.client.get(airline.request({}).url)
    _refused(got, 404, "ResourceNotFoundException")


async def test_what_an_agent_says_when_it_fails_stays_inside(airline: World) -> None:
    reply = await airline.invoke({"do": "fail"})
    _refused(reply, 424, "RuntimeClientError")
    assert "internal detail" not in reply.text
    assert airline.last_event()["status"] == 424


async def test_a_stream_that_breaks_off_is_not_taken_for_a_whole_one(airline: World) -> None:
    with pytest.raises(Exception, match=r"incomplete|closed|peer") as caught:
        await airline.invoke({"do": "cut"})
    assert type(caught.value).__module__.startswith("httpx")


async def test_a_header_longer_than_aws_takes_is_refused(airline: World) -> None:
    for name, length in (("X-Tenant", 4097), ("tracestate", 513), ("baggage", 8193)):
        reply = await airline.invoke({"do": "headers"}, headers={name: "x" * length})
        _refused(reply, 400, "ValidationException")


async def test_a_malformed_trace_is_replaced_rather_than_passed_on(airline: World) -> None:
    for parent in ("x", f"00-{'0' * 32}-{'b' * 16}-01", f"ff-{'a' * 32}-{'b' * 16}-01"):
        told = (await airline.invoke({"do": "headers"}, headers={"traceparent": parent})).json()
        assert told["traceparent"] != parent


async def test_a_payload_over_the_limit_is_refused(airline: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_BODY", 1000)
    _refused(await airline.invoke(b"x" * 1001), 400, "ValidationException")
    assert (await airline.invoke(b"x" * 1000)).status_code == 200
