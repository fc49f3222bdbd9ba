"""Every planted widening is found and named; nothing that means nothing is called wider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from review.collect import collect
from review.compare import compare
from review.model import AccessModel
from review.reader import read_stage
from review.run import review
from review.stage import Stage
from tests.review import foreign, foreign_benign
from tests.review.benign import BENIGN
from tests.review.kit import edited
from tests.review.plant_kit import Plant
from tests.review.plants import WIDENINGS

TODAY = "2026-11-21"


@dataclass(frozen=True)
class Corpus:
    """A stage, its model, and what the checks say of it before anything is planted."""

    stage: Stage
    model: AccessModel
    known: frozenset[tuple[str, str]]

    @staticmethod
    def of(stage: Stage) -> Corpus:
        report = review(stage, today=TODAY)
        return Corpus(stage, report.model, frozenset((each.check, each.message) for each in report.findings))


@pytest.fixture(scope="module")
def corpora(assembly: Path) -> Mapping[str, Corpus]:
    return {
        "airline": Corpus.of(read_stage(assembly, "airline-prod")),
        "foreign": Corpus.of(foreign.stage()),
    }


Planted = tuple[str, Plant]
WIDENED: tuple[Planted, ...] = (
    *(("airline", plant) for plant in WIDENINGS),
    *(("foreign", plant) for plant in foreign.WIDENINGS),
)
HARMLESS: tuple[Planted, ...] = (
    *(("airline", plant) for plant in BENIGN),
    *(("foreign", plant) for plant in foreign_benign.BENIGN),
)


def _parametrized(planted: Iterable[Planted]) -> pytest.MarkDecorator:
    listed = list(planted)
    return pytest.mark.parametrize(
        ("name", "plant"), listed, ids=[f"{name}: {plant.name}" for name, plant in listed]
    )


@_parametrized(each for each in WIDENED if each[1].widens)
def test_a_widening_is_named(corpora: Mapping[str, Corpus], name: str, plant: Plant) -> None:
    assert plant.widens
    before = corpora[name]
    changes = compare(before.model, collect(plant.change(before.stage)))
    told = [change.sentence for change in changes if change.widens]
    assert any(plant.widens in sentence for sentence in told), told


@_parametrized(each for each in WIDENED if each[1].check)
def test_a_widening_that_a_check_speaks_of_is_found(
    corpora: Mapping[str, Corpus], name: str, plant: Plant
) -> None:
    before = corpora[name]
    findings = review(plant.change(before.stage), today=TODAY).findings
    new = {check for check, _ in {(each.check, each.message) for each in findings} - before.known}
    assert plant.check in new


@_parametrized(HARMLESS)
def test_what_widens_nothing_raises_no_alarm(corpora: Mapping[str, Corpus], name: str, plant: Plant) -> None:
    before = corpora[name]
    changes = compare(before.model, collect(plant.change(before.stage)))
    assert [change.sentence for change in changes if change.widens] == []


def test_the_corpus_is_large_and_each_change_in_it_is_one(corpora: Mapping[str, Corpus]) -> None:
    counted = Counter(name for name, _ in WIDENED)
    assert counted["airline"] >= 60
    assert counted["foreign"] >= 10
    counted = Counter(name for name, _ in HARMLESS)
    assert counted["airline"] >= 25
    assert counted["foreign"] >= 6
    names = [(name, plant.name) for name, plant in (*WIDENED, *HARMLESS)]
    assert len(names) == len(set(names))
    assert all(plant.widens or plant.check for _, plant in WIDENED)
    with pytest.raises(LookupError):
        edited(corpora["airline"].stage, "AWS::Nothing::There", lambda properties: None)
