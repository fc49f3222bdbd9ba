"""A gateway client for a test: numbered tokens, a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agent_common.gateway import Gateway
from agent_common.gateway_session import Timeouts
from agent_common.tokens import TokenSource
from tests.agents.support.aws import jwt
from tests.agents.support.gateway import GatewayStub
from tests.agents.support.serving import serving

NOW = 1_800_000_000.0
TOOL = "customer-mcp___get"


class Vault:
    """Hands out numbered tokens."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def get_resource_oauth2_token(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        return {"accessToken": jwt(NOW + 900, f"token-{len(self.requests)}")}


def bearer(number: int) -> str:
    return "Bearer " + jwt(NOW + 900, f"token-{number}")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def connected(
    stub: GatewayStub,
    timeouts: Timeouts | None = None,
    vault: Vault | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Gateway]:
    async with serving(stub.app) as url:
        gateway = opened(url, timeouts, vault, clock)
        try:
            yield gateway
        finally:
            await gateway.close()


def opened(
    url: str, timeouts: Timeouts | None = None, vault: Vault | None = None, clock: Clock | None = None
) -> Gateway:
    held = vault or Vault()
    tokens = TokenSource(lambda: held, provider="p", scope="s", clock=lambda: NOW)
    gateway = Gateway(f"{url}/mcp", tokens, agent="booking", timeouts=timeouts, clock=clock or Clock())
    gateway.prime("wat-1")
    return gateway
