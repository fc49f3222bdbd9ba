"""The token vault against token endpoints that are slow, broken or lie: one request for all, nothing leaked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud.identity.api import OutboundError
from localcloud.identity.vault import LONGEST, MAX_ANSWER, Vault
from localcloud.server import ports
from localcloud.server.serving import Serving
from localcloud.spec import OAuthProvider
from tests.local.identity.conftest import Clock, provider, secret

pytestmark = pytest.mark.anyio
SOUND: dict[str, Any] = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 600}


class Endpoint:
    """A token endpoint that answers what it is told to, once it may."""

    def __init__(self) -> None:
        self.answer: Any = SOUND
        self.status = 200
        self.requests: list[dict[str, str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        form = {key: str(value) for key, value in (await request.form()).items()}
        self.requests.append({**form, "authorization": request.headers.get("authorization", "")})
        await self.open.wait()
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        await Response(body, self.status, {"location": "/elsewhere"})(scope, receive, send)


class World:
    def __init__(self, endpoint: Endpoint, vault: Vault, provider: OAuthProvider, clock: Clock) -> None:
        self.endpoint = endpoint
        self.vault = vault
        self.provider = provider
        self.clock = clock

    async def token(self, *scopes: str, fresh: bool = False) -> str:
        return await self.vault.token(self.provider, scopes, fresh=fresh)


@asynccontextmanager
async def running(client_auth: str = "CLIENT_SECRET_BASIC") -> AsyncIterator[World]:
    endpoint, clock = Endpoint(), Clock()
    bound, serving, vault = ports.bind(0, ()), Serving(), Vault(clock)
    await serving.start(endpoint, bound.issuer)
    made = provider(
        "flights", f"{ports.url(bound.issuer)}/token", provider="flights", client_auth=client_auth
    )
    try:
        yield World(endpoint, vault, made, clock)
    finally:
        endpoint.open.set()
        await vault.aclose()
        await serving.stop()
        bound.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as made:
        yield made


async def until_asked(world: World, times: int) -> None:
    async with asyncio.timeout(60):
        while len(world.endpoint.requests) < times:
            await asyncio.sleep(0.005)


async def test_scopes_and_client_are_sent_as_the_provider_wants_them(world: World) -> None:
    await world.token("read", "write")
    (asked,) = world.endpoint.requests
    assert (asked["grant_type"], asked["scope"]) == ("client_credentials", "read write")
    assert asked["authorization"].startswith("Basic ")
    assert "client_secret" not in asked
    async with running("CLIENT_SECRET_POST") as other:
        await other.token()
        (asked,) = other.endpoint.requests
        assert (asked["client_secret"], asked["authorization"]) == (secret("flights"), "")
        assert "scope" not in asked


async def test_each_set_of_scopes_has_a_token_of_its_own(world: World) -> None:
    for scopes in ((), ("read",), ("read", "write"), ("read",)):
        await world.token(*scopes)
    assert len(world.endpoint.requests) == 3


async def test_many_who_ask_a_provider_that_is_down_make_one_request(world: World) -> None:
    world.endpoint.open.clear()
    world.endpoint.status = 503
    asking = [asyncio.ensure_future(world.token()) for _ in range(20)]
    await until_asked(world, 1)
    world.endpoint.open.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert {(type(outcome), str(outcome)) for outcome in outcomes} == {
        (OutboundError, "flights: its token endpoint refused (503)")
    }
    assert len(world.endpoint.requests) == 1
    # A failure is not remembered.
    world.endpoint.status = 200
    assert await world.token() == "token-1"


async def test_a_caller_that_goes_away_does_not_take_the_token_from_the_others(world: World) -> None:
    world.endpoint.open.clear()
    first, second = (asyncio.ensure_future(world.token()) for _ in range(2))
    await until_asked(world, 1)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    world.endpoint.open.set()
    assert await second == "token-1"
    assert len(world.endpoint.requests) == 1


async def test_closing_ends_who_still_waits(world: World) -> None:
    world.endpoint.open.clear()
    waiting = asyncio.ensure_future(world.token())
    await until_asked(world, 1)
    await world.vault.aclose()
    with pytest.raises(OutboundError, match="being stopped"):
        await waiting


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, {"error": "invalid_client", "error_description": "the-body"}, r"refused \(401\)"),
        (302, SOUND, r"refused \(302\)"),
        (201, SOUND, r"refused \(201\)"),
        (200, b"{", "no access token"),
        (200, b"[" * 50_000, "no access token"),
        (200, [], "no access token"),
        (200, {**SOUND, "access_token": ""}, "no access token"),
        (200, {**SOUND, "access_token": "a\r\nb"}, "no access token"),
        (200, {**SOUND, "access_token": 7}, "no access token"),
        (200, {**SOUND, "padding": "x" * MAX_ANSWER}, "no access token"),
        (200, {**SOUND, "token_type": "mac"}, "no bearer token"),
        (200, {"access_token": "token-1", "expires_in": 600}, "no bearer token"),
        (200, {**SOUND, "expires_in": None}, "no lifetime"),
        (200, {**SOUND, "expires_in": True}, "no lifetime"),
        (200, {**SOUND, "expires_in": 0}, "no lifetime"),
        (200, {**SOUND, "expires_in": -600}, "no lifetime"),
        (200, {**SOUND, "expires_in": "600"}, "no lifetime"),
    ],
    ids=range(17),
)
async def test_an_answer_that_is_not_sound_is_told_without_its_content(
    world: World, status: int, answer: Any, told: str
) -> None:
    world.endpoint.status, world.endpoint.answer = status, answer
    with pytest.raises(OutboundError, match=f"flights: .*{told}") as caught:
        await world.token()
    assert caught.value.__cause__ is None
    for hidden in (secret("flights"), "token-1", "the-body"):
        assert hidden not in str(caught.value)


@pytest.mark.parametrize("seconds", [LONGEST * 10, 10**30])
async def test_no_token_is_kept_longer_than_a_day(world: World, seconds: int) -> None:
    world.endpoint.answer = {**SOUND, "expires_in": seconds}
    await world.token()
    world.clock.passes(LONGEST - 61)
    await world.token()
    assert len(world.endpoint.requests) == 1
    world.clock.passes(2)
    await world.token()
    assert len(world.endpoint.requests) == 2


async def test_a_forced_token_replaces_the_kept_one(world: World) -> None:
    assert await world.token() == "token-1"
    world.endpoint.answer = {**SOUND, "access_token": "token-2"}
    assert await world.token() == "token-1"
    assert await world.token(fresh=True) == "token-2"
    assert await world.token() == "token-2"
    assert "token-2" not in repr(world.vault.__dict__)


async def test_a_way_of_authenticating_without_a_stand_in_sends_nothing() -> None:
    async with running("PRIVATE_KEY_JWT") as world:
        with pytest.raises(OutboundError, match="PRIVATE_KEY_JWT"):
            await world.token()
        assert world.endpoint.requests == []
