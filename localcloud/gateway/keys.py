"""Where the authorizer gets an issuer's public keys from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from localcloud.gateway import wire

SUFFIXES = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
CACHE = timedelta(minutes=5)
MIN_REFRESH = timedelta(seconds=5)
"""An unknown `kid` causes a fetch at most this often, so guessed ids cannot make the gateway a flooder."""
MAX_DOCUMENT = 256 * 1024
TIMEOUT_SECONDS = 5.0


class KeysUnavailable(Exception):
    """The issuer's keys cannot be had. The authorizer refuses every token it has not yet verified."""


@dataclass(frozen=True)
class IssuerKeys:
    """An issuer and its public JWKs (RFC 7517), as its discovery document names them."""

    issuer: str
    keys: tuple[Mapping[str, Any], ...]


class KeySource(Protocol):
    """Gives the keys behind a discovery URL. Raises `KeysUnavailable`."""

    async def __call__(self, discovery_url: str, *, refresh: bool = False) -> IssuerKeys:
        """`refresh` asks for keys newer than those given before (an unknown `kid` was met)."""
        ...


def issuer_of(discovery_url: str) -> str:
    """The issuer a discovery URL belongs to (OpenID Connect Discovery 1.0 §4, RFC 8414 §3)."""
    for suffix in SUFFIXES:
        if discovery_url.endswith(suffix):
            return discovery_url.removesuffix(suffix)
    raise ValueError(f"discovery URL {discovery_url!r}: must end in {' or '.join(SUFFIXES)}")


class InProcessKeys:
    """A `KeySource` for an issuer that runs in this process: `jwks` gives its current JWK set."""

    def __init__(self, issuer: str, jwks: Callable[[], Mapping[str, Any]]) -> None:
        self._issuer = issuer
        self._jwks = jwks

    async def __call__(self, discovery_url: str, *, refresh: bool = False) -> IssuerKeys:
        del refresh  # Always current.
        if issuer_of(discovery_url) != self._issuer:
            raise KeysUnavailable(f"no issuer at {discovery_url}")
        return IssuerKeys(self._issuer, _key_list(self._jwks()))


class HttpKeys:
    """A `KeySource` over HTTP, cached for `CACHE`. Stale keys are never used, redirects never followed."""

    def __init__(
        self, clock: Callable[[], datetime], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._clock = clock
        self._client = httpx.AsyncClient(
            transport=transport, trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS
        )
        self._cache: dict[str, tuple[datetime, IssuerKeys]] = {}

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def __call__(self, discovery_url: str, *, refresh: bool = False) -> IssuerKeys:
        now = self._clock()
        cached = self._cache.get(discovery_url)
        if cached is not None and now - cached[0] < (MIN_REFRESH if refresh else CACHE):
            return cached[1]
        keys = await self._fetch(discovery_url)
        self._cache[discovery_url] = (now, keys)
        return keys

    async def _fetch(self, discovery_url: str) -> IssuerKeys:
        issuer = issuer_of(discovery_url)
        document = await self._get(discovery_url)
        if document.get("issuer") != issuer:
            raise KeysUnavailable(f"{discovery_url}: names another issuer")
        jwks_uri = document.get("jwks_uri")
        if not isinstance(jwks_uri, str) or urlsplit(jwks_uri)[:2] != urlsplit(discovery_url)[:2]:
            raise KeysUnavailable(f"{discovery_url}: jwks_uri must be of the same origin")
        return IssuerKeys(issuer, _key_list(await self._get(jwks_uri)))

    async def _get(self, url: str) -> dict[str, Any]:
        body = bytearray()
        try:
            async with self._client.stream("GET", url) as response:
                if response.status_code != 200:
                    raise KeysUnavailable(f"{url}: HTTP {response.status_code}")
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_DOCUMENT:
                        raise KeysUnavailable(f"{url}: larger than {MAX_DOCUMENT} bytes")
            document = wire.parse(body.decode())
        except (httpx.HTTPError, ValueError) as problem:
            raise KeysUnavailable(f"{url}: {type(problem).__name__}") from None
        if not isinstance(document, dict):
            raise KeysUnavailable(f"{url}: not a JSON object")
        return document


def _key_list(jwks: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise KeysUnavailable("JWKS without a list of keys")
    return tuple(keys)
