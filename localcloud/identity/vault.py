"""The token vault: runs client credentials at a provider's token endpoint and keeps the token until it is old.

AgentCore Developer Guide: OAuth2 credential providers; RFC 6749 §4.4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from localcloud.identity.api import OutboundError
from localcloud.spec import OAuthProvider

REFRESH = timedelta(seconds=60)
"""A token this near to its end is fetched again."""

TIMEOUT_SECONDS = 5.0
MAX_ANSWER = 64 * 1024


@dataclass(frozen=True)
class _Held:
    token: str
    until: datetime


class Vault:
    """Tokens by provider and scopes. However many ask at once, one request is made."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._held: dict[tuple[str, tuple[str, ...]], _Held] = {}
        self._locks: dict[tuple[str, tuple[str, ...]], asyncio.Lock] = {}
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Closes the connections to token endpoints."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def token(self, provider: OAuthProvider, scopes: tuple[str, ...], *, fresh: bool = False) -> str:
        """An access token; `fresh` asks for a new one. Raises OutboundError."""
        key = (provider.arn, scopes)
        held = self._held.get(key)
        if held is not None and not fresh and self._clock() < held.until - REFRESH:
            return held.token
        async with self._locks.setdefault(key, asyncio.Lock()):
            newer = self._held.get(key)
            if newer is not None and newer is not held and self._clock() < newer.until - REFRESH:
                return newer.token
            self._held[key] = await self._fetch(provider, scopes)
            return self._held[key].token

    async def _fetch(self, provider: OAuthProvider, scopes: tuple[str, ...]) -> _Held:
        form = {"grant_type": "client_credentials"}
        if scopes:
            form["scope"] = " ".join(scopes)
        auth: httpx.Auth = httpx.Auth()
        if provider.client_auth == "CLIENT_SECRET_POST":
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        else:
            # RFC 6749 §2.3.1: both are form-encoded before they are joined.
            auth = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
        if self._client is None:
            # trust_env off: a proxy of the user's must not see a request that stays on this machine.
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)
        try:
            reply = await self._client.post(provider.token_url, data=form, auth=auth)
            answer: Any = reply.json() if len(reply.content) <= MAX_ANSWER else None
        except (httpx.HTTPError, ValueError) as error:
            raise OutboundError(
                f"{provider.name}: its token endpoint does not answer ({type(error).__name__})"
            ) from None
        if reply.status_code != 200 or not isinstance(answer, dict):
            raise OutboundError(f"{provider.name}: its token endpoint refused ({reply.status_code})")
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if (
            not isinstance(token, str)
            or not token
            or not isinstance(seconds, int)
            or isinstance(seconds, bool)
        ):
            raise OutboundError(f"{provider.name}: its token endpoint's answer has no token or no lifetime")
        return _Held(token, self._clock() + timedelta(seconds=seconds))
