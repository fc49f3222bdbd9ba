"""The function's settings, read once from the environment."""

from __future__ import annotations

import re

from gateway_interceptor.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[::1\])(?::([0-9]{1,5}))?(/[A-Za-z0-9._~/%-]*)")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_NAMESPACE = re.compile(r"[A-Za-z0-9._/#:-]{1,255}")


class SettingsError(ValueError):
    """A variable of the function's environment is missing or unusable; names it and says what is wanted."""


class Endpoint:
    """Where the key set is fetched. `host` carries no brackets; there is no query."""

    __slots__ = ("host", "path", "port", "secure")

    def __init__(self, secure: bool, host: str, port: int, path: str) -> None:
        self.secure = secure
        self.host = host
        self.port = port
        self.path = path


class Pool(Frozen):
    """Whose tokens are good: `issuer` (exact `iss`) and `keys`, where its keys are.

    `client` is the exact `client_id`; None where tokens of all the pool's clients are.
    """

    __slots__ = ("client", "issuer", "keys")

    issuer: str
    keys: Endpoint
    client: str | None

    def __init__(self, issuer: str, keys: Endpoint, client: str | None) -> None:
        super().__init__(issuer=issuer, keys=keys, client=client)

    @classmethod
    def of_agents(cls, environ: Mapping[str, str]) -> Pool:
        """From ISSUER and JWKS_URL; raises SettingsError. Which agent a client is, its badge tells."""
        return cls._read(environ, "", client=None)

    @classmethod
    def of_users(cls, environ: Mapping[str, str]) -> Pool:
        """From USERS_ISSUER, USERS_JWKS_URL and USERS_CLIENT; raises SettingsError."""
        return cls._read(environ, "USERS_", client=_required(environ, "USERS_CLIENT"))

    @classmethod
    def _read(cls, environ: Mapping[str, str], prefix: str, *, client: str | None) -> Pool:
        url = f"{prefix}JWKS_URL"
        keys = parse_endpoint(_required(environ, url), url)
        return cls(_required(environ, f"{prefix}ISSUER"), keys, client)


class Settings(Frozen):
    """What the function cannot do without: the agents' `pool` and the `metric_namespace` (CloudWatch)."""

    __slots__ = ("metric_namespace", "pool")

    pool: Pool
    metric_namespace: str

    def __init__(self, pool: Pool, metric_namespace: str) -> None:
        super().__init__(pool=pool, metric_namespace=metric_namespace)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """From METRIC_NAMESPACE and the agents' variables; raises SettingsError."""
        namespace = _required(environ, "METRIC_NAMESPACE")
        if not _NAMESPACE.fullmatch(namespace):
            raise SettingsError(
                f"METRIC_NAMESPACE {namespace!r} is no namespace: use 1-255 of A-Z a-z 0-9 . - _ / # :"
            )
        return cls(Pool.of_agents(environ), namespace)


def parse_endpoint(url: str, variable: str = "JWKS_URL") -> Endpoint:
    """An https URL, or http to this machine only: keys read over plain http are anybody's keys."""
    match = _URL.fullmatch(url)
    if not match:
        raise SettingsError(
            f"{variable} {url!r} is no plain URL: give scheme, host, optional port and path only"
        )
    scheme, host, port, path = match.groups()
    secure = scheme == "https"
    if not secure and host not in _LOOPBACK:
        raise SettingsError(f"{variable} {url!r} is not https: plain http is accepted for this machine only")
    number = int(port) if port else (443 if secure else 80)
    if not 1 <= number <= 65535:
        raise SettingsError(f"{variable} {url!r} has no port {number}: give 1 to 65535")
    return Endpoint(secure, host.strip("[]"), number, path)


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set: the gateway stack sets it in the function's environment")
    return value
