"""What an assembly says, resolved to local values: the input of every stand-in.

`assembly` makes a `LocalSystem` from one stage of `cdk.out`; nothing here knows CloudFormation or CDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.credentials import Credential as Credential
from localcloud.credentials import KeyCredential as KeyCredential
from localcloud.credentials import KeyProvider as KeyProvider
from localcloud.credentials import OAuthCredential as OAuthCredential
from localcloud.credentials import OAuthProvider as OAuthProvider
from localcloud.credentials import RoleCredential as RoleCredential
from localcloud.credentials import SecretReference as SecretReference
from localcloud.parts import Browser as Browser
from localcloud.parts import CodeInterpreter as CodeInterpreter
from localcloud.parts import Memory as Memory


@dataclass(frozen=True)
class Client:
    """A Cognito app client. `scopes` are full names; `agent` is the declared agent it belongs to.

    The users' client is public: no agent, no secret, and the flow `code` to one of `callback_urls`.
    """

    agent: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    flows: tuple[str, ...]
    token_seconds: int
    callback_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class UserSeed:
    """Which rows name a pool's users: the declared table, and the attribute that holds a user's name."""

    table: str
    attribute: str


@dataclass(frozen=True)
class UserPool:
    """A Cognito user pool with its resource servers' scopes. `issuer` is the local issuer's URL.

    `seed` says who can sign in to a pool of end users; the agents' pool has none.
    """

    pool_id: str
    issuer: str
    domain: str
    scopes: tuple[str, ...]
    clients: tuple[Client, ...]
    seed: UserSeed | None = None


@dataclass(frozen=True)
class JwtAuthorizer:
    """A CUSTOM_JWT authorizer (contracts §1.7). Every configured kind must hold; any member of a list does."""

    discovery_url: str
    allowed_audience: tuple[str, ...] = ()
    allowed_clients: tuple[str, ...] = ()
    allowed_scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interceptor:
    """A Lambda interceptor. `points` are `REQUEST` and/or `RESPONSE`."""

    function_arn: str
    points: tuple[str, ...]
    pass_request_headers: bool


@dataclass(frozen=True)
class Switch:
    """What a policy switches off when it is active: `kind` is `agent`, `tool` or `target`."""

    kind: str
    subject: str

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


@dataclass(frozen=True)
class CedarPolicy:
    """One policy of the engine. `mode` is `ACTIVE` or `LOG_ONLY`; `name` is its identifier, as logs show it.

    `declared` is the name it was created with. `switch` is set where the policy is there to be switched.
    """

    name: str
    statement: str
    mode: str = "ACTIVE"
    declared: str = ""
    arn: str = ""
    description: str = ""
    switch: Switch | None = None


@dataclass(frozen=True)
class ToolSpec:
    """A tool of a lambda or mcp_server target as in the template; `name` has no target prefix."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Target:
    """A gateway target: `kind` is `lambda` (function_arn, tools), `openapi` (document) or `mcp_server`
    (endpoint, tools). Without a `credential` an openapi or mcp_server target is asked without any.
    """

    name: str
    target_id: str
    kind: str
    function_arn: str | None = None
    tools: tuple[ToolSpec, ...] = ()
    document: Mapping[str, Any] | None = None
    endpoint: str = ""
    credential: Credential | None = None


@dataclass(frozen=True)
class RateLimitEntry:
    """At most `rate` requests in `seconds`, for these values of the limit's dimensions; `*` is any one value."""

    values: tuple[str, ...]
    rate: int
    seconds: int


@dataclass(frozen=True)
class RateLimit:
    """A rate limit of the gateway. `keys` are `toolName` or `$.context.jwt.<claim>`."""

    limit_id: str
    keys: tuple[str, ...]
    entries: tuple[RateLimitEntry, ...]


@dataclass(frozen=True)
class Gateway:
    """The AgentCore Gateway. `url` ends in `/mcp` and is where the local gateway listens."""

    gateway_id: str
    arn: str
    name: str
    url: str
    authorizer: JwtAuthorizer
    versions: tuple[str, ...]
    semantic_search: bool
    debug_exceptions: bool
    instructions: str
    interceptors: tuple[Interceptor, ...]
    policy_mode: str | None
    policies: tuple[CedarPolicy, ...]
    targets: tuple[Target, ...]
    rate_limits: tuple[RateLimit, ...] = ()
    engine_id: str = ""
    engine_arn: str = ""


@dataclass(frozen=True)
class Function:
    """A Lambda function. `code` is the asset's folder inside `cdk.out`."""

    name: str
    arn: str
    code: Path
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int
    concurrency: int | None
    package: str = ""
    """The source package, where the template names it."""


@dataclass(frozen=True)
class Runtime:
    """An AgentCore runtime. `source` is the container asset's folder, `build_args` its Docker arguments.

    `endpoints` are the declared endpoint names (`DEFAULT` always exists besides); `workload` is the name of
    its workload identity; `headers` the inbound headers its allowlist passes on, as declared. `agent` is the
    declared agent, or the package of a hosted tool server: `protocol` tells, MCP is a server's.
    """

    agent: str
    name: str
    runtime_id: str
    arn: str
    source: Path
    build_args: Mapping[str, str]
    environment: Mapping[str, str]
    protocol: str
    role: str
    idle_seconds: int
    lifetime_seconds: int = 28_800
    endpoints: tuple[str, ...] = ()
    workload: str = ""
    headers: tuple[str, ...] = ()
    authorizer: JwtAuthorizer | None = None
    """Whose tokens its callers must bring. None: its callers sign (IAM)."""

    @property
    def who(self) -> str:
        """What a person calls it."""
        return f"the {'tool server' if self.protocol == 'MCP' else 'agent'} {self.agent}"


@dataclass(frozen=True)
class Table:
    """A DynamoDB table: `definition` is the CreateTable request, `logical_name` the declared name.

    `seed` is the file of the system's `data/` folder that holds its first rows.
    """

    logical_name: str
    name: str
    definition: Mapping[str, Any]
    seed: str | None = None


@dataclass(frozen=True)
class Grant:
    """One IAM statement on `bedrock-agentcore` actions. Patterns take `*` and `?` as in IAM.

    `conditions` maps a key to the patterns one of which the request's value must match; all keys must hold.
    A conditioned Allow whose conditions cannot be decided locally is left out; such a Deny is kept, without them.
    """

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class LocalSystem:
    """One stage, resolved."""

    system: str
    environment: str
    stage: str
    region: str
    account: str
    entry_agent: str
    pool: UserPool
    gateway: Gateway
    functions: tuple[Function, ...]
    runtimes: tuple[Runtime, ...]
    tables: tuple[Table, ...]
    oauth_providers: tuple[OAuthProvider, ...]
    parameters: Mapping[str, str]
    hosts: Mapping[str, str]
    """External base URLs that have a local stand-in: `https://host` → `http://127.0.0.1:port`."""
    memories: tuple[Memory, ...] = ()
    code_interpreters: tuple[CodeInterpreter, ...] = ()
    browsers: tuple[Browser, ...] = ()
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    """What the role of each runtime and of the gateway allows, by its name."""
    key_providers: tuple[KeyProvider, ...] = ()
    providers: tuple[str, ...] = ()
    """The declared external providers that targets name; each is answered for by a stand-in."""
    servers: tuple[Runtime, ...] = ()
    """The runtimes of hosted tool servers; `runtimes` are the agents'."""
    users: UserPool | None = None
    """The pool of the end users, where the system has any."""
    notices: tuple[str, ...] = ()
    """What of the stage has no effect here, one sentence each."""
    console: Mapping[str, Any] = field(default_factory=dict)
    """What the console's page is told of the system: title, languages, examples and cards."""
