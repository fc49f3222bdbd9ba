"""The end users of one platform: who they are, their issuer, and a token to be one of them at this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from localcloud.gateway.keys import InProcessKeys
from localcloud.issuer import Directory, OneAddress, SigningKeys, create_users_issuer
from localcloud.issuer.user_tokens import access_claims
from localcloud.issuer.users_app import users_discovery
from localcloud.runtimes import Bearers
from localcloud.spec import Client, LocalSystem, UserPool

Rows = Callable[[str], Iterable[Mapping[str, Any]]]
"""The rows of a seed file, by its name."""


class Users:
    """The users of a system that has any."""

    def __init__(self, pool: UserPool, directory: Directory, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._keys = SigningKeys.generate()
        (self._client,) = pool.clients

    def beside(self, agents: ASGIApp) -> ASGIApp:
        """The users' issuer at the address of the agents'."""
        own = create_users_issuer(self._pool, self._keys, self._directory, self._clock)
        return OneAddress(agents, own, self._pool.pool_id)

    def bearers(self, origin: str) -> Bearers:
        """How runtimes check these users' tokens. `origin` is the platform's address."""
        return Bearers(origin, InProcessKeys(self._pool.issuer, self._keys.jwks), self._clock)

    def token(self, name: str) -> str | None:
        """An access token as after signing in, or None for a name nobody has."""
        if name not in self._directory:
            return None
        scopes = self._client.scopes
        return self._keys.sign(access_claims(self._pool, self._client, name, self._clock(), scopes=scopes))

    def sign_in(self, page: str) -> Mapping[str, Any]:
        """What a page at this address needs to sign a user in by code and PKCE; public, as `describe`."""
        discovered = users_discovery(self._pool)
        return {
            "authorization_endpoint": discovered["authorization_endpoint"],
            "token_endpoint": discovered["token_endpoint"],
            # The stand-in keeps no session that could be ended.
            "logout_endpoint": None,
            "client_id": self._client.client_id,
            "redirect_uri": page,
            "scopes": list(self._client.scopes),
            "hint": self._directory.first,
        }

    def describe(self) -> Mapping[str, Any]:
        """What a program needs to sign a user in; public, as all of it is in the browser's address bar."""
        return {
            "issuer": self._pool.issuer,
            "client_id": self._client.client_id,
            "callback_urls": list(self._client.callback_urls),
        }


def users_of(
    system: LocalSystem, rows: Rows, clock: Callable[[], datetime], front: str | None = None
) -> Users | None:
    """The system's users, known by the rows that `seed` of their pool names; None where there are none.

    `front` is the front door's address, where the console is.
    """
    pool = system.users
    if pool is None:
        return None
    if front is not None:
        pool = replace(pool, clients=tuple(_with_own(client, front) for client in pool.clients))
    return Users(pool, Directory(_names(system, pool, rows)), clock)


def _with_own(client: Client, front: str) -> Client:
    """A client for pages of this machine takes the console at whatever port it has now (RFC 8252 §7.3)."""
    pages = [urlsplit(url) for url in client.callback_urls]
    if not any(page.scheme == "http" and page.hostname == "localhost" and page.path == "/" for page in pages):
        return client
    port = urlsplit(front).port
    own = (f"http://{name}:{port}/" for name in ("localhost", "127.0.0.1"))
    return replace(client, callback_urls=tuple(dict.fromkeys((*client.callback_urls, *own))))


def _names(system: LocalSystem, pool: UserPool, rows: Rows) -> list[str]:
    if pool.seed is None:
        return []
    table = next(table for table in system.tables if table.logical_name == pool.seed.table)
    found = [] if table.seed is None else [row.get(pool.seed.attribute) for row in rows(table.seed)]
    # A row without the attribute is nobody who could sign in.
    return [name for name in found if isinstance(name, str) and name]
