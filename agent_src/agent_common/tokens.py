"""The agent's gateway token, from AgentCore Identity (GetResourceOauth2Token, M2M flow).

The agent never sees its client's secret: it presents the workload access token that the platform sends
with each request, and gets an access token that carries exactly its badge.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from agent_common import telemetry
from agent_common.errors import GatewayUnavailable

REFRESH_SECONDS = 60
"""A token this near to its `exp` is no longer handed out."""

_NO_IDENTITY = "The agent's identity could not be established. Try again later."


class Identity(Protocol):
    """The one operation of boto3's `bedrock-agentcore` client used here."""

    def get_resource_oauth2_token(self, **request: Any) -> dict[str, Any]: ...


class TokenSource:
    """Hands out the access token; safe to use from any thread and any event loop.

    The workload access token is per request, the access token is not, and one warm gateway session
    serves many requests. So the source does not look the former up in the context of whoever asks:
    `prime` is called at each request's entry, and a refresh presents the newest one.
    """

    def __init__(
        self,
        identity: Callable[[], Identity],
        *,
        provider: str,
        scope: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._identity = identity
        self._provider = provider
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._workload_token: str | None = None
        self._held: str | None = None
        self._expires = 0.0

    def __repr__(self) -> str:
        return f"TokenSource(provider={self._provider!r}, scope={self._scope!r})"

    def prime(self, workload_token: str | None) -> None:
        """Take the workload access token of the request that begins now.

        Raises `GatewayUnavailable` where the platform sent none: without identity nothing is done.
        """
        if not workload_token:
            raise GatewayUnavailable(_NO_IDENTITY)
        self._workload_token = workload_token

    async def token(self, *, rejected: str | None = None) -> str:
        """A valid access token. With `rejected`, one newer than the token the gateway answered 401 to.

        However many callers wait, one request is made. Raises `GatewayUnavailable`.
        """
        held = self._valid(rejected)
        return held if held is not None else await asyncio.to_thread(self._refresh, rejected)

    def _valid(self, rejected: str | None) -> str | None:
        held, expires = self._held, self._expires
        if held is None or held == rejected or self._clock() >= expires - REFRESH_SECONDS:
            return None
        return held

    def _refresh(self, rejected: str | None) -> str:
        with self._lock:
            held = self._valid(rejected)  # another caller may have refreshed meanwhile
            return held if held is not None else self._fetch(force=rejected is not None)

    def _fetch(self, *, force: bool) -> str:
        if self._workload_token is None:
            raise GatewayUnavailable(_NO_IDENTITY)
        request: dict[str, Any] = {
            "workloadIdentityToken": self._workload_token,
            "resourceCredentialProviderName": self._provider,
            "scopes": [self._scope],
            "oauth2Flow": "M2M",
        }
        if force:
            # The vault caches too; without this it would hand the refused token out again.
            request["forceAuthentication"] = True
        try:
            token = self._identity().get_resource_oauth2_token(**request).get("accessToken")
        except Exception as error:  # boundary: botocore's texts may quote the request
            telemetry.log("token_refused", logging.ERROR, error=error, provider=self._provider)
            raise GatewayUnavailable(_NO_IDENTITY) from None
        if not isinstance(token, str) or not token or any(c.isspace() for c in token) or not token.isascii():
            telemetry.log("token_malformed", logging.ERROR, provider=self._provider)
            raise GatewayUnavailable(_NO_IDENTITY)
        self._held, self._expires = token, expiry(token)
        telemetry.log("token_obtained", provider=self._provider, forced=force)
        return token


def expiry(token: str) -> float:
    """The `exp` of a JWT, Unix seconds; 0.0 for anything else, so that it is never kept.

    The signature is the gateway's to verify; here the claim only says when to ask again.
    """
    try:
        _, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        value = claims["exp"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return 0.0
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else 0.0


def identity_client(region: str) -> Identity:
    """boto3's client for AgentCore Identity, with every wait bounded."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
    client: Identity = boto3.client("bedrock-agentcore", region_name=region, config=config)
    return client
