"""Keys over HTTP, from the real issuer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from localcloud.gateway import HttpKeys, KeysUnavailable
from localcloud.gateway.keys import InProcessKeys, issuer_of
from localcloud.issuer import SigningKeys, create_issuer
from localcloud.spec import UserPool
from tests.local.gateway.kit import Clock, World, claims, rpc
from tests.local.gateway.parts import ISSUER, gateway

DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
JWKS = f"{ISSUER}/.well-known/jwks.json"


class Counting(httpx.AsyncBaseTransport):
    """Passes requests on and remembers their paths."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        return await self.inner.handle_async_request(request)


class Fixed(httpx.AsyncBaseTransport):
    """Answers from a table of URLs."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers.get(str(request.url))
        if answer is None:
            raise httpx.ConnectError("refused", request=request)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(
            200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        )


def _issuer(own: SigningKeys, clock: Clock) -> Counting:
    pool = UserPool("pool_1", ISSUER, "air", (), ())
    return Counting(httpx.ASGITransport(app=create_issuer(pool, own, clock)))


def test_keys_are_fetched_for_every_token_or_never_again() -> None:
    own, clock = SigningKeys.generate(), Clock()
    transport = _issuer(own, clock)
    world = World(gateway(), source=HttpKeys(clock, transport), clock=clock)
    for number in range(3):
        assert world.post(rpc("ping"), bearer=own.sign(claims(jti=str(number)))).status_code == 200
    assert len(transport.paths) == 2
    clock.advance(301)
    assert world.post(rpc("ping"), bearer=own.sign(claims(jti="later"))).status_code == 200
    assert len(transport.paths) == 4


def test_a_rotated_key_waits_for_the_cache_or_unknown_ids_flood_the_issuer() -> None:
    own, clock = SigningKeys.generate(), Clock()
    transport = _issuer(own, clock)
    world = World(gateway(), source=HttpKeys(clock, transport), clock=clock)
    assert world.post(rpc("ping"), bearer=own.sign(claims())).status_code == 200
    own.rotate()
    clock.advance(6)
    assert world.post(rpc("ping"), bearer=own.sign(claims())).status_code == 200
    fetched = len(transport.paths)
    for _ in range(5):
        assert world.post(rpc("ping"), bearer=SigningKeys.generate().sign(claims())).status_code == 401
    assert len(transport.paths) == fetched


GOOD: dict[str, Any] = {DISCOVERY: {"issuer": ISSUER, "jwks_uri": JWKS}, JWKS: {"keys": []}}


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {**GOOD, DISCOVERY: b"{"},
        {**GOOD, DISCOVERY: b"[]"},
        {**GOOD, DISCOVERY: b'{"issuer":"x","issuer":"y"}'},
        {**GOOD, DISCOVERY: {"issuer": f"{ISSUER}/", "jwks_uri": JWKS}},
        {**GOOD, DISCOVERY: {"issuer": ISSUER}},
        {**GOOD, DISCOVERY: {"issuer": ISSUER, "jwks_uri": "http://evil.example/jwks"}},
        {**GOOD, DISCOVERY: httpx.Response(302, headers={"location": JWKS})},
        {**GOOD, DISCOVERY: httpx.Response(500)},
        {**GOOD, JWKS: {}},
        {**GOOD, JWKS: {"keys": {}}},
        {**GOOD, JWKS: {"keys": [1]}},
        {**GOOD, JWKS: b"x" * 300_000},
        {DISCOVERY: GOOD[DISCOVERY]},
    ],
)
def test_a_broken_issuer_gives_keys(answers: dict[str, Any]) -> None:
    source = HttpKeys(Clock(), Fixed(answers))
    with pytest.raises(KeysUnavailable):
        asyncio.run(source(DISCOVERY))


def test_stale_keys_serve_when_the_issuer_is_gone() -> None:
    clock = Clock()
    transport = Fixed(dict(GOOD))
    source = HttpKeys(clock, transport)
    assert asyncio.run(source(DISCOVERY)).keys == ()
    transport.answers.clear()
    assert asyncio.run(source(DISCOVERY)).issuer == ISSUER
    clock.advance(301)
    with pytest.raises(KeysUnavailable):
        asyncio.run(source(DISCOVERY))


def test_another_issuers_discovery_url_gets_these_keys() -> None:
    source = InProcessKeys(ISSUER, lambda: {"keys": []})
    with pytest.raises(KeysUnavailable):
        asyncio.run(source("http://127.0.0.1:8702/other/.well-known/openid-configuration"))


def test_a_discovery_url_of_another_form_is_taken() -> None:
    assert issuer_of("https://a.example/x/.well-known/oauth-authorization-server") == "https://a.example/x"
    with pytest.raises(ValueError, match="must end in"):
        issuer_of("https://a.example/keys")
