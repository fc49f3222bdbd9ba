"""What grants in shadow mode let through: counted from decision lines, held against the declaration. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.model import System
    from governance.shadow import Shadow

Cell = tuple[str, str, str]
"""Agent, tool, and what the line says is in shadow mode: `calls` or `arguments`."""

SAFE, WOULD_REFUSE, NOT_DECLARED = "safe_to_enforce", "would_refuse", "not_declared"
TITLES = {
    WOULD_REFUSE: "would be refused",
    SAFE: "safe to enforce, as far as this was looked at",
    NOT_DECLARED: "no longer in shadow mode",
}
"""Verdict → heading, in the order of the report."""


@dataclass
class Seen:
    """Calls let through under one shadow. `reasons` counts (reason, argument or None) of those it would refuse."""

    calls: int = 0
    reasons: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    @property
    def refused(self) -> int:
        return self.reasons.total()

    def add(self, calls: int, first: datetime | None, last: datetime | None) -> None:
        """Counts calls made between two moments."""
        self.calls += calls
        self.first = min((at for at in (self.first, first) if at is not None), default=None)
        self.last = max((at for at in (self.last, last) if at is not None), default=None)


@dataclass
class Evidence:
    """What a source told. `decisions` is how many lines were looked at, `notes` what limits their worth."""

    source: str
    cells: dict[Cell, Seen] = field(default_factory=dict)
    decisions: int = 0
    notes: list[str] = field(default_factory=list)

    def cell(self, agent: str, tool: str, kind: str) -> Seen:
        return self.cells.setdefault((agent, tool, kind), Seen())


@dataclass(frozen=True)
class Row:
    """One shadow and what became of its calls. `shadow` is None for one that is no longer declared."""

    agent: str
    tool: str
    kind: str
    shadow: Shadow | None
    seen: Seen

    @property
    def verdict(self) -> str:
        if self.shadow is None:
            return NOT_DECLARED
        return WOULD_REFUSE if self.seen.refused else SAFE

    def as_json(self) -> dict[str, Any]:
        """Times are ISO 8601 in UTC."""
        by_reason: Counter[str] = Counter()
        by_argument: Counter[str] = Counter()
        for (reason, argument), count in self.seen.reasons.items():
            by_reason[reason] += count
            if argument is not None:
                by_argument[argument] += count
        return {
            "agent": self.agent,
            "tool": self.tool,
            "verdict": self.verdict,
            "shadow": self.shadow.form if self.shadow else {"would_refuse": self.kind},
            "calls": self.seen.calls,
            "would_be_refused": self.seen.refused,
            "by_reason": dict(by_reason),
            "by_argument": dict(by_argument),
            "first_seen": self.seen.first.isoformat() if self.seen.first else None,
            "last_seen": self.seen.last.isoformat() if self.seen.last else None,
        }


def rows(system: System, evidence: Evidence) -> list[Row]:
    """Every declared shadow, called or not; then what the lines tell of shadows that are declared no more."""
    cells = dict(evidence.cells)
    found = []
    for agent in system.agents:
        for grant in agent.grants:
            if grant.shadow is not None:
                kind = grant.shadow.would_refuse.value
                seen = cells.pop((agent.name, grant.tool, kind), Seen())
                found.append(Row(agent.name, grant.tool, kind, grant.shadow, seen))
    found.extend(Row(*cell, None, seen) for cell, seen in sorted(cells.items()))
    return found


def lines(found: list[Row]) -> Iterator[str]:
    """The report for people, worst first."""
    if not any(row.shadow for row in found):
        yield "no grant is in shadow mode"
    for verdict, title in TITLES.items():
        chosen = [row for row in found if row.verdict == verdict]
        if chosen:
            yield title
        for row in chosen:
            yield from _lines(row)


def _lines(row: Row) -> Iterator[str]:
    seen = row.seen
    calls = f"{seen.calls} {'call' if seen.calls == 1 else 'calls'}"
    counted = f"{seen.refused} of {calls}" if seen.refused else calls if seen.calls else "not called"
    yield f"  {row.agent:<13} {row.tool:<40} {row.kind:<9}  {counted}"
    for (reason, argument), count in sorted(seen.reasons.items(), key=lambda item: (-item[1], str(item[0]))):
        yield f"    {count:>8}  {reason}{'' if argument is None else f' {argument}'}"
    if seen.first and seen.last:
        yield f"    first {_shown(seen.first)}, last {_shown(seen.last)}"
    if row.shadow:
        yield f"    {row.shadow.reason} ({row.shadow.source})"


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def document(
    system: str, environment: str, since: datetime | None, evidence: Evidence, found: list[Row]
) -> Mapping[str, Any]:
    """The report for programs."""
    return {
        "system": system,
        "environment": environment,
        "source": evidence.source,
        "since": since.isoformat() if since else None,
        "decisions": evidence.decisions,
        "notes": evidence.notes,
        "shadows": [row.as_json() for row in found],
    }
