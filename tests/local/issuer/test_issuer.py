"""The issuer around its tokens: keys, discovery, which requests it answers at all, whose clock it follows."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from localcloud.issuer import SigningKeys, create_issuer
from localcloud.spec import UserPool
from tests.local.issuer.agents_kit import (
    BOOKING,
    NOW,
    ORIGIN,
    POOL,
    POOL_ID,
    TWO,
    Ask,
    claims_of,
    form_of,
    issuer,
)


def test_a_rotated_key_stops_live_tokens() -> None:
    own = SigningKeys.generate()

    async def run() -> tuple[str, str, list[str]]:
        async with issuer(own) as client:
            before = (await client.post("/oauth2/token", data=form_of(BOOKING))).json()["access_token"]
            own.rotate()
            after = (await client.post("/oauth2/token", data=form_of(BOOKING))).json()["access_token"]
            jwks = (await client.get(f"/{POOL_ID}/.well-known/jwks.json")).json()
            return before, after, [key["kid"] for key in jwks["keys"]]

    before, after, kids = asyncio.run(run())
    assert claims_of(before, own)["sub"] == claims_of(after, own)["sub"]
    header = json.loads(base64.urlsafe_b64decode(after.split(".")[0] + "=="))
    assert len(set(kids)) == 2
    assert header["kid"] == kids[0], "the new key does not sign"


def test_a_token_verifies_under_another_pools_key(ask: Ask) -> None:
    token = ask("POST", "/oauth2/token", data=form_of(BOOKING)).json()["access_token"]
    with pytest.raises(JoseError):
        jws.deserialize_compact(token, RSAKey.generate_key(2048), algorithms=["RS256"])


def test_discovery_names_endpoints_that_do_not_answer(ask: Ask) -> None:
    document = ask("GET", f"/{POOL_ID}/.well-known/openid-configuration").json()
    assert document["issuer"] == POOL.issuer
    assert ask("GET", document["jwks_uri"].removeprefix(ORIGIN)).json()["keys"]
    answer = ask("POST", document["token_endpoint"].removeprefix(ORIGIN), data=form_of(BOOKING))
    assert answer.status_code == 200
    assert "authorization_endpoint" not in document


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/oauth2/token", 405),
        ("PUT", "/oauth2/token", 405),
        ("POST", "/oauth2/token/", 404),
        ("GET", "/other/.well-known/jwks.json", 404),
        ("POST", f"/{POOL_ID}/.well-known/jwks.json", 405),
        ("GET", "/", 404),
    ],
)
def test_another_path_or_method_answers(ask: Ask, method: str, path: str, status: int) -> None:
    assert ask(method, path).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8702"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:9999"},
        {"Host": "localhost:8702.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_rebound_name_reads_the_issuer(ask: Ask, headers: Mapping[str, str]) -> None:
    assert ask("POST", "/oauth2/token", data=form_of(BOOKING), headers=headers).status_code == 421


def test_tokens_follow_the_wall_clock_instead_of_the_injected_one(keys: SigningKeys) -> None:
    later = NOW + timedelta(days=400)
    app = create_issuer(POOL, keys, lambda: later)

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
            return await client.post("/oauth2/token", data=form_of(TWO))

    claims = claims_of(asyncio.run(run()).json()["access_token"], keys)
    assert claims["exp"] - int(later.timestamp()) == 3600


def test_an_issuer_url_of_another_pool_is_served() -> None:
    wrong = UserPool(POOL_ID, f"{ORIGIN}/other", "air", (), ())
    with pytest.raises(ValueError, match="other"):
        create_issuer(wrong, SigningKeys.generate(), lambda: NOW)


def test_a_secret_shows_in_a_representation() -> None:
    assert "booking-secret" not in repr(POOL)
