"""CUSTOM_JWT authorizers: gateways and runtimes state them alike."""

from __future__ import annotations

from typing import Any

from localcloud.assembly import read
from localcloud.spec import JwtAuthorizer


def custom_jwt(configuration: Any, where: str) -> JwtAuthorizer:
    """The authorizer in an `AuthorizerConfiguration`. Raises AssemblyError for what no stand-in honours."""
    outer = read.mapping(configuration, where)
    read.known(outer, ("CustomJWTAuthorizer",), where)
    jwt = read.mapping(outer.get("CustomJWTAuthorizer"), where)
    read.known(jwt, ("AllowedAudience", "AllowedClients", "AllowedScopes", "DiscoveryUrl"), where)
    return JwtAuthorizer(
        discovery_url=read.text(jwt.get("DiscoveryUrl"), f"{where}.DiscoveryUrl"),
        allowed_audience=read.texts(jwt.get("AllowedAudience"), where),
        allowed_clients=read.texts(jwt.get("AllowedClients"), where),
        allowed_scopes=read.texts(jwt.get("AllowedScopes"), where),
    )
