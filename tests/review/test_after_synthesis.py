"""A validated synthesis ends with the review: its errors fail it, and what cannot be read is never clean."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pytest

from app import reviewed
from cli.assembly_review import problems
from tests.assembly_fixture import ROOT


@pytest.fixture(scope="module")
def opened(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the assembly whose production gateway asks nobody who they are."""
    copy = tmp_path_factory.mktemp("opened") / "cdk.out"
    shutil.copytree(assembly, copy)
    changed = 0
    for template in (copy / "assembly-airline-prod").glob("*.template.json"):
        text = template.read_text(encoding="utf-8")
        changed += text.count('"AuthorizerType": "CUSTOM_JWT"')
        template.write_text(text.replace('"AuthorizerType": "CUSTOM_JWT"', '"AuthorizerType": "NONE"'))
    assert changed == 1
    return copy


def options(output: Path, *, validate: bool = True) -> argparse.Namespace:
    return argparse.Namespace(output=output, project=ROOT, validate=validate)


def test_the_project_as_it_is_fails_its_own_synthesis(assembly: Path) -> None:
    assert problems(assembly, ROOT) == []
    assert reviewed(options(assembly)) == 0


def test_an_error_of_the_review_passes_a_synthesis(opened: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = [each for each in problems(opened, ROOT) if "[GWY-01]" in each]
    assert line.startswith("airline-prod: assembly-airline-prod/")
    assert reviewed(options(opened)) == 1
    assert "[GWY-01]" in capsys.readouterr().err


def test_the_other_stages_are_blamed_for_it(opened: Path) -> None:
    # Of two stages that differ, the later one tells it.
    assert {each.partition(":")[0] for each in problems(opened, ROOT)} <= {"airline-prod", "airline-staging"}


def test_a_synthesis_without_validation_is_reviewed(opened: Path) -> None:
    assert reviewed(options(opened, validate=False)) == 0


def test_what_cannot_be_read_is_clean(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, ROOT)
    assert line.startswith("cannot be reviewed: ")
    assert reviewed(options(tmp_path)) == 1


def test_waivers_that_cannot_be_read_accept_everything(assembly: Path, tmp_path: Path) -> None:
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "waivers.yaml").write_text("waivers: [{check: FLW-01}]\n")
    assert [each[:20] for each in problems(assembly, tmp_path)] == ["cannot be reviewed: "]


def test_a_project_without_waivers_has_its_findings(assembly: Path, tmp_path: Path) -> None:
    assert any("[FLW-01]" in each for each in problems(assembly, tmp_path))
