"""What the gateway needs of AgentCore Identity: outbound access tokens and API keys."""

from __future__ import annotations

from typing import Protocol


class OutboundError(Exception):
    """No outbound credential could be had. The text names provider and cause, never a credential."""


class Outbound(Protocol):
    """Gets access tokens with a credential provider's client (client credentials), cached until they expire, and
    API keys.
    """

    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        """The bare access token for `scopes`. Raises `OutboundError`."""
        ...

    async def key(self, provider_arn: str) -> str:
        """The bare API key. Raises `OutboundError`."""
        ...
