"""The users of a platform: who can be one, what their tokens say, and who is not asked."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from localcloud import client as commands
from localcloud.gateway.authorizer import Authorizer, Refusal
from localcloud.issuer import GUEST, create_issuer
from localcloud.policies.book import Book
from localcloud.server.status import status
from localcloud.server.users import Users, users_of
from localcloud.spec import JwtAuthorizer, LocalSystem, Table
from tests.local.identity.conftest import local_system, signing_keys
from tests.local.issuer.users_kit import CONSOLE, ORIGIN, POOL, POOL_ID

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SEEDED = replace(POOL, clients=(CONSOLE,))
TABLE = Table("customers", "air-dev-customers", {}, seed="customers.json")
ROWS: Mapping[str, list[dict[str, Any]]] = {
    "customers.json": [{"customer_id": "C1001"}, {"customer_id": 7}, {"other": "C1003"}, {"customer_id": ""}]
}


def system(**change: Any) -> LocalSystem:
    return replace(local_system(ORIGIN), tables=(TABLE,), **{"users": SEEDED, **change})


def users(**change: Any) -> Users:
    made = users_of(system(**change), ROWS.__getitem__, lambda: NOW)
    assert made is not None
    return made


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_system_without_users_gets_some() -> None:
    assert users_of(system(users=None), ROWS.__getitem__, lambda: NOW) is None


@pytest.mark.parametrize("name", ["C1001", GUEST])
@pytest.mark.anyio
async def test_a_known_user_gets_no_token_or_one_a_runtime_refuses(name: str) -> None:
    made = users()
    token = made.token(name)
    assert token is not None
    assert claims(token)["username"] == name
    bearers = made.bearers("http://127.0.0.1:8700")
    settings = JwtAuthorizer(
        f"{POOL.issuer}/.well-known/openid-configuration", allowed_clients=(CONSOLE.client_id,)
    )
    caller = await Authorizer(settings, bearers.keys, bearers.clock)([f"Bearer {token}".encode()])
    assert caller.claims["username"] == name


@pytest.mark.parametrize("name", ["C9999", "", "7", "C1003", "c1001", "C1001 ", "Guest"])
def test_somebody_nobody_knows_gets_a_token(name: str) -> None:
    assert users().token(name) is None


@pytest.mark.parametrize(
    "change", [{"users": replace(SEEDED, seed=None)}, {"tables": (replace(TABLE, seed=None),)}]
)
def test_users_without_rows_keep_the_guest_out(change: dict[str, Any]) -> None:
    made = users_of(replace(system(), **change), ROWS.__getitem__, lambda: NOW)
    assert made is not None
    assert (made.token("C1001"), made.token(GUEST) is None) == (None, False)


def test_the_commands_and_the_issuer_call_the_guest_differently() -> None:
    assert commands.GUEST == GUEST


@pytest.mark.anyio
async def test_an_agents_token_is_a_users_and_a_users_an_agents() -> None:
    made = users()
    token = made.token("C1001")
    theirs = JwtAuthorizer(
        f"{local_system(ORIGIN).pool.issuer}/.well-known/openid-configuration",
        allowed_clients=(CONSOLE.client_id,),
    )
    bearers = made.bearers("http://127.0.0.1:8700")
    with pytest.raises(Refusal) as refused:
        await Authorizer(theirs, bearers.keys, bearers.clock)([f"Bearer {token}".encode()])
    assert refused.value.reason == "keys_unavailable", "another pool's keys are not looked for here"


@pytest.mark.anyio
async def test_two_issuers_at_one_address_answer_for_each_other() -> None:
    stage = system()
    app = users().beside(create_issuer(stage.pool, signing_keys(), lambda: NOW))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        for pool in (stage.pool, SEEDED):
            found = await client.get(f"/{pool.pool_id}/.well-known/openid-configuration")
            assert found.json()["issuer"] == pool.issuer
        own = (await client.get(f"/{POOL_ID}/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in own] != [signing_keys().kid]


def test_the_status_tells_how_agents_are_called_and_no_secret() -> None:
    stage = system()
    first, second = stage.runtimes
    stage = replace(stage, runtimes=(replace(first, authorizer=JwtAuthorizer("x")), second))
    ready = {"booking": "ready", "loyalty": "ready"}
    policies = Book(stage.gateway, None, lambda: NOW)
    told = status(stage, ready, users(), policies)
    assert [agent["callers"] for agent in told["agents"].values()] == ["jwt", "iam"]
    assert told["users"] == {
        "issuer": POOL.issuer,
        "client_id": CONSOLE.client_id,
        "callback_urls": list(CONSOLE.callback_urls),
    }
    assert status(stage, ready, None, policies)["users"] is None
    assert "secret" not in json.dumps(told)


def test_the_console_cannot_be_signed_in_to_at_another_port() -> None:
    made = users_of(system(), ROWS.__getitem__, lambda: NOW, "http://127.0.0.1:43111")
    assert made is not None
    added = ["http://localhost:43111/", "http://127.0.0.1:43111/"]
    assert made.describe()["callback_urls"] == [*CONSOLE.callback_urls, *added]


def test_a_client_for_pages_elsewhere_takes_one_of_this_machine() -> None:
    elsewhere = ("https://console.example/", "http://localhost.evil.example/", "http://localhost:8700/other")
    pool = replace(SEEDED, clients=(replace(CONSOLE, callback_urls=elsewhere),))
    made = users_of(system(users=pool), ROWS.__getitem__, lambda: NOW, "http://127.0.0.1:43111")
    assert made is not None
    assert made.describe()["callback_urls"] == list(elsewhere)
