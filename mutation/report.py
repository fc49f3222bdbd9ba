"""What a run of mutants found: counts by module, survivors with their diffs, entries that hold no longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mutation.equivalents import FILE, Equivalent
from mutation.mutants import Mutant
from mutation.runner import Outcome, Result
from mutation.targets import Project


@dataclass(frozen=True)
class Row:
    """The counts of one module. `equivalent` are listed as such and did not have to be killed."""

    module: str
    path: str
    killed: int
    survived: int
    equivalent: int

    @property
    def mutants(self) -> int:
        return self.killed + self.survived + self.equivalent


@dataclass(frozen=True)
class Report:
    """One run. `listed` are mutants excused by the file, `stale` its entries without a mutant, `noticed` its
    entries whose mutant some test notices after all."""

    project: Project
    results: Sequence[Result]
    listed: Sequence[Mutant]
    stale: Sequence[Equivalent]
    noticed: Sequence[Result]
    seconds: float

    @property
    def survivors(self) -> list[Mutant]:
        found = [result.mutant for result in self.results if result.outcome is Outcome.SURVIVED]
        return sorted(found, key=lambda mutant: (mutant.path, mutant.first, mutant.name))

    @property
    def clean(self) -> bool:
        return not (self.survivors or self.stale or self.noticed)

    def rows(self) -> list[Row]:
        """One row for each module that had a mutant."""
        rows = []
        for module, path in self.project.sources.items():
            outcomes = [each.outcome for each in self.results if each.mutant.module == module]
            equivalent = sum(mutant.module == module for mutant in self.listed)
            killed, survived = outcomes.count(Outcome.KILLED), outcomes.count(Outcome.SURVIVED)
            if killed + survived + equivalent:
                rows.append(Row(module.rpartition(".")[2], path, killed, survived, equivalent))
        return rows

    def lines(self) -> Iterator[str]:
        """For a person."""
        rows = self.rows()
        yield from _table(rows) if rows else ("No mutant: what was asked for holds nothing that is mutated.",)
        yield f"{self.seconds:.0f} s"
        for mutant in self.survivors:
            yield ""
            yield f"survived: {mutant.path}:{mutant.first}, {mutant.kind}"
            yield f"  {_named(mutant.name)}"
            yield from (f"  {line}" for line in mutant.diff(self.project.source(mutant.module)))
        if self.survivors:
            yield ""
            yield "Write a test that notices, simplify the code, or say in"
            yield f"{FILE.parent.name}/{FILE.name} why nobody could notice."
        for entry in self.stale:
            yield ""
            yield f"stale: {_named(entry.name)}"
            yield "  The code has no such mutant any more: take the entry out, or write it anew."
        for result in self.noticed:
            yield ""
            yield f"not equivalent: {result.mutant.path}:{result.mutant.first}, {result.mutant.change}"
            yield f"  {result.by} notices it: take the entry out."

    def as_json(self) -> dict[str, Any]:
        """For a program; the same findings."""
        return {
            "modules": [
                {"module": row.module, "path": row.path, "mutants": row.mutants}
                | {"killed": row.killed, "survived": row.survived, "equivalent": row.equivalent}
                for row in self.rows()
            ],
            "survivors": [
                {
                    "path": mutant.path,
                    "line": mutant.first,
                    "module": mutant.module,
                    "in": mutant.where,
                    "kind": mutant.kind,
                    "change": mutant.change,
                    "number": mutant.number,
                    "diff": mutant.diff(self.project.source(mutant.module)),
                }
                for mutant in self.survivors
            ],
            "stale": [_named(entry.name) for entry in self.stale],
            "not_equivalent": [
                {
                    "path": each.mutant.path,
                    "line": each.mutant.first,
                    "change": each.mutant.change,
                    "by": each.by,
                }
                for each in self.noticed
            ],
            "seconds": round(self.seconds, 1),
        }


def _table(rows: Sequence[Row]) -> Iterator[str]:
    total = Row("total", "", *(sum(values) for values in zip(*map(_counts, rows), strict=True)))
    width = max(len(row.module) for row in [*rows, total])
    yield f"{'module':<{width}}  mutants  killed  survived  equivalent"
    for row in [*rows, total]:
        counts = f"{row.mutants:>7}  {row.killed:>6}  {row.survived:>8}  {row.equivalent:>10}"
        yield f"{row.module:<{width}}  {counts}"


def _counts(row: Row) -> tuple[int, int, int]:
    return row.killed, row.survived, row.equivalent


def _named(name: tuple[str, str, str, int]) -> str:
    """As an entry of the file of equivalents names it."""
    module, where, change, number = name
    return f"module: {module}, in: {where}, change: {change}" + (f", number: {number}" if number > 1 else "")
