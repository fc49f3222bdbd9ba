"""Inbound authorizers of gateways and runtimes. Source: AgentCore Developer Guide, "Inbound authorization"."""

from __future__ import annotations

import re

from review.collect.reading import Reading
from review.model import Authorizer
from review.stage import Resource

_DISCOVERY = re.compile(
    r"(?:\$\{pool:(?P<provider>[^}]+)\.ProviderURL\}"
    r"|https://cognito-idp\.\$\{AWS::Region\}\.(?:amazonaws\.com|\$\{AWS::URLSuffix\})/\$\{pool:(?P<pool>[^}]+)\})"
    r"/\.well-known/openid-configuration"
)
"""The two ways in which templates write the address of a pool: its attribute, and what the CDK's constructs make."""


def authorizer(reading: Reading, resource: Resource, type_: str) -> Authorizer:
    """The JWT authorizer at `AuthorizerConfiguration.CustomJWTAuthorizer`, if the type is CUSTOM_JWT."""
    if type_ != "CUSTOM_JWT":
        return Authorizer(type=type_)
    at = "AuthorizerConfiguration.CustomJWTAuthorizer"
    clients = reading.get(resource, f"{at}.AllowedClients")
    named: tuple[str, ...] = reading.texts(resource, f"{at}.AllowedClients")
    if isinstance(clients, list):
        named = tuple(sorted({reading.bare(client) or "" for client in clients}))
    return Authorizer(
        type=type_,
        discovery=_discovery(reading.text(resource, f"{at}.DiscoveryUrl")),
        clients=named,
        scopes=reading.texts(resource, f"{at}.AllowedScopes"),
        audience=reading.texts(resource, f"{at}.AllowedAudience"),
        claims=tuple(
            sorted(
                reading.names.stable(dict(claim))
                for _, claim in reading.items(resource, f"{at}.CustomClaims")
            )
        ),
        workloads=_workloads(reading, resource, f"{at}.AllowedWorkloadConfiguration"),
    )


def _workloads(reading: Reading, resource: Resource, path: str) -> tuple[str, ...]:
    value = reading.get(resource, path)
    return () if value is None else (reading.names.stable(value),)


def _discovery(url: str | None) -> str | None:
    match = _DISCOVERY.fullmatch(url or "")
    return f"pool:{match['provider'] or match['pool']}" if match else url
