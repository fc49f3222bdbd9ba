"""What the platform is composed of: child environments, provider stand-ins, tokens for calls, servers."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from localcloud.errors import SystemFolderError
from localcloud.issuer import SigningKeys
from localcloud.server import ports, providers
from localcloud.server.agentcore import AgentCore
from localcloud.server.callers import AgentNames, TokensForCalls
from localcloud.server.environment import Aws
from localcloud.server.serving import Serving, together
from localcloud.spec import Client, KeyProvider, LocalSystem, OAuthProvider, UserPool
from localcloud.telemetry.events import EventLog
from tests.local.identity.conftest import local_system

SOUND = """
from {helper} import answer
from starlette.applications import Starlette
from starlette.routing import Route

def application(*, client_id, client_secret, clock):
    async def token(request):
        return answer(client_id, client_secret, clock())
    return Starlette(routes=[Route("/token", token)])
"""
HELPER = """
from starlette.responses import PlainTextResponse

def answer(*parts):
    return PlainTextResponse(" ".join(map(str, parts)))
"""
POOL = UserPool(
    pool_id="pool",
    issuer="http://127.0.0.1:1/pool",
    domain="d",
    scopes=("airline/agent.booking",),
    clients=(
        Client("booking", "client1", "secret1", ("airline/agent.booking",), ("client_credentials",), 900),
    ),
)


def now() -> datetime:
    return datetime(2026, 11, 21, tzinfo=UTC)


def provider(name: str, stand_in: str | None) -> OAuthProvider:
    return OAuthProvider(name, f"arn:{name}", "http://127.0.0.1:1/token", "id1", "secret1", provider=stand_in)


KEY = KeyProvider("key", "arn:key", "weather", "k3y")


def stage(*oauth: OAuthProvider) -> LocalSystem:
    return replace(local_system("http://127.0.0.1:1"), oauth_providers=oauth)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A system's folder with the stand-in `weather` and a module it shares."""
    stand_ins = tmp_path / "providers"
    stand_ins.mkdir()
    # Imported by its bare name, so each test's has a name of its own.
    helper = f"shared_{abs(hash(tmp_path))}"
    (stand_ins / f"{helper}.py").write_text(HELPER, encoding="utf-8")
    (stand_ins / "weather.py").write_text(SOUND.format(helper=helper), encoding="utf-8")
    (stand_ins / "_draft.py").write_text("def application(): ...", encoding="utf-8")
    return tmp_path


def test_each_child_signs_as_itself_and_nothing_leads_it_elsewhere() -> None:
    aws = Aws(endpoint="http://127.0.0.1:8700", region="eu-west-1")
    one, two = aws.variables("airline_dev_booking"), aws.variables("tool")
    assert one["AWS_ACCESS_KEY_ID"] == "LOCAL.airline_dev_booking"
    assert {name for name in one if one[name] != two[name]} == {"AWS_ACCESS_KEY_ID"}
    assert one["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "false"
    assert one["AWS_SECRET_ACCESS_KEY"] not in repr(aws)
    again = Aws(endpoint="http://127.0.0.1:8700", region="eu-west-1")
    assert again.variables("tool")["AWS_SECRET_ACCESS_KEY"] != two["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.anyio
async def test_a_stand_in_is_found_and_gets_its_stages_client(folder: Path) -> None:
    assert providers.names(folder) == ("weather",)
    held = providers.credentials(stage(provider("agent", None), provider("outbound", "weather")), folder)
    loaded = providers.load_all(folder, held, now)
    assert list(loaded) == ["weather"]
    transport = httpx.ASGITransport(loaded["weather"])
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/token")).text == f"id1 secret1 {now()}"


def test_a_stand_in_for_two_clients_is_refused(folder: Path) -> None:
    with pytest.raises(SystemFolderError, match=r"weather\.py: second .*accepts one\."):
        providers.credentials(stage(provider("first", "weather"), provider("second", "weather")), folder)
    both = replace(stage(provider("first", "weather")), key_providers=(KEY,))
    with pytest.raises(SystemFolderError, match=r"weather\.py: key .*accepts one\."):
        providers.credentials(both, folder)


def test_a_stand_in_gets_what_its_provider_is_reached_with_and_no_more(folder: Path) -> None:
    system = replace(stage(), key_providers=(KEY,), providers=("moon", "weather"))
    assert providers.credentials(system, folder) == {"moon": {}, "weather": {"api_key": "k3y"}}
    assert "k3y" not in repr(system)


@pytest.mark.parametrize(
    "text", ["def application(", "raise ValueError('x')\ndef application(): ...", "# def application(\n"]
)
def test_a_broken_stand_in_is_named(folder: Path, text: str) -> None:
    (folder / "providers" / "weather.py").write_text(text, encoding="utf-8")
    with pytest.raises(SystemFolderError, match=r"weather\.py: cannot be started"):
        providers.load_all(folder, {"weather": {"client_id": "id1", "client_secret": "secret1"}}, now)


def test_a_system_without_providers_has_none(tmp_path: Path) -> None:
    assert providers.names(tmp_path) == ()


def test_events_of_the_gateway_name_agents() -> None:
    events = EventLog()
    named = AgentNames(events, POOL)
    decision = {"event": "decision", "layer": "policy", "trace_id": None}
    for client, agent in (("client1", None), ("client1", "told"), ("unknown", None), (None, None)):
        named.record({**decision, "client": client, "agent": agent})
    assert [event["agent"] for event in events.select()] == ["booking", "told", None, None]


def test_a_token_for_a_call_is_the_agents_own_or_none() -> None:
    tokens = TokensForCalls(POOL, SigningKeys.generate(), now)
    token = tokens("booking")
    assert token is not None
    assert token.count(".") == 2
    assert token != tokens("booking")
    assert tokens("nobody") is None


def answering(text: str) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(text)(scope, receive, send)

    return app


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/runtimes/arn/invocations", 200, "runtimes"),
        ("/memories/id/events", 200, "memories"),
        ("/runtimesx/y", 404, "/runtimesx/y"),
        ("/code-interpreters/x", 404, "no local stand-in"),
        ("/", 404, "no local stand-in"),
        ("//runtimes/x", 404, "no local stand-in"),
    ],
)
async def test_the_path_decides_which_api_is_meant(path: str, status: int, text: str) -> None:
    core = AgentCore({name: answering(name) for name in ("runtimes", "memories")})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(core), base_url="http://x") as client:
        reply = await client.post(f"http://x{path}")
    assert (reply.status_code, text in reply.text) == (status, True)


@pytest.mark.anyio
async def test_the_first_failure_ends_the_others_before_it_is_told() -> None:
    ended = asyncio.Event()

    async def other() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            ended.set()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        await together(other(), fails())
    assert ended.is_set()


@pytest.mark.anyio
async def test_stopping_cuts_off_who_does_not_end_and_frees_the_ports(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = asyncio.Event()

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        begun.set()
        await asyncio.sleep(3600)

    bound = ports.bind(0, ())
    url, serving = ports.url(bound.front), Serving()
    await serving.start(endless, bound.front)
    async with httpx.AsyncClient(trust_env=False) as client:
        asking = asyncio.ensure_future(client.get(url))
        await begun.wait()
        await serving.stop()
        with pytest.raises(httpx.RemoteProtocolError):
            await asking
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((ports.HOST, int(url.rsplit(":", 1)[1])))
    bound.close()
    assert not [
        record for record in caplog.records if record.levelno >= logging.ERROR and not record.exc_info
    ]


@pytest.mark.anyio
async def test_a_fault_of_a_stand_in_is_still_shown(caplog: pytest.LogCaptureFixture) -> None:
    async def faulty(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    bound = ports.bind(0, ())
    serving = Serving()
    await serving.start(faulty, bound.front)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(ports.url(bound.front))).status_code == 500
    await serving.stop()
    bound.close()
    assert [record.exc_info is not None for record in caplog.records if record.levelno >= logging.ERROR] == [
        True
    ]
