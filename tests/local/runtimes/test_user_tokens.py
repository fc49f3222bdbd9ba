"""An agent that users talk to: a token of the right pool and client, or a challenge, and never a signature."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from localcloud.errors import PlatformError
from localcloud.gateway.keys import InProcessKeys
from localcloud.issuer import SigningKeys
from localcloud.issuer.user_tokens import access_claims
from localcloud.runtimes import Bearers
from localcloud.runtimes.bearer import Doors
from localcloud.spec import Client, JwtAuthorizer, UserPool
from tests.local.identity.conftest import signing_keys
from tests.local.runtimes import kit
from tests.local.runtimes.kit import World
from tests.local.runtimes.test_refusals import pool, refused

pytestmark = pytest.mark.anyio
CONSOLE = Client("", "console", "", ("openid",), ("code",), 900, ("http://localhost:8700/",))
USERS = UserPool("users", "http://127.0.0.1:1/users", "people", (), (CONSOLE,))
AUTHORIZER = JwtAuthorizer(f"{USERS.issuer}/.well-known/openid-configuration", allowed_clients=("console",))
CUSTOM = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"
METADATA = "/.well-known/oauth-protected-resource"


def token(*, keys: SigningKeys | None = None, **change: Any) -> str:
    """A sound token of C1001; a change to None removes the claim."""
    claims = access_claims(USERS, CONSOLE, "C1001", datetime.now(UTC), scopes=("openid",))
    whole = {name: value for name, value in {**claims, **change}.items() if value is not None}
    return (keys or signing_keys()).sign(whole)


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


@pytest.fixture(scope="module")
async def shared_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """`booking` takes users' tokens and is told them; `loyalty` takes signatures."""
    folder = tmp_path_factory.mktemp("runtimes")
    booking = kit.runtime("booking", folder, authorizer=AUTHORIZER, headers=("Authorization",))
    loyalty = kit.runtime("loyalty", folder, headers=(CUSTOM,))
    grants = {"airline_dev_booking": (kit.may_invoke(loyalty), kit.may_invoke(booking))}
    stage = replace(kit.system(booking, loyalty, grants=grants), users=USERS)
    async with kit.running(stage, folder, keys=signing_keys()) as made:
        yield made


def challenge(world: World, qualifier: str = "DEFAULT") -> str:
    arn = quote(world.system.runtimes[0].arn, safe="")
    url = f"{world.url}/runtimes/{arn}/invocations{METADATA}?qualifier={qualifier}"
    return f'Bearer resource_metadata="{url}"'


async def test_a_users_token_lets_in_and_reaches_the_agent(world: World) -> None:
    sound = token()
    reply = await world.post("show", who=None, headers=bearer(sound))
    seen = dict(reply.json()["headers"])
    assert (reply.status_code, seen["authorization"]) == (200, f"Bearer {sound}")
    await kit.until(lambda: bool(world.events.select()))
    [event] = world.events.select()
    assert (event["agent"], event["caller"], event["user"], event["status"]) == ("booking", None, True, 200)


async def test_a_token_reaches_no_agent_whose_allowlist_is_silent(tmp_path: Path) -> None:
    booking = kit.runtime("booking", tmp_path, authorizer=AUTHORIZER)
    stage = replace(kit.system(booking), users=USERS)
    async with kit.running(stage, tmp_path, keys=signing_keys()) as world:
        seen = dict((await world.post("show", who=None, headers=bearer(token()))).json()["headers"])
    assert "authorization" not in seen


FORGED: dict[str, Any] = {
    "of another pool": {"iss": "http://127.0.0.1:1/pool"},
    "of another client": {"client_id": "client-of-booking"},
    "without a client": {"client_id": None},
    "an id token": {"token_use": "id"},
    "expired": {"exp": int((datetime.now(UTC) - timedelta(seconds=1)).timestamp())},
    "for ever": {"exp": None},
    "not yet": {"nbf": int((datetime.now(UTC) + timedelta(hours=1)).timestamp())},
}


@pytest.mark.parametrize("kind", [*FORGED, "of other keys", "unsigned", "cut short", "no token"])
async def test_another_token_is_answered_with_the_challenge(world: World, kind: str) -> None:
    if kind in FORGED:
        bad = token(**FORGED[kind])
    elif kind == "of other keys":
        bad = token(keys=SigningKeys.generate())
    elif kind == "unsigned":
        bad = ".".join(("eyJhbGciOiJub25lIn0", token().split(".")[1], ""))
    else:
        bad = token()[:-5] if kind == "cut short" else "nonsense"
    reply = await world.post("die", who=None, headers=bearer(bad))
    refused(reply, 401, "UnauthorizedException")
    assert reply.headers["www-authenticate"] == challenge(world)
    assert reply.json() == {"message": "Invalid Bearer token"}
    assert bad not in str(world.events.select()) + world.log()


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}])
async def test_no_token_is_answered_with_the_challenge(world: World, headers: dict[str, str]) -> None:
    reply = await world.post("die", who=None, headers=headers)
    refused(reply, 401, "UnauthorizedException")
    assert reply.headers["www-authenticate"] == challenge(world)
    assert reply.json() == {"message": "Missing Bearer token"}
    await kit.until(lambda: bool(world.events.select()))
    [event] = world.events.select()
    assert (event["user"], event["status"], event["agent"]) == (False, 401, None)
    assert event["reason"] in ("missing_token", "not_bearer")


@pytest.mark.parametrize("who", ["operator", "airline_dev_booking", "stranger"])
async def test_a_signature_is_no_token_whatever_the_role_allows(world: World, who: str) -> None:
    refused(await world.post("die", who=who), 401, "UnauthorizedException")
    assert world.pool.states()["booking"] == "ready"


async def test_a_token_is_no_signature(world: World) -> None:
    reply = await world.post("die", agent="loyalty", who=None, headers=bearer(token()))
    refused(reply, 403, "AccessDeniedException")
    assert "www-authenticate" not in reply.headers


@pytest.mark.parametrize("agent", ["booking", "loyalty"])
async def test_two_authorizations_are_none(world: World, agent: str) -> None:
    pairs = [
        ("authorization", kit.signature("operator")["authorization"]),
        ("Authorization", f"Bearer {token()}"),
    ]
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as client:
        for given in (pairs, pairs[::-1], [pairs[0]] * 2, [pairs[1]] * 2):
            reply = await client.post(world.path(agent), content=json.dumps({"do": "die"}), headers=given)
            assert reply.status_code == (401 if agent == "booking" else 403)


async def test_the_token_goes_on_to_a_specialist_in_the_listed_header_only(world: World) -> None:
    sent = {CUSTOM: "the-token", "X-Airside-User-Token": "no", f"{CUSTOM}-2": "no"}
    seen = dict(
        (await world.post("show", agent="loyalty", who="airline_dev_booking", headers=sent)).json()["headers"]
    )
    assert seen[CUSTOM.lower()] == "the-token"
    assert "no" not in seen.values()
    assert "authorization" not in seen, "a signature is no business of the agent's"


async def test_who_has_a_token_can_still_not_speak_for_another_or_reach_what_is_not_there(
    world: World,
) -> None:
    user = "X-Amzn-Bedrock-AgentCore-Runtime-User-Id"
    reply = await world.post("show", who=None, headers={**bearer(token()), user: "C1002"})
    refused(reply, 400, "ValidationException")
    reply = await world.post("show", who=None, query="?qualifier=live", headers=bearer(token()))
    refused(reply, 404, "ResourceNotFoundException")
    # Without one nobody learns which endpoints there are.
    reply = await world.post("show", who=None, query="?qualifier=live")
    refused(reply, 401, "UnauthorizedException")
    assert reply.headers["www-authenticate"] == challenge(world, "live")


async def test_a_qualifier_does_not_break_out_of_the_challenge(world: World) -> None:
    reply = await world.post("show", who=None, query="?qualifier=%22%2C%20x%3D%22%0D%0AX-Y%3A1" + "z" * 99)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].count('"') == 2
    assert "x-y" not in reply.headers


async def test_the_challenges_document_names_the_users_issuer_and_needs_no_token(world: World) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        url = challenge(world).split('"')[1]
        reply = await client.get(url)
        assert reply.json() == {
            "resource": url.replace(METADATA, ""),
            "authorization_servers": [USERS.issuer],
            "bearer_methods_supported": ["header"],
        }
        # No other runtime, method or name answers.
        other = world.url + world.path("loyalty") + METADATA
        assert (await client.get(other)).status_code in (403, 404)
        assert (await client.post(url)).status_code == 404
        assert (await client.get(url.replace("booking", "none"))).status_code == 404
    assert "document" not in str(world.events.select())


async def test_a_required_scope_that_is_missing_is_named(tmp_path: Path) -> None:
    asks = replace(AUTHORIZER, allowed_scopes=("air/talk",))
    stage = replace(kit.system(kit.runtime("booking", tmp_path, authorizer=asks)), users=USERS)
    async with kit.running(stage, tmp_path, keys=signing_keys()) as world:
        reply = await world.post("die", who=None, headers=bearer(token()))
    refused(reply, 403, "AccessDeniedException")
    assert reply.headers["www-authenticate"].startswith(
        'Bearer error="insufficient_scope", scope="air/talk", '
    )


def test_a_platform_that_could_check_no_token_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="airline_dev_booking: its callers bring tokens"):
        pool(tmp_path, authorizer=AUTHORIZER)


def test_an_authorizer_that_takes_any_token_does_not_start(tmp_path: Path) -> None:

    bearers = Bearers(
        "http://x:1", InProcessKeys(USERS.issuer, signing_keys().jwks), lambda: datetime.now(UTC)
    )
    runtime = kit.runtime("booking", tmp_path, authorizer=JwtAuthorizer(AUTHORIZER.discovery_url))
    with pytest.raises(ValueError, match="allows every token"):
        Doors([runtime], bearers)
