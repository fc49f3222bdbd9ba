"""What the gateway needs of AgentCore Identity: outbound access tokens."""

from __future__ import annotations

from typing import Protocol


class OutboundError(Exception):
    """No outbound token could be had. The text names provider and cause, never a credential."""


class Outbound(Protocol):
    """Gets access tokens with a credential provider's client (client credentials), cached until they expire."""

    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        """The bare access token for `scopes`. Raises `OutboundError`."""
        ...
