"""A question from the page: put as the command puts it, for whom the request says, and for nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from localcloud.client import OPERATOR, USER_TO_RUNTIME
from localcloud.control import Control, create_control
from localcloud.control.asking import Asking, routes
from localcloud.spec import JwtAuthorizer, LocalSystem
from localcloud.telemetry.events import EventLog
from tests.local.identity.conftest import local_system
from tests.local.issuer.users_kit import CONSOLE, ORIGIN, POOL

KEY = {"X-Airside-Key": "k"}
SESSION = "s" * 36
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
URL = "http://127.0.0.1:8700"
TOKENS = {"C1001": "token-of-c1001", "guest": "token-of-the-guest"}


class Runtimes:
    """Takes invocations, and notes each."""

    def __init__(self) -> None:
        self.asked: list[tuple[Scope, dict[str, Any]]] = []
        self.after: Message | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append((scope, json.loads(await request.body())))
        await PlainTextResponse("data: {}\n\n", media_type="text/event-stream")(scope, receive, send)
        self.after = await receive()

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.asked[0][0]["headers"]}


def system(*, users: bool = True) -> LocalSystem:
    made = local_system(ORIGIN)
    entry = made.runtimes[0]
    if users:
        authorizer = JwtAuthorizer(f"{POOL.issuer}/.well-known/openid-configuration")
        entry = replace(entry, authorizer=authorizer, endpoints=("dev",))
    pool = replace(POOL, clients=(CONSOLE,)) if users else None
    return replace(made, runtimes=(entry, *made.runtimes[1:]), entry_agent=entry.agent, users=pool)


def ask(
    runtimes: Runtimes, body: object, headers: Mapping[str, str] = KEY, *, users: bool = True
) -> httpx.Response:
    asking = Asking(system(users=users), runtimes, TOKENS.get)
    control = Control(key="k", status=dict, events=EventLog(), token=lambda _: None, more=routes(asking))
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=create_control(control))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            return await client.post("/_airside/ask", content=content, headers=dict(headers))

    return asyncio.run(run())


@pytest.mark.parametrize(("customer", "token"), [("C1001", "token-of-c1001"), (None, "token-of-the-guest")])
def test_a_question_is_put_for_somebody_else(customer: str | None, token: str) -> None:
    runtimes = Runtimes()
    body = {"prompt": "내일 항공편", "session_id": SESSION, "customer": customer, "language": "ko"}
    answer = ask(runtimes, body, {**KEY, "traceparent": TRACE})
    assert (answer.status_code, answer.text) == (200, "data: {}\n\n")
    scope, payload = runtimes.asked[0]
    assert payload == {"prompt": "내일 항공편", "language": "ko"}
    assert runtimes.headers["authorization"] == f"Bearer {token}"
    assert runtimes.headers["x-amzn-bedrock-agentcore-runtime-session-id"] == SESSION
    assert runtimes.headers["traceparent"] == TRACE
    assert scope["raw_path"].startswith(b"/runtimes/arn%3Aaws%3A")
    assert scope["query_string"] == b"qualifier=dev"
    assert "x-airside-key" not in runtimes.headers, "no agent gets to know the key"
    assert runtimes.after == {"type": "http.disconnect"}, "a reader that goes away would not be noticed"


def test_a_system_without_users_cannot_be_asked() -> None:
    runtimes = Runtimes()
    assert ask(runtimes, {"prompt": "x", "session_id": SESSION}, users=False).status_code == 200
    assert f"Credential={OPERATOR}/" in runtimes.headers["authorization"]
    assert USER_TO_RUNTIME.lower() not in runtimes.headers
    assert runtimes.asked[0][1] == {"prompt": "x"}
    named = {"prompt": "x", "session_id": SESSION, "customer": "C1001"}
    assert ask(Runtimes(), named, users=False).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{" * 5000, 400),
        ({"prompt": "x"}, 400),
        ({"session_id": SESSION}, 400),
        ({"prompt": 1, "session_id": SESSION}, 400),
        ({"prompt": "x", "session_id": None}, 400),
        ({"prompt": "x", "session_id": SESSION + "\r\nX-Other: 1"}, 400),
        ({"prompt": "x", "session_id": "세션" * 20}, 400),
        ({"prompt": "x", "session_id": SESSION, "agent": "booking"}, 400),
        ({"prompt": "x", "session_id": SESSION, "customer": 7}, 400),
        ({"prompt": "x", "session_id": SESSION, "customer": "C9999"}, 404),
        ({"prompt": "x" * 70_000, "session_id": SESSION}, 413),
    ],
)
def test_a_malformed_question_reaches_an_agent(body: object, status: int) -> None:
    runtimes = Runtimes()
    assert ask(runtimes, body).status_code == status
    assert runtimes.asked == []


@pytest.mark.parametrize("headers", [{}, {"X-Airside-Key": "K"}, {"X-Airside-Key": ""}])
def test_somebody_without_the_key_asks_as_the_operator(headers: Mapping[str, str]) -> None:
    runtimes = Runtimes()
    refused = ask(runtimes, {"prompt": "x", "session_id": SESSION}, headers)
    assert (refused.status_code, runtimes.asked) == (403, [])
