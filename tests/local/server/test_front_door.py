"""The front door: the signed service name chooses, and only local programs that hold the key control."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from localcloud.control import Control, create_control
from localcloud.server.frontdoor import FrontDoor
from localcloud.telemetry.events import EventLog

URL = "http://127.0.0.1:8700"
KEY = "control-key"


def named(name: str) -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(f"{name} {Request(scope).url.path}")(scope, receive, send)

    return app


def signed(service: str) -> dict[str, str]:
    credential = f"LOCAL.someone/20261121/eu-west-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"
    }


@pytest.fixture
def events() -> EventLog:
    return EventLog()


@pytest.fixture
def client(events: EventLog) -> httpx.AsyncClient:
    return door(events)


def door(events: EventLog, unsigned: dict[str, ASGIApp] | None = None) -> httpx.AsyncClient:
    tokens, users = {"booker": "a-token"}, {"C1001": "a-user-token"}
    control = Control(
        key=KEY,
        status=lambda: {"stage": "a-dev"},
        events=events,
        token=tokens.get,
        user_token=users.get,
    )
    services = {"dynamodb": named("tables"), "bedrock": named("model")}
    app = FrontDoor(URL, services, create_control(control), unsigned)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL)


async def ask(client: httpx.AsyncClient, path: str = "/", **more: Any) -> httpx.Response:
    async with client:
        return await client.request(more.pop("method", "GET"), path, **more)


@pytest.mark.anyio
@pytest.mark.parametrize(("service", "answer"), [("dynamodb", "tables /x"), ("bedrock", "model /x")])
async def test_the_signed_service_chooses(client: httpx.AsyncClient, service: str, answer: str) -> None:
    assert (await ask(client, "/x", headers=signed(service))).text == answer


@pytest.mark.anyio
async def test_an_unknown_service_is_refused_by_name(client: httpx.AsyncClient) -> None:
    reply = await ask(client, headers=signed("kinesis"))
    assert (reply.status_code, "'kinesis'" in reply.text) == (501, True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=a/b/c",
        "AWS4-HMAC-SHA256 Credential=a/20261121/r/dynamodb/aws4",
        "AWS4-HMAC-SHA256 Credential=a/20261121/r/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
        f"{signed('dynamodb')['Authorization']}, {signed('bedrock')['Authorization'].split(' ', 1)[1]}",
    ],
)
async def test_an_unsigned_request_is_refused(client: httpx.AsyncClient, value: str) -> None:
    assert (await ask(client, headers={"Authorization": value})).status_code == 403


@pytest.mark.anyio
async def test_two_authorization_headers_are_refused(client: httpx.AsyncClient) -> None:
    pair = [("Authorization", signed("dynamodb")["Authorization"])] * 2
    assert (await ask(client, headers=pair)).status_code == 403


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": "127.0.0.1:1"}, {"Origin": "https://evil.example"}]
)
async def test_a_page_in_a_browser_cannot_reach_it(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for path in ("/x", "/_airside/status"):
        async with httpx.AsyncClient(transport=client._transport, base_url=URL) as fresh:
            reply = await fresh.get(path, headers={**signed("dynamodb"), "X-Airside-Key": KEY, **headers})
        assert reply.status_code == 421


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers", [{}, {"X-Airside-Key": "wrong"}, {"X-Airside-Key": ""}, {"X-Airside-Key": "키".encode()}]
)
@pytest.mark.parametrize("path", ["status", "events", "token", "user-token"])
async def test_control_wants_the_key(client: httpx.AsyncClient, path: str, headers: Any) -> None:
    method = "POST" if path.endswith("token") else "GET"
    assert (await ask(client, f"/_airside/{path}", method=method, headers=headers)).status_code == 403


@pytest.mark.anyio
async def test_control_shows_status_events_and_tokens(client: httpx.AsyncClient, events: EventLog) -> None:
    trace = "a" * 32
    events.record({"event": "decision", "layer": "policy", "trace_id": trace})
    events.record({"event": "decision", "layer": "policy", "trace_id": None})
    key = {"X-Airside-Key": KEY}
    async with client:
        assert (await client.get("/_airside/status", headers=key)).json() == {"stage": "a-dev"}
        found = (await client.get(f"/_airside/events?trace_id={trace}", headers=key)).json()
        assert [event["trace_id"] for event in found["events"]] == [trace]
        token = await client.post("/_airside/token", headers=key, json={"agent": "booker"})
        assert token.json() == {"access_token": "a-token"}
        user = await client.post("/_airside/user-token", headers=key, json={"user": "C1001"})
        assert (user.json(), user.headers["cache-control"]) == ({"access_token": "a-user-token"}, "no-store")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status"),
    [({"agent": "nobody"}, 404), ({}, 400), ({"agent": 7}, 400), ([], 400), ("x" * 5000, 413)],
)
async def test_control_refuses_bad_token_requests(client: httpx.AsyncClient, body: Any, status: int) -> None:
    reply = await ask(
        client, "/_airside/token", method="POST", headers={"X-Airside-Key": KEY}, content=json.dumps(body)
    )
    assert (reply.status_code, "a-token" in reply.text) == (status, False)


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["trace_id=zz", "after=-1", "after=x", "trace_id=" + "A" * 32])
async def test_control_refuses_bad_filters(client: httpx.AsyncClient, query: str) -> None:
    assert (await ask(client, f"/_airside/events?{query}", headers={"X-Airside-Key": KEY})).status_code == 400


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status"),
    [({"user": "C9999"}, 404), ({"agent": "C1001"}, 400), ({"user": ["C1001"]}, 400), ("x" * 5000, 413)],
)
async def test_control_gives_no_stranger_a_users_token(
    client: httpx.AsyncClient, body: Any, status: int
) -> None:
    headers = {"X-Airside-Key": KEY}
    reply = await ask(
        client, "/_airside/user-token", method="POST", headers=headers, content=json.dumps(body)
    )
    assert (reply.status_code, "a-user-token" in reply.text) == (status, False)


@pytest.mark.anyio
async def test_a_platform_without_users_knows_none(events: EventLog) -> None:
    control = Control(key=KEY, status=dict, events=events, token={"booker": "a-token"}.get)
    app = FrontDoor(URL, {}, create_control(control))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=URL) as client:
        reply = await client.post(
            "/_airside/user-token", headers={"X-Airside-Key": KEY}, json={"user": "guest"}
        )
    assert reply.status_code == 404


UNSIGNED = [{}, {"Authorization": "Bearer x"}, {"Authorization": ""}]


@pytest.mark.anyio
@pytest.mark.parametrize("headers", UNSIGNED)
@pytest.mark.parametrize(
    ("path", "status"),
    [("/runtimes/x", 200), ("/runtimes", 403), ("/memories/x", 403), ("/x/runtimes/", 403)],
)
async def test_only_agents_are_reached_without_a_signature(
    events: EventLog, headers: dict[str, str], path: str, status: int
) -> None:
    client = door(events, {"/runtimes/": named("agents")})
    reply = await ask(client, path, headers=headers)
    assert (reply.status_code, reply.text == f"agents {path}") == (status, status == 200)


@pytest.mark.anyio
async def test_a_signature_is_not_overlooked_where_none_is_needed(events: EventLog) -> None:
    for service, answer in (("dynamodb", "tables /runtimes/x"), ("kinesis", None)):
        reply = await ask(
            door(events, {"/runtimes/": named("agents")}), "/runtimes/x", headers=signed(service)
        )
        assert (reply.status_code, reply.text == answer) == ((200, True) if answer else (501, False))


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_a_page_in_a_browser_cannot_reach_an_agent_with_a_token(
    events: EventLog, headers: dict[str, str]
) -> None:
    client = door(events, {"/runtimes/": named("agents")})
    reply = await ask(client, "/runtimes/x", headers={"Authorization": "Bearer x", **headers})
    assert reply.status_code == 421
