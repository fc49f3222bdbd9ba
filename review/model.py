"""The access model: one document per stage that says who can do what, and through what.

Everything in it is named stably: by declared names, physical names or what a thing serves, never by logical ids,
account ids or asset hashes of unchanged meaning. Two assemblies that grant the same have equal models, whatever
their construct trees look like. `review.document` writes and reads the JSON form, version 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from review.effect import Effect
from review.stage import Place

NOWHERE = Place("")
"""Places are for people: they are never compared and are not in the lock."""


@dataclass(frozen=True)
class Pool:
    """A Cognito user pool. `kind` is `agents`, `users` or `other`."""

    id: str
    kind: str
    self_sign_up: bool
    mfa: str
    threat_protection: str
    deletion_protection: bool
    scopes: tuple[str, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Client:
    """An app client. `agent` is whom it stands for, if known; token life is in minutes."""

    id: str
    pool: str
    agent: str | None
    flows: tuple[str, ...]
    explicit_flows: tuple[str, ...]
    scopes: tuple[str, ...]
    has_secret: bool
    access_minutes: int | None
    refresh_minutes: int | None
    revocation: bool
    hides_unknown_users: bool
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Authorizer:
    """Who may knock. `discovery` is `pool:<id>` for a pool of the stage, else the URL. `clients` are Client ids.

    `type` is CUSTOM_JWT, AWS_IAM, NONE or AUTHENTICATE_ONLY. `claims` are the custom claims as stable texts.
    """

    type: str
    discovery: str | None = None
    clients: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interceptor:
    """An interceptor of a gateway. `ours` if its code is one this release knows.

    `code` is the hash of its code without rendered data, `policy` the hash of the policy it holds (None if foreign).
    """

    points: tuple[str, ...]
    function: str
    ours: bool
    code: str | None
    policy: str | None
    passes_headers: bool
    environment: tuple[tuple[str, str], ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class RateLimit:
    """One rate limit of a gateway: its dimensions and what they allow, as a stable text each."""

    dimensions: tuple[str, ...]
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Gateway:
    """A gateway. `engine` is the policy engine's id and `engine_mode` ENFORCE or LOG_ONLY."""

    id: str
    authorizer: Authorizer
    engine: str | None
    engine_mode: str | None
    interceptors: tuple[Interceptor, ...]
    exception_level: str | None
    versions: tuple[str, ...]
    search: bool
    role: str | None
    kms_key: str | None = None
    waf: str | None = None
    waf_failure_mode: str | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    resource_policy: str | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Tool:
    """One tool behind a gateway; `name` is what callers say (`target___tool`). Labels are None if not declared.

    `schema` and `description` are hashes. `backend` is what really runs: `function:…`, `https://host`, `runtime:…`.
    """

    name: str
    gateway: str
    target: str
    kind: str
    schema: str
    description: str
    backend: str
    credential: str
    effect: str | None = None
    data: str | None = None
    egress: str | None = None
    place: Place = field(default=NOWHERE, compare=False)
    text: str = field(default="", compare=False)
    """The description itself, for lints; the lock holds its hash only."""


@dataclass(frozen=True)
class Policy:
    """One Cedar policy. `statement` is normalised; `principals` are badges or `*`; `actions` tool names, groups or `*`.

    `conditions` are normalised texts. `enforcement` is ACTIVE or LOG_ONLY; `switch` names what a kill switch stops.
    """

    name: str
    engine: str
    effect: str
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resource: str
    conditions: tuple[str, ...]
    enforcement: str
    validation: str
    statement: str
    switch: str | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Layer:
    """What one layer says about a cell. `because` is for people; `conditions` are compared."""

    effect: Effect
    conditions: tuple[str, ...] = ()
    because: str = field(default="", compare=False)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Cell:
    """One agent (or client of none) and one tool. A cell that is not in the matrix is denied by every layer.

    `subject` is an agent's name, else `client:<id>`. `effect` is `every` of the three layers.
    """

    subject: str
    gateway: str
    tool: str
    authorizer: Layer
    interceptor: Layer
    policy: Layer
    effect: Effect

    @property
    def key(self) -> tuple[str, str, str]:
        return self.subject, self.gateway, self.tool


@dataclass(frozen=True)
class Statement:
    """One IAM statement, lists sorted. `conditions` are stable texts `Operator:key=value,value`."""

    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    sid: str = field(default="", compare=False)
    why: str = field(default="", compare=False)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Role:
    """An IAM role. `id` says whom it serves (`runtime:booking`, `function:tool_customer`, `gateway:…`) or its name."""

    id: str
    serves: tuple[str, ...]
    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    managed: tuple[str, ...]
    boundary: str | None
    max_session_seconds: int | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Runtime:
    """An agent (or hosted tool) on AgentCore Runtime. `delegates` are agents it is set up to invoke."""

    id: str
    agent: str | None
    role: str | None
    protocol: str
    network: str
    authorizer: Authorizer | None
    headers: tuple[str, ...]
    artifact: str
    """`asset` for an image of this assembly, else the URI."""
    delegates: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    idle_seconds: int | None = None
    life_seconds: int | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Function:
    """A Lambda function. `invoked_by` are resource policy statements."""

    id: str
    package: str | None
    role: str | None
    reserved_concurrency: int | None
    timeout: int | None
    log_group: str | None
    permissions: tuple[Statement, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Store:
    """What holds data: `kind` is table, bucket, memory, secret, parameter, log_group, key, topic or queue.

    `protections` are stable texts such as `point_in_time_recovery`, `deletion_protection`, `retain`, `encrypted:<key>`,
    `retention:365`, `versioned`, `blocks_public`, `tls_only`; what is missing there is off.
    """

    id: str
    kind: str
    data: str | None
    protections: tuple[str, ...]
    policy: tuple[Statement, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Provider:
    """A credential provider of AgentCore Identity. `kind` is oauth2 or api_key; `agent` if it holds an agent's client.

    `secret` says where the secret is: `external:<secret>`, `client:<client id>` or `managed`.
    """

    id: str
    kind: str
    agent: str | None
    vendor: str
    secret: str
    discovery: str | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class AccessModel:
    """All of it, every tuple sorted by id. `unknowns` says what could not be read, in words."""

    stage: str
    system: str | None
    environment: str | None
    entry_agent: str | None
    pools: tuple[Pool, ...]
    clients: tuple[Client, ...]
    gateways: tuple[Gateway, ...]
    tools: tuple[Tool, ...]
    policies: tuple[Policy, ...]
    matrix: tuple[Cell, ...]
    roles: tuple[Role, ...]
    runtimes: tuple[Runtime, ...]
    functions: tuple[Function, ...]
    stores: tuple[Store, ...]
    providers: tuple[Provider, ...]
    unknowns: tuple[str, ...] = ()

    @property
    def agents(self) -> tuple[str, ...]:
        """Every agent that a client or a runtime stands for."""
        names = {client.agent for client in self.clients} | {runtime.agent for runtime in self.runtimes}
        return tuple(sorted(name for name in names if name))

    def role(self, id_: str | None) -> Role | None:
        return next((role for role in self.roles if role.id == id_), None)

    def runtime_of(self, agent: str) -> Runtime | None:
        return next((runtime for runtime in self.runtimes if runtime.agent == agent), None)

    def delegation(self) -> Mapping[str, tuple[str, ...]]:
        """agent → the agents its runtime may invoke."""
        return {runtime.agent: runtime.delegates for runtime in self.runtimes if runtime.agent}
