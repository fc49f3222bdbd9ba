"""The corpus as rows: each planted change with a name of its own, and what the review says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from review.collect import collect
from review.compare import compare
from review.run import review
from review.stage import Stage
from tests.review import foreign, foreign_benign
from tests.review.benign import BENIGN
from tests.review.plant_kit import Plant
from tests.review.plants import WIDENINGS

TODAY = "2026-11-21"
AIRLINE, FOREIGN = "airline", "helpdesk"


@dataclass(frozen=True)
class Row:
    """`name` is `airline: log only`; `wide` tells whether the change widens anything."""

    assembly: str
    plant: Plant
    wide: bool

    @property
    def name(self) -> str:
        return f"{self.assembly}: {self.plant.name}"


def rows() -> Iterator[Row]:
    for assembly, wide, plants in (
        (AIRLINE, True, WIDENINGS),
        (FOREIGN, True, foreign.WIDENINGS),
        (AIRLINE, False, BENIGN),
        (FOREIGN, False, foreign_benign.BENIGN),
    ):
        yield from (Row(assembly, plant, wide) for plant in plants)


@dataclass(frozen=True)
class Ours:
    """What the review says: the checks that find something new, and the sentence of the comparison."""

    checks: tuple[str, ...]
    sentence: str


class Reviewer:
    """The review of one stage before and after a change."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        report = review(stage, today=TODAY)
        self._model = report.model
        self._known = {(each.check, each.message) for each in report.findings}

    def look(self, row: Row) -> Ours:
        after = row.plant.change(self.stage)
        changes = [each.sentence for each in compare(self._model, collect(after)) if each.widens]
        findings = {(each.check, each.message) for each in review(after, today=TODAY).findings} - self._known
        wanted = row.plant.widens or ""
        sentence = next((each for each in changes if wanted in each), changes[0] if changes else "")
        own = row.plant.check
        others = sorted({check for check, _ in findings} - {own})
        return Ours((own, *others) if own in {check for check, _ in findings} else tuple(others), sentence)
