"""What the platform itself may do and holds: roles, runtimes, functions, stores and credential providers."""

from __future__ import annotations

from dataclasses import dataclass, field

from review.gates import NOWHERE, Authorizer
from review.stage import Place


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
    shows: tuple[str, ...] = ()
    """What of tools' answers its user gets to see as it is."""
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
    `retention`, `versioned`, `blocks_public`, `tls_only`; what is missing there is off.
    """

    id: str
    kind: str
    data: str | None
    protections: tuple[str, ...]
    policy: tuple[Statement, ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


HIDDEN = "hidden"
"""In place of a setting that looks like a secret: a model is written down."""


@dataclass(frozen=True)
class Settings:
    """What a resource is set to beside what the rest of the model speaks of: nobody here knows what it means.

    `values` are texts `path = value`, sorted: a short value as it stands, of a longer one the digest.
    """

    id: str
    type: str
    values: tuple[str, ...]
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
