"""The committed locks are what is synthesized, and nothing that is not approved passes."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cli.__main__ import main
from governance.load import load_project
from review import lock
from review.collect import collect
from review.model import AccessModel
from review.reader import read_assembly
from review.run import review
from review.stage import Stage
from tests.assembly_fixture import ROOT
from tests.review.plant_kit import Plant
from tests.review.plants import WIDENINGS

LOCKS = sorted((ROOT / lock.FOLDER).glob("*.lock.json"))


@pytest.fixture(scope="module")
def stages(assembly: Path) -> dict[Path, Stage]:
    return {
        lock.path(ROOT, stage.system, stage.environment, stage.name): stage
        for stage in read_assembly(assembly)
    }


def test_a_lock_is_missing_or_left_over(stages: dict[Path, Stage]) -> None:
    assert sorted(stages) == LOCKS


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_says_something_else_than_what_is_synthesized(stages: dict[Path, Stage], file: Path) -> None:
    made = lock.render(collect(stages[file]))
    assert file.read_text(encoding="utf-8") == made, (
        "read `./airside diff`; if it is right: ./airside synth && ./airside lock --assembly cdk.out"
    )


def test_the_assembly_is_not_as_approved(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--assembly", str(assembly), "--frozen"]) == 0
    assert "WAI-01" not in capsys.readouterr().out


def test_an_assembly_without_a_lock_is_as_approved(assembly: Path, tmp_path: Path) -> None:
    words = ["--assembly", str(assembly), "--stage", "airline-prod", "--project", str(tmp_path)]
    assert main(["review", *words, "--frozen"]) == 2


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_names_an_account(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    accounts = {str(environment.account) for environment in load_project(ROOT).environments}
    assert accounts
    assert [account for account in accounts if account in text] == []
    assert "template.json" not in json.dumps(json.loads(text))


@pytest.fixture(scope="module")
def approved() -> AccessModel:
    return lock.read(ROOT / lock.FOLDER / "airline.prod.lock.json")


@pytest.mark.parametrize("plant", WIDENINGS[::4], ids=lambda plant: plant.name)
def test_a_widening_is_as_approved(stages: dict[Path, Stage], approved: AccessModel, plant: Plant) -> None:
    production = next(stage for stage in stages.values() if stage.name == "airline-prod")
    assert not lock.same(approved, collect(plant.change(production)))


def test_a_cell_that_nobody_approved_is_no_error(stages: dict[Path, Stage], approved: AccessModel) -> None:
    """What the lock does not have is new, however long it has been there."""
    production = next(stage for stage in stages.values() if stage.name == "airline-prod")
    fewer = replace(approved, matrix=approved.matrix[1:])
    found = [
        each for each in review(production, today="2026-11-21", approved=fewer).open if each.check == "POL-09"
    ]
    assert len(found) == 1


class Gone(io.StringIO):
    """Standard output whose reader has left."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_whoever_stops_reading_leaves_half_of_the_locks_behind(
    stages: dict[Path, Stage], assembly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "unread").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdout", Gone(file.fileno()))
        assert main(["lock", "--assembly", str(assembly), "--project", str(tmp_path)]) == 141
    assert {path.name for path in (tmp_path / lock.FOLDER).iterdir()} == {path.name for path in stages}
