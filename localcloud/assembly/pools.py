"""User pools and their app clients: the agents' and, where the system has users, theirs.

`Metadata.Airside.Pool` says which is which; a pool without the note is the agents'.
"""

from __future__ import annotations

from collections.abc import Iterator

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Client, UserPool, UserSeed

POOL = "AWS::Cognito::UserPool"
AGENTS, USERS = "agents", "users"
_PARTS = ("UserPoolClient", "UserPoolDomain", "UserPoolResourceServer")
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_DEFAULT_TOKEN_SECONDS = 3600
"""Cognito's default validity of access tokens."""


def agents(scope: StageScope) -> UserPool:
    """The agents' pool with the scopes of its resource servers and its clients."""
    _all_belong(scope)
    pool = _noted(scope, AGENTS)
    if pool is None:
        raise UnsupportedProperty(f"a stage runs with exactly one {POOL} of agents; found none.")
    return _pool(scope, pool, tuple(_agent(client) for client in _of(scope, pool, "UserPoolClient")))


def users(scope: StageScope) -> UserPool | None:
    """The end users' pool with its one public client; None in a system without users."""
    pool = _noted(scope, USERS)
    if pool is None:
        return None
    clients = tuple(_public(client) for client in _of(scope, pool, "UserPoolClient"))
    if len(clients) != 1:
        raise UnsupportedProperty(
            f"{pool.where}: a pool of users has exactly one client, found {len(clients)}."
        )
    return _pool(scope, pool, clients, _seed(pool))


def _all_belong(scope: StageScope) -> None:
    """What names a pool of another stage would be left out in silence."""
    pools = {physical.pool_id(pool) for pool in scope.resources(POOL)}
    for kind in _PARTS:
        for resource in scope.resources(f"AWS::Cognito::{kind}"):
            if resource.text("UserPoolId") not in pools:
                raise InvalidTemplate(f"{resource.where}.UserPoolId: is no pool of this stage.")


def _noted(scope: StageScope, kind: str) -> Resource | None:
    found = []
    for resource in scope.resources(POOL):
        note = resource.note("Pool") or AGENTS
        if note not in (AGENTS, USERS):
            raise InvalidTemplate(f"{resource.where} ({POOL}): Metadata.Airside.Pool is {note!r}.")
        if note == kind:
            found.append(resource)
    if len(found) > 1:
        places = ", ".join(resource.where for resource in found)
        raise UnsupportedProperty(f"a stage runs with one {POOL} of {kind}; found: {places}.")
    return found[0] if found else None


def _of(scope: StageScope, pool: Resource, kind: str) -> Iterator[Resource]:
    """The resources that belong to a pool."""
    own = physical.pool_id(pool)
    for resource in scope.resources(f"AWS::Cognito::{kind}"):
        if resource.get("UserPoolId") == own:
            yield resource


def _pool(
    scope: StageScope, pool: Resource, clients: tuple[Client, ...], seed: UserSeed | None = None
) -> UserPool:
    domains = list(_of(scope, pool, "UserPoolDomain"))
    if len(domains) != 1:
        raise UnsupportedProperty(f"{pool.where}: a pool has exactly one domain, found {len(domains)}.")
    return UserPool(
        pool_id=physical.pool_id(pool),
        issuer=physical.pool_url(pool),
        domain=domains[0].text("Domain"),
        scopes=tuple(
            f"{server.text('Identifier')}/{read.text(item.get('ScopeName'), server.where)}"
            for server in _of(scope, pool, "UserPoolResourceServer")
            for item in read.items(server.get("Scopes"), f"{server.where}.Scopes")
        ),
        clients=clients,
        seed=seed,
    )


def _seed(pool: Resource) -> UserSeed | None:
    note = pool.structured("Seed")
    if note is None:
        return None
    where = f"{pool.where}: Metadata.Airside.Seed"
    table, attribute = (read.mapping(note, where).get(key) for key in ("table", "attribute"))
    if not (isinstance(table, str) and isinstance(attribute, str) and table and attribute):
        raise InvalidTemplate(f"{where} is {note!r}; it must name a table and an attribute.")
    return UserSeed(table, attribute)


def _agent(resource: Resource) -> Client:
    for key in ("GenerateSecret", "AllowedOAuthFlowsUserPoolClient"):
        # Without the first there is nothing to authenticate with, without the second no flow is on.
        if resource.get(key) is not True:
            raise InvalidTemplate(f"{resource.where}.{key}: must be true for a client of an agent.")
    if resource.get("CallbackURLs"):
        raise UnsupportedProperty(f"{resource.where}.CallbackURLs: nobody signs in to a client of an agent.")
    return _client(resource, agent=read.noted(resource, "Agent"), secret=physical.client_secret(resource))


def _public(resource: Resource) -> Client:
    if resource.structured("Users") is not True:
        raise InvalidTemplate(f"{resource.where}: Metadata.Airside.Users must be true for a client of users.")
    if resource.get("GenerateSecret"):
        raise UnsupportedProperty(f"{resource.where}.GenerateSecret: a browser keeps no secret.")
    client = _client(resource, agent="", secret="")
    if client.flows != ("code",) or resource.get("AllowedOAuthFlowsUserPoolClient") is not True:
        raise UnsupportedProperty(f"{resource.where}: users sign in by the flow 'code' and by no other.")
    if not client.callback_urls:
        raise InvalidTemplate(f"{resource.where}.CallbackURLs: the flow 'code' needs one.")
    return client


def _client(resource: Resource, *, agent: str, secret: str) -> Client:
    where = resource.where
    return Client(
        agent=agent,
        client_id=physical.client_id(resource),
        client_secret=secret,
        scopes=read.texts(resource.get("AllowedOAuthScopes"), f"{where}.AllowedOAuthScopes"),
        flows=read.texts(resource.get("AllowedOAuthFlows"), f"{where}.AllowedOAuthFlows"),
        token_seconds=_token_seconds(resource),
        callback_urls=read.texts(resource.get("CallbackURLs"), f"{where}.CallbackURLs"),
    )


def _token_seconds(resource: Resource) -> int:
    validity = resource.get("AccessTokenValidity")
    if validity is None:
        return _DEFAULT_TOKEN_SECONDS
    where = f"{resource.where}.TokenValidityUnits"
    units = read.mapping(resource.get("TokenValidityUnits") or {}, where)
    unit = read.one_of(units.get("AccessToken", "hours"), _UNITS, where)
    return read.number(validity, f"{resource.where}.AccessTokenValidity") * _UNITS[unit]
