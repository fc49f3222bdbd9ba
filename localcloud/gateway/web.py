"""HTTP to targets: where an address of the world outside is answered for, and how much is read of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from localcloud.gateway import wire

SECONDS = 30.0
"""For one call, everything included."""
CONNECT_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class UnmappedHost(ValueError):
    """A target's API has no local stand-in. Nothing here calls out of this computer."""


class TooLarge(Exception):
    """An answer over the payload limit; the rest of it is not read."""


def new_client() -> httpx.AsyncClient:
    """For one target: no proxy of the user's, no redirect, connections kept."""
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
    )


def local_url(target: str, url: str, hosts: Mapping[str, str]) -> str:
    """The local URL that stands for `url`: the longest mapped base that is a prefix of whole segments.

    Raises UnmappedHost.
    """
    for base in sorted(hosts, key=len, reverse=True):
        prefix = base.rstrip("/")
        if url == prefix or url.startswith(f"{prefix}/"):
            url = f"{hosts[base].rstrip('/')}{url[len(prefix) :]}"
            break
    if urlsplit(url).hostname not in LOOPBACK:
        raise UnmappedHost(
            f"target {target}: {url} has no local stand-in; add systems/<system>/providers/<provider>.py"
        )
    return url


async def read(response: httpx.Response) -> bytes:
    """A whole answer of at most 6 MB. Raises TooLarge, and httpx.HTTPError where it breaks off."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > wire.MAX_BYTES:
            raise TooLarge
    return bytes(body)
