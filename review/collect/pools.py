"""User pools and their clients. Source: CloudFormation, AWS::Cognito::UserPool and AWS::Cognito::UserPoolClient."""

from __future__ import annotations

from review.collect.reading import Reading
from review.model import Client, Pool
from review.stage import Resource

_MINUTES = {"seconds": 1 / 60, "minutes": 1, "hours": 60, "days": 1440}
_ACCESS_DEFAULT = 60
_REFRESH_DEFAULT = 30 * 1440
"""Minutes, where a template says nothing."""
_SIGN_IN_DEFAULT = ("ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")
"""What Cognito lets a client do that is told nothing: CreateUserPoolClient, ExplicitAuthFlows."""


def pools(reading: Reading) -> tuple[Pool, ...]:
    found = []
    for pool in reading.stage.of_type("AWS::Cognito::UserPool"):
        scopes = {
            scope
            for server in reading.stage.of_type("AWS::Cognito::UserPoolResourceServer")
            if reading.stage.target(server.properties.get("UserPoolId")) is pool
            for scope in _scopes(reading, server)
        }
        found.append(
            Pool(
                id=reading.names.bare(pool),
                kind=_kind(reading, pool, bool(scopes)),
                self_sign_up=not reading.flag(pool, "AdminCreateUserConfig.AllowAdminCreateUserOnly"),
                mfa=reading.text(pool, "MfaConfiguration") or "OFF",
                threat_protection=reading.text(pool, "UserPoolAddOns.AdvancedSecurityMode") or "OFF",
                deletion_protection=reading.text(pool, "DeletionProtection") == "ACTIVE",
                scopes=tuple(sorted(scopes)),
                place=pool.place(),
            )
        )
    return tuple(sorted(found, key=lambda pool: pool.id))


def _kind(reading: Reading, pool: Resource, has_scopes: bool) -> str:
    noted = pool.notes.get("Pool")
    if noted in ("agents", "users"):
        return str(noted)
    flows = {
        flow
        for client in reading.stage.of_type("AWS::Cognito::UserPoolClient")
        if reading.stage.target(client.properties.get("UserPoolId")) is pool
        for flow in reading.texts(client, "AllowedOAuthFlows")
    }
    if flows == {"client_credentials"} or (has_scopes and not flows - {"client_credentials"}):
        return "agents"
    return "users" if flows else "other"


def _scopes(reading: Reading, server: Resource) -> list[str]:
    identifier = reading.text(server, "Identifier") or ""
    return [f"{identifier}/{scope.get('ScopeName')}" for _, scope in reading.items(server, "Scopes")]


def clients(reading: Reading) -> tuple[Client, ...]:
    found = []
    for client in reading.stage.of_type("AWS::Cognito::UserPoolClient"):
        agent = client.notes.get("Agent")
        found.append(
            Client(
                id=reading.names.bare(client),
                pool=reading.bare(client.properties.get("UserPoolId")) or "",
                agent=agent if isinstance(agent, str) else None,
                flows=reading.texts(client, "AllowedOAuthFlows"),
                explicit_flows=reading.texts(client, "ExplicitAuthFlows")
                if client.properties.get("ExplicitAuthFlows") is not None
                else _SIGN_IN_DEFAULT,
                scopes=reading.texts(client, "AllowedOAuthScopes"),
                has_secret=reading.flag(client, "GenerateSecret"),
                access_minutes=_minutes(reading, client, "AccessToken", "hours", _ACCESS_DEFAULT),
                refresh_minutes=_minutes(reading, client, "RefreshToken", "days", _REFRESH_DEFAULT),
                # Cognito revokes tokens of new clients unless it is told not to.
                revocation=client.properties.get("EnableTokenRevocation") is not False,
                hides_unknown_users=reading.text(client, "PreventUserExistenceErrors") == "ENABLED",
                place=client.place(),
            )
        )
    return tuple(sorted(found, key=lambda client: client.id))


def _minutes(reading: Reading, client: Resource, token: str, unit: str, default: int) -> int | None:
    value = reading.number(client, f"{token}Validity")
    if value is None:
        # A value that is there and not understood is no default.
        return default if client.properties.get(f"{token}Validity") is None else None
    given = reading.text(client, f"TokenValidityUnits.{token}") or unit
    return round(value * _MINUTES[given]) if given in _MINUTES else None
