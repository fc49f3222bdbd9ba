"""What the authorizer is configured with, what it remembers, and the keys it uses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from localcloud.gateway import InProcessKeys, IssuerKeys, KeysUnavailable
from localcloud.gateway.authorizer import Authorizer
from localcloud.issuer import SigningKeys
from localcloud.spec import JwtAuthorizer
from tests.local.gateway.kit import NOW, Clock, World, claims, keys, rpc, token
from tests.local.gateway.parts import ISSUER, gateway


@pytest.mark.parametrize(
    ("settings", "claim", "status"),
    [
        (JwtAuthorizer("", allowed_audience=("api",)), {"aud": "api"}, 200),
        (JwtAuthorizer("", allowed_audience=("api", "b")), {"aud": ["x", "b"]}, 200),
        (JwtAuthorizer("", allowed_audience=("api",)), {"aud": "apix"}, 401),
        (JwtAuthorizer("", allowed_audience=("api",)), {"aud": [["api"]]}, 401),
        (JwtAuthorizer("", allowed_audience=("api",)), {}, 401),
        (JwtAuthorizer("", ("api",), ("client-booking",)), {"aud": "api"}, 200),
        (JwtAuthorizer("", ("api",), ("client-loyalty",)), {"aud": "api"}, 401),
        (JwtAuthorizer("", ("api",), ("client-booking",), ("air/agent.booking",)), {}, 401),
    ],
)
def test_one_kind_of_restriction_stands_for_all(
    settings: JwtAuthorizer, claim: dict[str, Any], status: int
) -> None:
    plain = gateway().authorizer
    configured = JwtAuthorizer(
        plain.discovery_url, settings.allowed_audience, settings.allowed_clients, settings.allowed_scopes
    )
    world = World(gateway(authorizer=configured))
    assert world.post(rpc("ping"), bearer=token(**claim)).status_code == status


def test_an_authorizer_that_allows_everyone_starts() -> None:
    with pytest.raises(ValueError, match="allows every token"):
        World(gateway(authorizer=JwtAuthorizer(gateway().authorizer.discovery_url)))


def test_a_remembered_token_outlives_its_expiry() -> None:
    world = World(gateway())
    bearer = token()
    assert world.post(rpc("ping"), bearer=bearer).status_code == 200
    world.clock.advance(899)
    assert world.post(rpc("ping"), bearer=bearer).status_code == 200
    world.clock.advance(1)
    assert world.post(rpc("ping"), bearer=bearer).status_code == 401


def test_a_withdrawn_key_keeps_its_remembered_tokens() -> None:
    own = SigningKeys.generate()
    published = own.jwks()
    world = World(gateway(), source=InProcessKeys(ISSUER, lambda: published))
    bearer = own.sign(claims())
    assert world.post(rpc("ping"), bearer=bearer).status_code == 200
    published["keys"].clear()
    world.clock.advance(301)
    assert world.post(rpc("ping"), bearer=bearer).status_code == 401


def test_a_rotated_key_is_not_found() -> None:
    own = SigningKeys.generate()
    world = World(gateway(), source=InProcessKeys(ISSUER, own.jwks))
    old = own.sign(claims())
    assert world.post(rpc("ping"), bearer=old).status_code == 200
    own.rotate()
    assert world.post(rpc("ping"), bearer=own.sign(claims())).status_code == 200
    assert world.post(rpc("ping"), bearer=own.sign(claims("loyalty"))).status_code == 200
    assert world.post(rpc("ping", 2), bearer=old).status_code == 200


def _jwk(**changes: Any) -> dict[str, Any]:
    whole = {**keys().jwks()["keys"][0], **changes}
    return {name: value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize(
    "published",
    [
        [],
        [_jwk(), _jwk()],
        [_jwk(use="enc")],
        [_jwk(alg="RS512")],
        [_jwk(kid=None)],
        [_jwk(n=None)],
        [_jwk(n="AQAB")],
        [_jwk(n="!!!")],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": _jwk()["kid"]}],
    ],
    ids=["empty", "kid twice", "enc", "other alg", "no kid", "no modulus", "short", "garbage", "symmetric"],
)
def test_an_unusable_key_verifies(published: list[dict[str, Any]]) -> None:
    world = World(gateway(), source=InProcessKeys(ISSUER, lambda: {"keys": published}))
    assert world.post(rpc("ping")).status_code == 401


def test_unreachable_keys_let_a_token_in() -> None:
    async def unreachable(discovery_url: str, *, refresh: bool = False) -> IssuerKeys:
        raise KeysUnavailable(f"{discovery_url} {refresh}")

    world = World(gateway(), source=unreachable)
    assert world.post(rpc("ping")).status_code == 401
    assert world.events[-1]["reason"] == "keys_unavailable"


def test_remembered_tokens_grow_without_bound() -> None:
    source = InProcessKeys(ISSUER, keys().jwks)
    authorizer = Authorizer(gateway().authorizer, source, Clock(), remember=3)

    async def run() -> None:
        for number in range(6):
            await authorizer([f"Bearer {token(jti=str(number))}".encode()])

    asyncio.run(run())
    assert authorizer.remembered == 3


def test_the_clock_of_the_kit_moves() -> None:
    clock = Clock()
    clock.advance(5)
    assert (clock() - NOW).total_seconds() == 5
