"""The service contract over HTTP: what is answered, in which form, and what a lost client costs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from strands import tool

from agent_common.server import create_app
from tests.agents.support.agents import NOW, OTHER_SESSION, SESSION, Tools, fixed, service
from tests.agents.support.scripted import ScriptedModel, Use, says, uses
from tests.agents.support.serving import serving
from tests.agents.support.users import signed_in, user_token

pytestmark = pytest.mark.anyio

FORWARDED = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"
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
        ({"prompt": "x", "customer_id": "C1001"}, "bad_request"),
        (b"[1", "bad_request"),
        (b'{"prompt": "a", "prompt": "b"}', "bad_request"),
        (b"[" * 60_000, "bad_request"),
        (b'{"prompt": "' + b"x" * 100_000 + b'"}', "bad_request"),
        (b"", "bad_request"),
        (b"null", "bad_request"),
    ],
    ids=["blank", "none", "unknown-key", "customer", "half", "duplicate", "deep", "large", "nothing", "null"],
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


@pytest.mark.parametrize(("header", "scheme"), [("Authorization", "Bearer "), (FORWARDED, "")])
async def test_the_user_comes_from_the_token_whoever_passed_it_on(header: str, scheme: str) -> None:
    toolbox = Tools()
    app = create_app(service(ScriptedModel(says("x")), toolbox, USER_CLAIM="username"))
    async with serving(app, lifespan=True) as url:
        await post(url, {"prompt": "x"}, {**HEADERS, header: scheme + user_token("C1001")})
    assert [call.invocation.user for call in toolbox.calls] == [signed_in("C1001")]


async def test_a_token_over_its_time_asks_for_a_new_sign_in_and_reaches_no_model() -> None:
    model = ScriptedModel(says("never"))
    token = user_token("C1001", "canary", exp=int(NOW.timestamp()))
    async with serving(create_app(service(model, USER_CLAIM="username")), lifespan=True) as url:
        answered = events(await post(url, {"prompt": "x"}, {**HEADERS, FORWARDED: token}))
    assert [(event["type"], event["code"]) for event in answered] == [("error", "sign_in_required")]
    assert "canary" not in str(answered)
    assert model.asked == []


async def test_a_user_said_twice_is_refused_however_alike() -> None:
    model, token = ScriptedModel(says("never")), user_token("C1001")
    bearer = f"Bearer {token}"
    doubled = [
        [("Authorization", bearer), (FORWARDED, token)],
        [("Authorization", bearer), ("authorization", bearer)],
        [(FORWARDED, token), (FORWARDED.lower(), token)],
    ]
    async with (
        serving(create_app(service(model, USER_CLAIM="username")), lifespan=True) as url,
        httpx.AsyncClient(trust_env=False, timeout=20) as client,
    ):
        for pair in doubled:
            headers = [*HEADERS.items(), *pair]
            response = await client.post(f"{url}/invocations", content=b'{"prompt": "x"}', headers=headers)
            assert events(response)[0]["code"] == "bad_request"
    assert model.asked == []


@pytest.mark.parametrize(
    ("header", "value"), [("Authorization", "Bearer canary"), (FORWARDED, "canary"), (FORWARDED, "")]
)
async def test_a_system_without_users_does_not_look_at_a_users_token(header: str, value: str) -> None:
    toolbox = Tools()
    async with serving(create_app(service(ScriptedModel(says("x")), toolbox)), lifespan=True) as url:
        answered = events(await post(url, {"prompt": "x"}, {**HEADERS, header: value}))
    assert answered[-1]["type"] == "done"
    assert [call.invocation.user for call in toolbox.calls] == [None]


async def test_one_requests_user_is_not_the_next_ones() -> None:
    toolbox = Tools()
    app = create_app(service(ScriptedModel(says("x"), says("y")), toolbox, USER_CLAIM="username"))
    other = {**HEADERS, "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": OTHER_SESSION}
    async with serving(app, lifespan=True) as url:
        await post(url, {"prompt": "x"}, {**HEADERS, FORWARDED: user_token("C1001")})
        await post(url, {"prompt": "x"}, other)
    assert [call.invocation.customer_id for call in toolbox.calls] == ["C1001", None]


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
