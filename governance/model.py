"""The declared system as frozen values. Nothing here reads a file, a clock or a network.

`load` makes these from YAML; `access`, the renderers and `stacks` read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from governance.binding import ArgumentRule, Users
from governance.bounds import Limits as Limits
from governance.bounds import Rates as Rates
from governance.console import Console
from governance.front_end import FrontEnd
from governance.hosting import Hosting
from governance.names import badge, badge_server
from governance.operations import AccountSettings, Alarms
from governance.outbound import Provider as Provider
from governance.outbound import ProviderSetting as ProviderSetting
from governance.outbound import Route
from governance.parts import Parts as Parts
from governance.shadow import Shadow
from governance.source import Source as Source
from governance.switch import SwitchedOff


class Effect(StrEnum):
    """What a tool does to the world."""

    READ = "read"
    WRITE = "write"
    IRREVERSIBLE = "irreversible"


class DataClass(StrEnum):
    """The most sensitive data a tool returns or a table holds."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"


class Egress(StrEnum):
    """Whether a tool sends its arguments outside the account."""

    NONE = "none"
    EXTERNAL = "external"


class TargetKind(StrEnum):
    """Gateway target kinds the declaration knows (contracts §1.5)."""

    LAMBDA = "lambda"
    OPENAPI = "openapi"
    MCP_SERVER = "mcp_server"
    API_GATEWAY = "api_gateway"
    SMITHY = "smithy"


class Protocol(StrEnum):
    """Runtime service contracts (contracts §5.1)."""

    HTTP = "http"
    MCP = "mcp"
    A2A = "a2a"


class PolicyMode(StrEnum):
    """Policy engine modes (contracts §3.2)."""

    ENFORCE = "ENFORCE"
    LOG_ONLY = "LOG_ONLY"


@dataclass(frozen=True)
class Index:
    """A global secondary index of a table; key attributes are strings."""

    name: str
    partition_key: str
    sort_key: str | None = None


@dataclass(frozen=True)
class Table:
    """A DynamoDB table. `seed` is a JSON file of rows under the system's `data/`."""

    name: str
    partition_key: str
    data: DataClass
    source: Source
    sort_key: str | None = None
    indexes: tuple[Index, ...] = ()
    seed: str | None = None


@dataclass(frozen=True)
class Tool:
    """One tool of a target, with its labels. `input_schema` is `{type, properties, required}`.

    `rules` hold for every agent that may call it; each is about a required argument.
    """

    name: str
    target: str
    description: str
    input_schema: Mapping[str, Any]
    effect: Effect
    data: DataClass
    egress: Egress
    source: Source
    rules: tuple[ArgumentRule, ...] = ()
    calls_per_minute: int | None = None

    @property
    def full_name(self) -> str:
        """The name the gateway exposes: `target___tool`, three underscores (contracts §1.3); its own has none."""
        return f"{self.target}___{self.name}" if self.target else self.name


@dataclass(frozen=True)
class Target:
    """A gateway target; which fields a kind has is `governance/schema_targets.py`'s.

    `function` and `runtime` are packages in `lambda/` and `agent_src/`. `spec_document` is an openapi target's
    OpenAPI document or a smithy target's model. `path` is where a provider's MCP server answers; `routes`
    tells the method and path of each tool of an api_gateway.
    """

    name: str
    kind: TargetKind
    description: str
    tools: tuple[Tool, ...]
    source: Source
    function: str | None = None
    tables: tuple[str, ...] = ()
    timeout_seconds: int = 10
    spec: str | None = None
    spec_document: Mapping[str, Any] | None = field(default=None, hash=False)
    provider: str | None = None
    runtime: str | None = None
    path: str = ""
    routes: Mapping[str, Route] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Grant:
    """One agent may call one tool. `wildcard` tells that it came from a `"*"`; such a one has no shadow."""

    tool: str
    source: Source
    wildcard: bool = False
    shadow: Shadow | None = None


@dataclass(frozen=True)
class Delegation:
    """One agent may invoke another agent's runtime."""

    agent: str
    source: Source


@dataclass(frozen=True)
class Agent:
    """An agent. `package` is its Python package in the source root `agent_src/`."""

    name: str
    purpose: str
    owner: str
    protocol: Protocol
    model: str
    grants: tuple[Grant, ...]
    delegates: tuple[Delegation, ...]
    limits: Limits
    source: Source
    parts: Parts = field(default_factory=Parts)

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class System:
    """One declared system: its agents, targets, tables and providers, in declared order.

    `languages` are ISO 639-1 codes, the default first; `utc_offset` has the form `+09:00`. `split` tells whether
    its agents are spread over several stacks of each part (`governance.shards`), `split_stated` whether that is
    declared, or follows from how many they are.
    """

    name: str
    title: str
    description: str
    entry_agent: str
    languages: tuple[str, ...]
    utc_offset: str
    agents: tuple[Agent, ...]
    targets: tuple[Target, ...]
    tables: tuple[Table, ...]
    providers: tuple[Provider, ...]
    directory: str
    source: Source
    users: Users | None = None
    limits: Rates = field(default_factory=Rates)
    search: Tool | None = None
    split: bool = False
    split_stated: bool = False
    console: Console = field(default_factory=Console)

    def badge(self, agent: str) -> str:
        """The scope that states, in a token, that the caller is this agent."""
        return badge(badge_server(self.name, agent, split=self.split), agent)

    def agent(self, name: str) -> Agent:
        return next(agent for agent in self.agents if agent.name == name)

    def target(self, name: str) -> Target:
        return next(target for target in self.targets if target.name == name)

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def provider(self, name: str) -> Provider:
        return next(provider for provider in self.providers if provider.name == name)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The targets' tools in declared order, then the gateway's own search where it is on."""
        declared = tuple(tool for target in self.targets for tool in target.tools)
        return (*declared, self.search) if self.search else declared


@dataclass(frozen=True)
class ModelSetting:
    """A model tier of an environment: a Bedrock model or inference profile id, and what it resolves to.

    `foundation_models` are the model ids the inference profile routes to (empty for a plain model id);
    they bound the runtime role (check IAM-10).
    """

    model_id: str
    foundation_models: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Environment:
    """One environment. `account` may be a placeholder: nothing looks it up at synth.

    `kms` gives each system a key of its own; `budget_usd` is what one system may cost a month.
    `permissions_boundary` names an IAM policy of the account, path included, that bounds every role.
    """

    name: str
    account: str
    region: str
    models: Mapping[str, ModelSetting]
    providers: Mapping[str, ProviderSetting]
    policy_mode: PolicyMode
    debug_exceptions: bool
    log_retention_days: int
    token_minutes: int
    alarms: Alarms
    kms: bool
    budget_usd: int
    retain_data: bool
    runtime: Hosting
    web_acl_arn: str | None
    source: Source
    permissions_boundary: str | None = None
    users_callback_urls: tuple[str, ...] = ()
    front_end: FrontEnd | None = None
    switched_off: tuple[SwitchedOff, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    account_settings: AccountSettings | None = None


@dataclass(frozen=True)
class Project:
    """A project folder: `systems/`, `environments/`, and the source roots `lambda/` and `agent_src/`.

    `roots` are searched in order for packages; the last is Airside's own, which holds the common code.
    """

    root: Path
    roots: tuple[Path, ...]
    systems: tuple[System, ...]
    environments: tuple[Environment, ...]

    def system(self, name: str) -> System:
        return next(system for system in self.systems if system.name == name)

    def environment(self, name: str) -> Environment:
        return next(environment for environment in self.environments if environment.name == name)
