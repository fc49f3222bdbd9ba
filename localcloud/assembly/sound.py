"""Whether the parts of a stage fit together: what AWS would refuse at deployment is refused at start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from localcloud.assembly.errors import InvalidTemplate
from localcloud.assembly.hosts import data_plane
from localcloud.signed import OPERATOR
from localcloud.spec import (
    Gateway,
    JwtAuthorizer,
    LocalSystem,
    OAuthCredential,
    RoleCredential,
    Runtime,
    UserPool,
)


def check(system: LocalSystem) -> None:
    """Raises InvalidTemplate with everything that does not fit, one line each."""
    problems = [*_gateway(system), *_identity(system), *_runtimes(system), *_users(system), *_names(system)]
    if problems:
        raise InvalidTemplate("\n".join([f"{system.stage}: the parts do not fit together:", *problems]))


def _gateway(system: LocalSystem) -> Iterator[str]:
    gateway = system.gateway
    functions = {function.arn for function in system.functions}
    expected = f"{system.pool.issuer}/.well-known/openid-configuration"
    if gateway.authorizer.discovery_url != expected:
        yield f"the gateway trusts {gateway.authorizer.discovery_url}, which is not the stage's user pool"
    if not (
        gateway.authorizer.allowed_audience
        or gateway.authorizer.allowed_clients
        or gateway.authorizer.allowed_scopes
    ):
        yield "the gateway's authorizer names no audience, client or scope: it would take any token of the pool"
    clients = {client.client_id for client in system.pool.clients}
    for client in gateway.authorizer.allowed_clients:
        if client not in clients:
            yield f"the gateway allows the client {client}, which the user pool does not have"
    scopes = set(system.pool.scopes)
    for scope in gateway.authorizer.allowed_scopes:
        if scope not in scopes:
            yield f"the gateway allows the scope {scope}, which no resource server declares"
    for interceptor in gateway.interceptors:
        if interceptor.function_arn not in functions:
            yield f"the interceptor {interceptor.function_arn} is no function of the stage"
    yield from _points(gateway)
    yield from _targets(system)


def _targets(system: LocalSystem) -> Iterator[str]:
    functions = {function.arn for function in system.functions}
    oauth = {provider.arn for provider in system.oauth_providers}
    keys = {provider.arn for provider in system.key_providers}
    hosted = {
        f"{data_plane(system.region)}/runtimes/{quote(server.arn, safe='')}/invocations?qualifier={endpoint}"
        for server in system.servers
        for endpoint in ("DEFAULT", *server.endpoints)
    }
    for target in system.gateway.targets:
        credential = target.credential
        if target.kind == "lambda" and target.function_arn not in functions:
            yield f"the target {target.name} invokes {target.function_arn}, which is no function of the stage"
        if target.endpoint.startswith(f"{data_plane(system.region)}/") and target.endpoint not in hosted:
            yield f"the target {target.name} is at {target.endpoint}, which is no tool server of the stage"
        if isinstance(credential, RoleCredential) or credential is None:
            continue
        if credential.provider_arn not in (oauth if isinstance(credential, OAuthCredential) else keys):
            yield f"the target {target.name} uses {credential.provider_arn}, which the stage does not have"


def _points(gateway: Gateway) -> Iterator[str]:
    """At most one interceptor for each point, and no other points."""
    counted = Counter(point for interceptor in gateway.interceptors for point in interceptor.points)
    for point, count in counted.items():
        if point not in ("REQUEST", "RESPONSE"):
            yield f"the gateway has an interceptor for {point!r}; there are only REQUEST and RESPONSE"
        elif count > 1:
            yield f"the gateway has {count} interceptors for {point}; it takes one"


def _identity(system: LocalSystem) -> Iterator[str]:
    agents = {runtime.agent for runtime in system.runtimes}
    scopes = set(system.pool.scopes)
    for client in system.pool.clients:
        for scope in client.scopes:
            if scope not in scopes:
                yield f"the client of {client.agent} asks for the scope {scope}, which no resource server declares"
    for provider in system.oauth_providers:
        if provider.agent is not None and provider.agent not in agents:
            yield f"the credential provider {provider.name} belongs to {provider.agent!r}, which is no agent"


def _runtimes(system: LocalSystem) -> Iterator[str]:
    agents = {runtime.agent for runtime in system.runtimes}
    if system.entry_agent not in agents:
        yield f"the entry agent {system.entry_agent!r} has no runtime; there are: {', '.join(sorted(agents))}"
    for runtime in system.runtimes:
        if runtime.authorizer is not None:
            yield from _callers(runtime, runtime.authorizer, system.users)
    for server in system.servers:
        if server.authorizer is not None:
            yield f"{server.who} wants tokens; the gateway signs its requests to a server of ours"
        if server.protocol != "MCP":
            yield f"{server.agent} is a tool server with the protocol {server.protocol}; it must be MCP"


def _callers(runtime: Runtime, authorizer: JwtAuthorizer, users: UserPool | None) -> Iterator[str]:
    if users is None:
        yield f"the runtime {runtime.name} wants tokens, and the stage has no pool of users"
        return
    if authorizer.discovery_url != f"{users.issuer}/.well-known/openid-configuration":
        yield f"the runtime {runtime.name} trusts {authorizer.discovery_url}, which is not the pool of users"
    if not (authorizer.allowed_audience or authorizer.allowed_clients or authorizer.allowed_scopes):
        yield f"the runtime {runtime.name} names no audience, client or scope: it would take any token of the pool"
    clients = {client.client_id for client in users.clients}
    for client in authorizer.allowed_clients:
        if client not in clients:
            yield f"the runtime {runtime.name} allows the client {client}, which the pool of users does not have"


def _users(system: LocalSystem) -> Iterator[str]:
    """Users who could not sign in, or whom nobody asks for, are a mistake."""
    if system.users is None:
        return
    seed = system.users.seed
    if seed is not None and seed.table not in {table.logical_name for table in system.tables}:
        yield f"the users are the rows of the table {seed.table!r}, which the stage does not have"
    if all(runtime.authorizer is None for runtime in system.runtimes):
        yield "the stage has a pool of users, and no runtime takes their tokens"


def _names(system: LocalSystem) -> Iterator[str]:
    runtimes = (*system.runtimes, *system.servers)
    callers = [
        *(runtime.name for runtime in runtimes),
        *(each.name for each in system.functions),
        system.gateway.name,
    ]
    # Both are known by their names when they call, and the person at this machine by that one.
    yield from _twice("runtime, function or gateway", callers)
    if OPERATOR in callers:
        yield f"a runtime, function or gateway is called {OPERATOR!r}, a name that is reserved locally"
    yield from _twice("agent", (runtime.agent for runtime in system.runtimes))
    servers = {server.agent for server in system.servers}
    yield from _twice("tool server", (server.agent for server in system.servers))
    for runtime in system.runtimes:
        if runtime.agent in servers:
            yield f"{runtime.agent} is both an agent and a tool server"
    yield from _twice("target", (target.name for target in system.gateway.targets))
    yield from _twice("table", (table.name for table in system.tables))
    yield from _twice("credential provider", (provider.name for provider in system.oauth_providers))
    yield from _twice("credential provider", (provider.name for provider in system.key_providers))


def _twice(kind: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"the {kind} {name} is declared {count} times"
