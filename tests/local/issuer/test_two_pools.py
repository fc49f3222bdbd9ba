"""Agents and users share an address, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from localcloud.issuer import Directory, OneAddress, SigningKeys, create_issuer, create_users_issuer
from localcloud.spec import Client, UserPool
from tests.local.issuer import users_kit
from tests.local.issuer.users_kit import CALLBACK, CONSOLE, ORIGIN, POOL_ID, START, VERIFIER, asking, told

AGENTS_ID = "ap-northeast-2_Agents001"
AGENT = Client(
    "booking", "client-booking", "booking-secret", ("air/agent.booking",), ("client_credentials",), 900
)
AGENTS = UserPool(AGENTS_ID, f"{ORIGIN}/{AGENTS_ID}", "air", ("air/agent.booking",), (AGENT,))


@pytest.fixture(scope="module")
def agents_keys() -> SigningKeys:
    return SigningKeys.generate()


class Address:
    def __init__(self, agents_keys: SigningKeys) -> None:
        users = create_users_issuer(users_kit.POOL, users_kit.keys(), Directory(["C1001"]), lambda: START)
        self._app = OneAddress(create_issuer(AGENTS, agents_keys, lambda: START), users, POOL_ID)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, path, **options)

        return asyncio.run(run())

    def user_token(self) -> str:
        code = told(self.ask("GET", f"/{POOL_ID}/oauth2/authorize", params=asking()))["code"]
        form = {
            "grant_type": "authorization_code",
            "client_id": CONSOLE.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return str(self.ask("POST", f"/{POOL_ID}/oauth2/token", data=form).json()["access_token"])


@pytest.fixture
def address(agents_keys: SigningKeys) -> Address:
    return Address(agents_keys)


def agent_form(**change: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": AGENT.client_id,
        "client_secret": AGENT.client_secret,
        **change,
    }


def test_one_pool_publishes_or_signs_with_the_others_keys(address: Address) -> None:
    published = {
        pool: address.ask("GET", f"/{pool}/.well-known/jwks.json").json() for pool in (AGENTS_ID, POOL_ID)
    }
    kids = [key["kid"] for keys in published.values() for key in keys["keys"]]
    assert len(kids) == len(set(kids)) == 2
    agent = address.ask("POST", "/oauth2/token", data=agent_form()).json()["access_token"]
    for token, own, other in ((agent, AGENTS_ID, POOL_ID), (address.user_token(), POOL_ID, AGENTS_ID)):
        jws.deserialize_compact(token, KeySet.import_key_set(published[own]), algorithms=["RS256"])
        with pytest.raises((JoseError, ValueError)):
            jws.deserialize_compact(token, KeySet.import_key_set(published[other]), algorithms=["RS256"])


def test_a_client_of_one_pool_is_one_of_the_other(address: Address) -> None:
    there = address.ask("POST", f"/{POOL_ID}/oauth2/token", data=agent_form())
    assert there.json() == {"error": "invalid_client"}
    code = told(address.ask("GET", f"/{POOL_ID}/oauth2/authorize", params=asking()))["code"]
    form = {"grant_type": "authorization_code", "client_id": CONSOLE.client_id, "code": code}
    assert address.ask("POST", "/oauth2/token", data=form).json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    "path", [f"/{AGENTS_ID}/oauth2/authorize", "/oauth2/authorize", f"/{POOL_ID}x/oauth2/token"]
)
def test_a_path_of_neither_pool_answers(address: Address, path: str) -> None:
    assert address.ask("GET", path, params=asking()).status_code == 404
