"""Every planted widening is found and named; nothing that means nothing is called wider."""

from __future__ import annotations

from pathlib import Path

import pytest

from review.collect import collect
from review.compare import compare
from review.model import AccessModel
from review.reader import read_stage
from review.run import review
from review.stage import Stage
from tests.review.benign import BENIGN
from tests.review.kit import edited
from tests.review.plants import WIDENINGS, Plant

TODAY = "2026-11-21"


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-prod")


@pytest.fixture(scope="module")
def model(stage: Stage) -> AccessModel:
    return collect(stage)


@pytest.fixture(scope="module")
def known(stage: Stage) -> frozenset[tuple[str, str]]:
    """What the checks say of the unchanged stage."""
    return frozenset((each.check, each.message) for each in review(stage, today=TODAY).findings)


def _name(plant: Plant) -> str:
    return plant.name


@pytest.mark.parametrize("plant", WIDENINGS, ids=_name)
def test_a_widening_is_named(stage: Stage, model: AccessModel, plant: Plant) -> None:
    assert plant.widens
    told = [change.sentence for change in compare(model, collect(plant.change(stage))) if change.widens]
    assert any(plant.widens in sentence for sentence in told), told


@pytest.mark.parametrize("plant", [each for each in WIDENINGS if each.check], ids=_name)
def test_a_widening_that_a_check_speaks_of_is_found(
    stage: Stage, known: frozenset[tuple[str, str]], plant: Plant
) -> None:
    found = {(each.check, each.message) for each in review(plant.change(stage), today=TODAY).findings}
    new = {check for check, _ in found - known}
    assert plant.check in new


@pytest.mark.parametrize("plant", BENIGN, ids=_name)
def test_what_widens_nothing_raises_no_alarm(stage: Stage, model: AccessModel, plant: Plant) -> None:
    changes = compare(model, collect(plant.change(stage)))
    assert [change.sentence for change in changes if change.widens] == []


def test_the_corpus_is_large_and_each_change_in_it_is_one(stage: Stage) -> None:
    assert len(WIDENINGS) >= 60
    assert len(BENIGN) >= 25
    names = [each.name for each in (*WIDENINGS, *BENIGN)]
    assert len(names) == len(set(names))
    with pytest.raises(LookupError):
        edited(stage, "AWS::Nothing::There", lambda properties: None)
