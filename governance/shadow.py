"""Grants in shadow mode: what is about to be refused, logged before it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.binding import ArgumentRule, RuleKind
from governance.source import Source


class WouldRefuse(StrEnum):
    """What a shadow holds back: every call by the grant, or what the tool's rules say about arguments."""

    CALLS = "calls"
    ARGUMENTS = "arguments"


@dataclass(frozen=True)
class Shadow:
    """One agent's grant of one tool in shadow mode. `reason` is for people: why, and until when."""

    would_refuse: WouldRefuse
    reason: str
    source: Source

    def relaxes(self, rule: ArgumentRule) -> bool:
        """Whether a call that breaks the rule is let through. One about the end user never is."""
        return self.would_refuse is WouldRefuse.ARGUMENTS and rule.kind is not RuleKind.USER

    @property
    def form(self) -> dict[str, str]:
        """For programs: what explanations and reports show."""
        return {"would_refuse": self.would_refuse.value, "reason": self.reason, "source": str(self.source)}

    def __str__(self) -> str:
        """For people: `arguments would be refused: Bounds of March. (systems/…:12)`."""
        return f"{self.would_refuse} would be refused: {self.reason} ({self.source})"


def enforced(rules: Iterable[ArgumentRule], shadow: Shadow | None) -> tuple[ArgumentRule, ...]:
    """The rules that refuse today."""
    return tuple(rule for rule in rules if shadow is None or not shadow.relaxes(rule))


def named(entry: str | Mapping[str, Any]) -> str:
    """The tool that an entry of `may_call` grants: a name, or `{tool, shadow}`."""
    return entry if isinstance(entry, str) else str(entry["tool"])
