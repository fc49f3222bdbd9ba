"""What stands between an agent and a tool: pools, clients, gateways, interceptors, tools, policies and the matrix."""

from __future__ import annotations

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

    `code` is the hash of its code without rendered data, `policy` the hash of what its policy says beside
    the matrix: badges and users (None if foreign).
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
    """One caller and one tool. A cell that is not in the matrix is denied.

    `subject` is an agent's name, else `client:<id>`, `issuer:<url>` or `anyone`; `effect` is `every` of the three
    layers. Cells that are denied are in the matrix where one of the layers would let the call through: the policy
    engine, or an interceptor that is known to.
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
