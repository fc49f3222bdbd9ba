"""Every derived name, in one place, with the service's limits (contracts §11).

A literal resource, action, client or log-group name anywhere else is a defect.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from governance import shards

SEPARATOR = "___"

CLIENT_SECRET_KEY = "client_secret"  # noqa: S105  a key, not a value
"""The JSON key of a client's secret in Secrets Manager."""

INTERCEPTOR = "gateway_interceptor"
"""The interceptor's package in `lambda/`, the same in every system."""

SEARCH_TOOL = "x_amz_bedrock_agentcore_search"
"""The gateway's own tool, the only one without a target's name before it (contracts §1.4)."""

MAX_TOOL_NAME = 64
"""Bedrock's `toolSpec.name` is `[a-zA-Z0-9_-]{1,64}`; the gateway itself would take 256."""


MAX_POLICY_NAME = 48
"""Characters of a policy's name (contracts §11)."""

MAX_PART_NAME = 48
"""Characters of a memory's, an interpreter's or a browser's name (contracts §11)."""

MAX_DELIVERY_NAME = 60
"""Characters of a vended log's delivery source (CloudWatch Logs API: PutDeliverySource)."""


def full_tool_name(target: str, tool: str) -> str:
    """`target___tool`, the only form the gateway, Cedar and the interceptor know."""
    return f"{target}{SEPARATOR}{tool}"


def badge_server(system: str, agent: str, *, split: bool) -> str:
    """The identifier of the resource server with an agent's badge: `<system>`, or `<system>-<shard>` where the system
    is split (`governance.shards`)."""
    return f"{system}-{shards.label(shards.shard(agent, shards.BADGES))}" if split else system


def badge(server: str, agent: str) -> str:
    """The scope that states who an agent is: `<resource server>/agent.<name>` (design §4.1).

    Ask `System.badge`, which knows the server.
    """
    return f"{server}/{badge_scope(agent)}"


ACCOUNT = "account"
"""Where settings of a whole account are made, in place of a system's name; no system may have it."""


def account_stage(environment: str) -> str:
    """The stage with the settings of an environment's account."""
    return f"{ACCOUNT}-{environment}"


def account_resource(environment: str, what: str) -> str:
    """A stack or a policy of that stage, for example `airside-account-dev-spans`."""
    return f"airside-{account_stage(environment)}-{what}"


def agent_subject(agent: str) -> str:
    """An agent as the subject of alarms and deliveries, apart from the system's other parts."""
    return f"agent-{agent}"


def server_subject(package: str) -> str:
    """A hosted tool server as the subject of alarms, deliveries and its role."""
    return f"server-{package.replace('_', '-')}"


def memory_subject(agent: str) -> str:
    """An agent's memory as the subject of deliveries and of its role."""
    return f"memory-{agent}"


def badge_scope(agent: str) -> str:
    """The badge as declared on the resource server, without its identifier."""
    return f"agent.{agent}"


@dataclass(frozen=True)
class Names:
    """Names of one system in one environment."""

    system: str
    environment: str
    endpoint: str = "DEFAULT"
    """The runtime endpoint callers use, a setting of the environment; else the one every runtime has."""

    @property
    def prefix(self) -> str:
        return f"{self.system}-{self.environment}"

    @property
    def _underscored(self) -> str:
        return self.prefix.replace("-", "_")

    @property
    def stage(self) -> str:
        return self.prefix

    def stack(self, part: str) -> str:
        return f"{self.prefix}-{part}"

    @property
    def user_pool(self) -> str:
        return self.prefix

    def domain_prefix(self, account: str) -> str:
        """Cognito domains are unique in a region, hence the account."""
        return f"{self.prefix}-{account}"

    @property
    def users_pool(self) -> str:
        """The end users' own pool: agents' clients and users never share one."""
        return f"{self.user_pool}-customers"

    @property
    def users_client(self) -> str:
        return f"{self.prefix}-customers"

    def users_domain_prefix(self, account: str) -> str:
        return f"{self.prefix}-customers-{account}"

    def client(self, agent: str) -> str:
        return f"{self.prefix}-{agent}"

    @property
    def gateway(self) -> str:
        return self.prefix

    @property
    def policy_engine(self) -> str:
        return self._underscored

    def policy(self, agent: str, part: int = 0) -> str:
        suffix = f"_{part}" if part else ""
        return f"{self._underscored}_{agent.replace('-', '_')}{suffix}"

    def rule_policy(self, agent: str, tool: str) -> str:
        """The policy of one granted tool with rules; named by a digest, as tools' names may be longer."""
        return f"{self.policy(agent)}_{hashlib.sha256(tool.encode()).hexdigest()[:8]}"

    def switch(self, kind: str, subject: str) -> str:
        """The policy that switches an agent, a tool or a target off.

        All of a system's switches begin with `switch_prefix` and nothing else does, so an operator's IAM policy
        can name them. An agent's says which; the others, and one too long, carry a digest.
        """
        word = subject.replace("-", "_")
        if kind == "agent" and len(self.switch_prefix) + len(word) <= MAX_POLICY_NAME:
            return f"{self.switch_prefix}{word}"
        return f"{self.switch_prefix}{hashlib.sha256(f'{kind} {subject}'.encode()).hexdigest()[:8]}"

    @property
    def switch_prefix(self) -> str:
        # No other policy's name holds two underscores in a row: declared names begin with a letter.
        return f"{self._underscored}__off_"

    def function(self, package: str) -> str:
        return f"{self.prefix}-{package.replace('_', '-')}"

    def table(self, table: str) -> str:
        return f"{self.prefix}-{table}"

    def runtime(self, agent: str) -> str:
        return f"{self._underscored}_{agent.replace('-', '_')}"

    def part(self, agent: str) -> str:
        """An agent's memory, code interpreter or browser: each kind has names of its own, so one does for all."""
        return self.runtime(agent)

    def browser(self, agent: str, network: Iterable[str]) -> str:
        """An agent's browser, in the subnets and security groups `network`, if it has any.

        These cannot be changed: another network is another browser, made while the one before still has its name.
        """
        ids = ",".join(sorted(network))
        return (
            f"{self.part(agent)}_{hashlib.sha256(ids.encode()).hexdigest()[:8]}" if ids else self.part(agent)
        )

    def memory_role(self, agent: str) -> str:
        return self.role(memory_subject(agent))

    def tool_runtime(self, package: str) -> str:
        """The runtime of a hosted tool server; no agent's name gives two underscores in a row."""
        return f"{self._underscored}__{package}"

    def agent_provider(self, agent: str) -> str:
        """The OAuth2 credential provider that holds an agent's own client."""
        return f"{self.prefix}-agent-{agent}"

    def agent_secret(self, agent: str) -> str:
        """The Secrets Manager secret with the live client secret of an agent's own client."""
        return f"airside/{self.system}/{self.environment}/agents/{agent}"

    def outbound_provider(self, provider: str) -> str:
        return f"{self.prefix}-outbound-{provider}"

    def role(self, subject: str) -> str:
        """An IAM role's name; roles are global in an account, so the name carries system and environment."""
        return f"{self.prefix}-{subject}"

    def server_role(self, package: str) -> str:
        return self.role(server_subject(package))

    def function_log_group(self, package: str) -> str:
        return f"/airside/{self.system}/{self.environment}/functions/{package}"

    def vended_log_group(self, kind: str, subject: str) -> str:
        """A log group under the prefix that needs no resource policy (contracts §9)."""
        return f"/aws/vendedlogs/bedrock-agentcore/{kind}/APPLICATION_LOGS/{self.prefix}-{subject}"

    def runtime_log_group(self, runtime_id: str, endpoint: str) -> str:
        """Where the service writes a runtime's output; `runtime_id` may be a token (contracts §9)."""
        return f"/aws/bedrock-agentcore/runtimes/{runtime_id}-{endpoint}"

    def delivery(self, subject: str, log: str) -> str:
        """A vended log's delivery source and destination, for example `airline-dev-gateway-traces`."""
        return f"{self.prefix}-{subject}-{log}"

    def runtime_log_groups(self) -> str:
        """The prefix of the log groups of all agents' output."""
        return f"/aws/bedrock-agentcore/runtimes/{self._underscored}_"

    def log_group_patterns(self) -> tuple[str, ...]:
        """Every log group of the system, with wildcards: a list would outgrow a key's policy (32 KB)."""
        return (
            self.function_log_group("*"),
            self.vended_log_group("*", "*"),
            f"{self.runtime_log_groups()}*",
        )

    def parameter(self, key: str) -> str:
        return f"/airside/{self.system}/{self.environment}/{key}"

    @property
    def key_alias(self) -> str:
        return f"alias/airside/{self.system}/{self.environment}"

    @property
    def dashboard(self) -> str:
        return self.prefix

    def agents_dashboard(self, shard: str) -> str:
        """The dashboard of the agents of one shard of a split system, for example `shop-dev-agents-03`."""
        return f"{self.prefix}-agents-{shard}"

    def alarm(self, subject: str, what: str) -> str:
        return f"{self.prefix}-{subject}-{what}"

    @property
    def alarm_topic(self) -> str:
        return self.alarm("all", "alarms")

    def watch(self, what: str) -> str:
        """An EventBridge rule on changes of the guard."""
        return f"{self.prefix}-watch-{what}"

    @property
    def budget(self) -> str:
        return self.prefix

    def site(self, part: str) -> str:
        """A part of the published console; CloudFront's names are an account's, whatever the region."""
        return f"{self.prefix}-site-{part}"

    @property
    def metric_namespace(self) -> str:
        return f"Airside/{self.prefix}"


def table_variable(table: str) -> str:
    """The environment variable that carries a table's physical name to a function."""
    return f"TABLE_{table.upper().replace('-', '_')}"


def delegate_variable(agent: str) -> str:
    """The environment variable that carries a delegate's runtime ARN to an agent."""
    return f"DELEGATE_{agent.upper().replace('-', '_')}_ARN"
