"""Rate limits of a system's gateway, per agent and per tool (contracts §4: GatewayRateLimit).

One limit per set of dimensions: the service refuses a second one with the same set, so all agents share one and
all tools share another. A default is the entry `*`, which the service counts for each value by itself. What is
counted is the service's choice: an agent's requests are all it sends to the gateway, listing and opening a
session included, because only a call has a tool; a tool's calls are those of all agents together.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.model import System

MAX_ENTRIES = 1_000
"""Entries of one limit (contracts §11). More cannot be had: a second limit would need other dimensions."""

ANY = "*"
BY_AGENT = "$.context.jwt.client_id"
"""The claim that tells agents apart: each has a client of its own."""
BY_TOOL = "toolName"


@dataclass(frozen=True)
class Entry:
    """At most `per_minute` requests of `subject`: an agent, a full tool name, or `*` for each other one."""

    subject: str
    per_minute: int


@dataclass(frozen=True)
class RateLimit:
    """One limit of the gateway. `name` is its id there; entries stand in declared order, `*` last."""

    name: str
    description: str
    dimension: str
    entries: tuple[Entry, ...]


def render(system: System) -> tuple[RateLimit, ...]:
    """The limits; none where nothing is declared."""
    agents = _entries(
        {agent.name: agent.limits.requests_per_minute for agent in system.agents},
        system.limits.agent_requests_per_minute,
    )
    tools = _entries(
        {tool.full_name: tool.calls_per_minute for tool in system.tools}, system.limits.tool_calls_per_minute
    )
    made = (
        RateLimit("agents", "Requests of each agent in a minute", BY_AGENT, agents),
        RateLimit("tools", "Calls of each tool in a minute, by all agents", BY_TOOL, tools),
    )
    return tuple(limit for limit in made if limit.entries)


def _entries(own: dict[str, int | None], default: int | None) -> tuple[Entry, ...]:
    found = [Entry(subject, rate) for subject, rate in own.items() if rate is not None]
    return (*found, *([Entry(ANY, default)] if default is not None else []))
