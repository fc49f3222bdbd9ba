"""Who may call what: one decision for every agent and tool, each with its reason and declaration line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from governance.model import Source, System
from governance.shadow import Shadow


@dataclass(frozen=True)
class Decision:
    """`effect` is `allow` or `deny`; `source` is the line that grants, or the agent's file if none does.

    `shadow` tells what of an allowed cell is about to be refused.
    """

    effect: str
    reason: str
    source: Source | None
    shadow: Shadow | None = None

    @property
    def allowed(self) -> bool:
        return self.effect == "allow"


@dataclass(frozen=True)
class AccessMatrix:
    """Agent × tool. What is not granted is denied, and so is what is not declared."""

    system: str
    _cells: Mapping[str, Mapping[str, Decision]]

    @classmethod
    def of(cls, system: System) -> AccessMatrix:
        cells: dict[str, Mapping[str, Decision]] = {}
        for agent in system.agents:
            granted = {grant.tool: grant for grant in agent.grants}
            row: dict[str, Decision] = {}
            for tool in system.tools:
                grant = granted.get(tool.full_name)
                if grant is None:
                    row[tool.full_name] = Decision(
                        "deny", f"{agent.name} is not granted {tool.full_name}", agent.source
                    )
                else:
                    how = 'by "*"' if grant.wildcard else "by name"
                    row[tool.full_name] = Decision(
                        "allow",
                        f"{agent.name} is granted {tool.full_name} {how}",
                        grant.source,
                        grant.shadow,
                    )
            cells[agent.name] = row
        return cls(system.name, cells)

    @property
    def agents(self) -> tuple[str, ...]:
        return tuple(self._cells)

    def decision(self, agent: str, tool: str) -> Decision:
        """The decision for a full tool name. Unknown agents and tools are denied, never an error."""
        row = self._cells.get(agent)
        if row is None:
            return Decision("deny", f"{agent!r} is no agent of {self.system}", None)
        return row.get(tool) or Decision("deny", f"{tool!r} is no tool of {self.system}", None)

    def tools_of(self, agent: str) -> tuple[str, ...]:
        return tuple(tool for tool, decision in self._cells.get(agent, {}).items() if decision.allowed)

    def agents_of(self, tool: str) -> tuple[str, ...]:
        return tuple(agent for agent in self._cells if self.decision(agent, tool).allowed)
