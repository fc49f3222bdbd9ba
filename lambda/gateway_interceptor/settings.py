"""The function's settings, read once from the environment."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

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


class UserSettings:
    """Frozen: whose tokens tell the end user. `issuer` (exact `iss`), `keys`, `client` (exact `client_id`)."""

    __slots__ = ("client", "issuer", "keys")

    issuer: str
    keys: Endpoint
    client: str

    def __init__(self, issuer: str, keys: Endpoint, client: str) -> None:
        object.__setattr__(self, "issuer", issuer)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "client", client)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings are frozen: {name} is read once at start")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> UserSettings:
        """From USERS_ISSUER, USERS_JWKS_URL and USERS_CLIENT; raises SettingsError."""
        keys = parse_endpoint(_required(environ, "USERS_JWKS_URL"), "USERS_JWKS_URL")
        return cls(_required(environ, "USERS_ISSUER"), keys, _required(environ, "USERS_CLIENT"))


class Settings:
    """Frozen: `issuer` (exact `iss`), `keys` (where its keys are), `metric_namespace` (CloudWatch)."""

    __slots__ = ("issuer", "keys", "metric_namespace")

    issuer: str
    keys: Endpoint
    metric_namespace: str

    def __init__(self, issuer: str, keys: Endpoint, metric_namespace: str) -> None:
        object.__setattr__(self, "issuer", issuer)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "metric_namespace", metric_namespace)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings are frozen: {name} is read once at start")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """From ISSUER, JWKS_URL and METRIC_NAMESPACE; raises SettingsError."""
        namespace = _required(environ, "METRIC_NAMESPACE")
        if not _NAMESPACE.fullmatch(namespace):
            raise SettingsError(
                f"METRIC_NAMESPACE {namespace!r} is no namespace: use 1-255 of A-Z a-z 0-9 . - _ / # :"
            )
        return cls(_required(environ, "ISSUER"), parse_endpoint(_required(environ, "JWKS_URL")), namespace)


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
