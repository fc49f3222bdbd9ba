"""A pool of agents' clients and its issuer, asked over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import KeySet

from localcloud.issuer import SigningKeys, create_issuer
from localcloud.spec import Client, UserPool

ORIGIN = "http://127.0.0.1:8702"
POOL_ID = "ap-northeast-2_Test00001"
NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
BOOKING = Client(
    "booking", "client-booking", "booking-secret", ("air/agent.booking",), ("client_credentials",), 900
)
TWO = Client("two", "client-two", "two-secret", ("air/a", "air/b"), ("client_credentials",), 3600)
PUBLIC = Client("public", "client-public", "", ("air/a",), ("client_credentials",), 3600)
CODE = Client("code", "client-code", "code-secret", ("air/a",), ("code",), 3600)
BARE = Client("bare", "client-bare", "bare-secret", (), ("client_credentials",), 3600)
POOL = UserPool(
    POOL_ID,
    f"{ORIGIN}/{POOL_ID}",
    "air",
    ("air/agent.booking", "air/a", "air/b"),
    (BOOKING, TWO, PUBLIC, CODE, BARE),
)

Ask = Callable[..., httpx.Response]
"""One request to a fresh issuer: method, path, and httpx's options."""


@asynccontextmanager
async def issuer(keys: SigningKeys) -> AsyncIterator[httpx.AsyncClient]:
    app = create_issuer(POOL, keys, lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
        yield client


def form_of(client: Client, **fields: str) -> dict[str, str]:
    """A client's request for a token."""
    return {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        **fields,
    }


def claims_of(token: str, keys: SigningKeys) -> dict[str, Any]:
    """What a token states, its signature verified."""
    signed = jws.deserialize_compact(token, KeySet.import_key_set(keys.jwks()), algorithms=["RS256"])  # type: ignore[arg-type]
    payload: dict[str, Any] = json.loads(signed.payload)
    return payload
