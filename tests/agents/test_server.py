"""The service contract over HTTP: what is answered, in which form, and what a lost client costs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from strands import tool

from agent_common.server import create_app
from tests.agents.support.agents import SESSION, Tools, fixed, service
from tests.agents.support.scripted import ScriptedModel, Use, says, uses
from tests.agents.support.serving import serving

pytestmark = pytest.mark.anyio

HEADERS = {
    "Content-Type": "application/json",
    "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": SESSION,
    "X-Amz-Bedrock-AgentCore-Identity-WAT": "wat-1",
}


async def post(
    url: str, body: bytes | dict[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return await client.post(f"{url}/invocations", content=content, headers=headers or HEADERS)


def events(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = response.text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    return [json.loads(block[6:]) for block in blocks]


async def test_an_answer_is_a_stream_of_events_in_plain_korean() -> None:
    async with serving(create_app(service(ScriptedModel(says("한 줄\n두 줄")))), lifespan=True) as url:
        response = await post(url, {"prompt": "질문"})
    assert "한 줄\\n두 줄" in response.text
    assert events(response) == [
        {"type": "text", "text": "한 줄\n두 줄"},
        {"type": "done", "agent": "booking", "turns": 1},
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"prompt": " "}, "empty_prompt"),
        ({}, "empty_prompt"),
        ({"prompt": "x", "session": "y"}, "bad_request"),
        (b"[1", "bad_request"),
        (b'{"prompt": "a", "prompt": "b"}', "bad_request"),
        (b"[" * 60_000, "bad_request"),
        (b'{"prompt": "' + b"x" * 100_000 + b'"}', "bad_request"),
        (b"", "bad_request"),
        (b"null", "bad_request"),
    ],
    ids=["blank", "none", "unknown-key", "half", "duplicate", "deep", "large", "nothing", "null"],
)
async def test_a_bad_request_is_an_error_event_and_never_reaches_the_model(
    body: bytes | dict[str, Any], code: str
) -> None:
    model = ScriptedModel(says("never"))
    async with serving(create_app(service(model)), lifespan=True) as url:
        answered = events(await post(url, body))
    assert [(event["type"], event["code"]) for event in answered] == [("error", code)]
    assert model.asked == []


async def test_a_malformed_session_id_is_refused() -> None:
    async with serving(create_app(service(ScriptedModel(says("never")))), lifespan=True) as url:
        headers = {**HEADERS, "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": "short"}
        assert events(await post(url, {"prompt": "x"}, headers))[0]["code"] == "bad_request"


@pytest.mark.parametrize("header", ["X-Amz-Bedrock-AgentCore-Identity-WAT", "WorkloadAccessToken"])
async def test_identity_comes_from_the_platforms_header(header: str) -> None:
    toolbox = Tools()
    headers = {"Content-Type": "application/json", header: "wat-1"}
    async with serving(create_app(service(ScriptedModel(says("x")), toolbox)), lifespan=True) as url:
        await post(url, {"prompt": "x"}, headers)
    assert [call.invocation.workload_token for call in toolbox.calls] == ["wat-1"]


async def test_identity_in_the_payload_is_an_unknown_key() -> None:
    async with serving(create_app(service(ScriptedModel(says("never")))), lifespan=True) as url:
        answered = events(await post(url, {"prompt": "x", "workload_token": "forged"}, {}))
    assert answered[0]["code"] == "bad_request"


async def test_one_requests_identity_is_not_the_next_ones() -> None:
    toolbox = Tools()
    async with serving(
        create_app(service(ScriptedModel(says("x"), says("y")), toolbox)), lifespan=True
    ) as url:
        await post(url, {"prompt": "x"})
        await post(url, {"prompt": "x"}, {"Content-Type": "application/json"})
    assert [call.invocation.workload_token for call in toolbox.calls] == ["wat-1", None]


async def test_a_client_that_goes_away_ends_the_work_it_asked_for() -> None:
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

    app = create_app(service(ScriptedModel(uses(Use("endless"))), fixed(endless)))
    async with serving(app, lifespan=True) as url, httpx.AsyncClient(trust_env=False) as client:
        async with client.stream(
            "POST", f"{url}/invocations", content=b'{"prompt": "x"}', headers=HEADERS
        ) as response:
            assert "started" in await anext(response.aiter_text())
        async with asyncio.timeout(10):
            await cancelled.wait()


async def test_the_service_is_healthy_while_a_request_runs() -> None:
    hold = asyncio.Event()
    app = create_app(service(ScriptedModel(says("a", "b", hold=hold))))
    async with serving(app, lifespan=True) as url, httpx.AsyncClient(trust_env=False) as client:
        running = asyncio.create_task(post(url, {"prompt": "x"}))
        health = (await client.get(f"{url}/ping")).json()
        hold.set()
        await running
    assert health["status"] == "Healthy"


async def test_the_tools_connections_are_closed_with_the_server() -> None:
    toolbox = Tools()
    async with serving(create_app(service(ScriptedModel(), toolbox)), lifespan=True):
        pass
    assert toolbox.closed
