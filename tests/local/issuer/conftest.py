"""Keys and an issuer for every file here: making a key costs more than what is asked of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from localcloud.issuer import SigningKeys
from tests.local.issuer.agents_kit import Ask, issuer


@pytest.fixture(scope="module")
def keys() -> SigningKeys:
    return SigningKeys.generate()


@pytest.fixture
def ask(keys: SigningKeys) -> Ask:
    """One request to a fresh issuer."""

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            async with issuer(keys) as client:
                return await client.request(method, path, **options)

        return asyncio.run(run())

    return send
