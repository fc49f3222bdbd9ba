"""Switches as values: what can be switched off, how it is described, and what an environment has off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from governance.source import Source

MAX_REASON = 200
"""Characters of a reason: it stands in a policy's description and in a line of output."""

_DESCRIBED = re.compile(r"Switch of the (agent|tool|target) (\S+)\.(?: Off: (.+))?")


class SwitchKind(StrEnum):
    """What a switch stops: all calls of an agent, all of a tool, or all of a target's tools."""

    AGENT = "agent"
    TOOL = "tool"
    TARGET = "target"


@dataclass(frozen=True)
class Switch:
    """One switch. `subject` is the agent's or target's name, or the tool's full name."""

    kind: SwitchKind
    subject: str

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    def describe(self, reason: str | None = None) -> str:
        """The policy's description; with a reason it says that, and why, the switch is off."""
        return f"Switch of the {self}." + (f" Off: {reason}" if reason else "")


@dataclass(frozen=True)
class SwitchedOff:
    """A switch that an environment declares off. `system` is set where the declaration names it."""

    switch: Switch
    reason: str
    source: Source
    system: str | None = None


def described(description: str) -> tuple[Switch, str | None] | None:
    """The switch and the reason that `Switch.describe` wrote; None for any other text."""
    found = _DESCRIBED.fullmatch(description)
    return (Switch(SwitchKind(found[1]), found[2]), found[3]) if found else None
