"""The token vault: runs client credentials at a provider's token endpoint and keeps the token until it is old.

AgentCore Developer Guide: OAuth2 credential providers; RFC 6749 §4.4.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import httpx

from localcloud.identity.api import OutboundError
from localcloud.spec import OAuthProvider

REFRESH = timedelta(seconds=60)
"""A token this near to its end is fetched again."""

TIMEOUT_SECONDS = 5.0
"""For a whole exchange with a token endpoint."""

MAX_ANSWER = 64 * 1024
LONGEST = 24 * 3600
"""Seconds a token is kept at most, whatever its lifetime."""

_TOKEN = re.compile(r"[\x21-\x7e]+")
_Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Held:
    token: str = field(repr=False)
    until: datetime


class Vault:
    """Tokens by provider and scopes. However many ask at once, one request is made and all get its outcome."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._held: dict[_Key, _Held] = {}
        self._fetching: dict[_Key, asyncio.Task[_Held]] = {}
        self._client: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Gives up what is being fetched and closes the connections to token endpoints."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def token(self, provider: OAuthProvider, scopes: tuple[str, ...], *, fresh: bool = False) -> str:
        """An access token; `fresh` asks for a new one. Raises OutboundError."""
        key = (provider.arn, scopes)
        held = self._held.get(key)
        if held is not None and not fresh and self._clock() < held.until - REFRESH:
            return held.token
        task = self._fetching.get(key)
        if task is None:
            task = self._fetching[key] = asyncio.create_task(self._renew(key, provider, scopes))
            # Whoever asked may have gone away: then nobody else takes note of a failure.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            # Shielded: one caller's going away must not take the token from the others.
            return (await asyncio.shield(task)).token
        except asyncio.CancelledError:
            if task.cancelled():
                raise OutboundError(f"{provider.name}: the platform is being stopped") from None
            raise

    async def _renew(self, key: _Key, provider: OAuthProvider, scopes: tuple[str, ...]) -> _Held:
        try:
            held = self._held[key] = await self._fetch(provider, scopes)
            return held
        finally:
            del self._fetching[key]

    async def _fetch(self, provider: OAuthProvider, scopes: tuple[str, ...]) -> _Held:
        form = {"grant_type": "client_credentials"}
        if scopes:
            form["scope"] = " ".join(scopes)
        auth: httpx.Auth = httpx.Auth()
        if provider.client_auth == "CLIENT_SECRET_POST":
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        elif provider.client_auth == "CLIENT_SECRET_BASIC":
            # RFC 6749 §2.3.1: both are form-encoded before they are joined.
            auth = httpx.BasicAuth(quote_plus(provider.client_id), quote_plus(provider.client_secret))
        else:
            raise OutboundError(f"{provider.name}: {provider.client_auth} has no local stand-in")
        if self._client is None:
            # trust_env off: a proxy of the user's must not see a request that stays on this machine.
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)
        asked = self._clock()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reply = await self._client.post(provider.token_url, data=form, auth=auth)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise OutboundError(
                f"{provider.name}: its token endpoint does not answer ({type(error).__name__})"
            ) from None
        if reply.status_code != 200:
            raise OutboundError(f"{provider.name}: its token endpoint refused ({reply.status_code})")
        try:
            answer: Any = reply.json() if len(reply.content) <= MAX_ANSWER else None
        except (ValueError, RecursionError):
            answer = None
        return self._checked(provider, answer, asked)

    def _checked(self, provider: OAuthProvider, answer: Any, asked: datetime) -> _Held:
        """RFC 6749 §5.1. The lifetime is required: without it the token would be kept for ever or never."""
        given = answer if isinstance(answer, dict) else {}
        token, kind, seconds = (given.get(key) for key in ("access_token", "token_type", "expires_in"))
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise OutboundError(f"{provider.name}: its token endpoint's answer has no access token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise OutboundError(f"{provider.name}: its token endpoint's answer is no bearer token")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
            raise OutboundError(f"{provider.name}: its token endpoint's answer has no lifetime")
        return _Held(token, asked + timedelta(seconds=min(seconds, LONGEST)))
