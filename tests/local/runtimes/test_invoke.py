"""InvokeAgentRuntime: what reaches the container, what comes back, as it comes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import boto3
import pytest
from botocore.config import Config

from localcloud.runtimes import request as wire
from tests.local.runtimes.conftest import REGION, SESSION, TOKEN, World, arn

pytestmark = pytest.mark.anyio
PARENT = f"00-{'a' * 32}-{'b' * 16}-01"
GIVEN = "s" * 33


async def test_the_container_is_told_session_request_workload_and_trace(airline: World) -> None:
    reply = await airline.invoke({"do": "headers"}, headers={SESSION: GIVEN, "traceparent": PARENT})
    told = reply.json()
    assert reply.headers[SESSION] == GIVEN
    assert told[SESSION.lower()] == GIVEN
    assert re.fullmatch(r"[0-9a-f-]{36}", told[wire.REQUEST_ID.lower()])
    for name in wire.WORKLOAD_TOKENS:
        assert told[name.lower()] == f"{TOKEN}booking"
    assert told["traceparent"] == PARENT
    assert airline.last_event()["trace_id"] == "a" * 32


async def test_a_request_without_session_or_trace_begins_its_own(airline: World) -> None:
    replies = [await airline.invoke({"do": "headers"}) for _ in range(2)]
    sessions = {reply.headers[SESSION] for reply in replies}
    assert len(sessions) == 2
    assert all(re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9-_]{32,99}", session) for session in sessions)
    traces = {reply.json()["traceparent"] for reply in replies}
    assert len(traces) == 2
    assert airline.last_event()["trace_id"] == replies[1].json()["traceparent"].split("-")[1]


async def test_nothing_else_of_the_callers_headers_reaches_the_container(airline: World) -> None:
    sent = {
        "X-Tenant": "t1",
        "X-Other": "no",
        "Cookie": "no=1",
        "X-Forwarded-For": "no",
        "WorkloadAccessToken": "forged",
        wire.WORKLOAD_TOKENS[0]: "forged",
        wire.REQUEST_ID: "forged",
        "X-Amz-Security-Token": "no",
    }
    told = (await airline.invoke({"do": "headers"}, headers=sent)).json()
    assert told["x-tenant"] == "t1"
    assert "forged" not in str(told)
    assert not {"authorization", "x-other", "cookie", "x-forwarded-for", "x-amz-security-token"} & set(told)


async def test_a_containers_own_headers_stay_inside(airline: World) -> None:
    assert "x-agent-internal" not in (await airline.invoke({"do": "headers"})).headers


async def test_bytes_and_content_types_pass_unchanged_both_ways(airline: World) -> None:
    body = bytes(range(256)) * 4
    reply = await airline.invoke(body, headers={"content-type": "application/octet-stream"})
    assert (reply.content, reply.headers["content-type"]) == (body, "application/octet-stream")


async def test_a_stream_arrives_while_the_agent_still_works(airline: World, tmp_path: Path) -> None:
    until = tmp_path / "until"
    reply = await airline.client.send(airline.request({"do": "stream", "until": str(until)}), stream=True)
    chunks = reply.aiter_bytes()
    first = await anext(chunks)
    # The agent goes on only now: had anything been held back, this line would never be reached.
    until.touch()
    rest = b"".join([chunk async for chunk in chunks])
    assert '"안녕"' in first.decode()
    assert rest == b'data: {"type": "done"}\n\n'
    await reply.aclose()


async def test_a_caller_that_goes_away_ends_the_agents_work(airline: World, tmp_path: Path) -> None:
    began, left = tmp_path / "began", tmp_path / "left"

    async def ask() -> None:
        await airline.invoke({"do": "hang", "began": str(began), "left": str(left)})

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        with anyio.fail_after(60):
            while not began.exists():
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    with anyio.fail_after(60):
        while not left.exists():
            await anyio.sleep(0.01)


async def test_one_slow_request_does_not_hold_up_another(airline: World, tmp_path: Path) -> None:
    until = tmp_path / "until"
    slow = await airline.client.send(airline.request({"do": "stream", "until": str(until)}), stream=True)
    assert (await airline.invoke({"do": "headers"})).status_code == 200
    until.touch()
    await slow.aread()


async def test_an_invocation_is_recorded_without_its_content(airline: World) -> None:
    await airline.invoke({"do": "headers", "prompt": "비밀"}, headers={SESSION: GIVEN})
    event = airline.last_event()
    assert (event["event"], event["layer"], event["agent"], event["status"]) == (
        "invocation",
        "runtime",
        "booking",
        200,
    )
    assert "비밀" not in str(event)
    assert TOKEN not in str(event)


def _talk(base: str, until: Path) -> list[Any]:
    client = boto3.client(
        "bedrock-agentcore",
        endpoint_url=base,
        region_name=REGION,
        aws_access_key_id="LOCAL.airline_dev_orchestrator",
        aws_secret_access_key="unused",
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )
    try:
        reply = client.invoke_agent_runtime(
            agentRuntimeArn=arn("booking"),
            qualifier="dev",
            runtimeSessionId=GIVEN,
            traceParent=PARENT,
            accept="text/event-stream",
            payload=b'{"do": "stream", "until": "%s"}' % str(until).encode(),
        )
        assert reply["runtimeSessionId"] == GIVEN
        lines = reply["response"].iter_lines(chunk_size=1)
        found = [next(lines)]
        until.touch()
        found += [line for line in lines if line]
        with pytest.raises(client.exceptions.AccessDeniedException):
            client.invoke_agent_runtime(agentRuntimeArn=arn("orchestrator"), payload=b"{}")
        with pytest.raises(client.exceptions.RuntimeClientError):
            client.invoke_agent_runtime(agentRuntimeArn=arn("booking"), payload=b'{"do": "fail"}')
        return found
    finally:
        client.close()


async def test_boto3_streams_and_gets_typed_errors(airline: World, tmp_path: Path) -> None:
    lines = await anyio.to_thread.run_sync(_talk, airline.base, tmp_path / "until")
    assert [line.decode() for line in lines] == [
        'data: {"type": "text", "text": "안녕"}',
        'data: {"type": "done"}',
    ]
