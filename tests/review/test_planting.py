"""A change that is written to templates says, when it is read again, what it said in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from review.collect import collect
from review.document import to_document
from review.reader import read_stage
from review.stage import Stage
from tests.review import foreign, foreign_benign, planting
from tests.review.benign import BENIGN
from tests.review.plant_kit import Plant
from tests.review.plants import WIDENINGS

ACROSS = ("reads a table", "one role for two", "another backend")
SOME = (*WIDENINGS[::8], *(each for each in WIDENINGS if each.name in ACROSS), *BENIGN[::8])


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-prod")


@pytest.mark.parametrize("plant", SOME, ids=lambda plant: plant.name)
def test_a_written_change_is_another_one(assembly: Path, stage: Stage, tmp_path: Path, plant: Plant) -> None:
    planted = plant.change(stage)
    written = planting.write(assembly, tmp_path / "cdk.out", stage, planted)
    again = collect(read_stage(written, stage.name))
    assert to_document(again) == to_document(collect(planted))


@pytest.mark.parametrize("plant", foreign_benign.BENIGN[:1], ids=lambda plant: plant.name)
def test_a_moved_construct_keeps_its_references(tmp_path: Path, plant: Plant) -> None:
    before = foreign.stage()
    written = planting.write(foreign.ASSEMBLY, tmp_path / "cdk.out", before, plant.change(before))
    found = collect(read_stage(written, before.name))
    assert to_document(found) == to_document(collect(before))


def test_what_did_not_change_is_written_again(assembly: Path, stage: Stage) -> None:
    assert planting.templates(assembly, stage, stage) == {}
    (plant,) = [each for each in WIDENINGS if each.name == "log only"]
    ((file, template),) = planting.templates(assembly, stage, plant.change(stage)).items()
    synthesized = json.loads((assembly / file).read_text(encoding="utf-8"))
    mode = template["Resources"]["Gateway"]["Properties"]["PolicyEngineConfiguration"].pop("Mode")
    synthesized["Resources"]["Gateway"]["Properties"]["PolicyEngineConfiguration"].pop("Mode")
    assert (template, mode) == (synthesized, "LOG_ONLY")
