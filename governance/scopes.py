"""Badge scopes: one scope per agent, obtainable by that agent's client alone (design §4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from governance.model import System
from governance.names import badge_scope, badge_server


@dataclass(frozen=True)
class Scope:
    """`name` as declared on the resource `server`, `full` as it stands in a token."""

    agent: str
    server: str
    name: str
    full: str
    description: str


def render(system: System) -> tuple[Scope, ...]:
    """One scope per agent, in declared order."""
    return tuple(
        Scope(
            agent=agent.name,
            server=badge_server(system.name, agent.name, split=system.split),
            name=badge_scope(agent.name),
            full=system.badge(agent.name),
            description=f"States that the caller is the agent {agent.name}",
        )
        for agent in system.agents
    )
