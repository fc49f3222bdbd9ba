"""What a pipeline sees of review, diff and lock: 0, 1 or 2, and never 0 for what could not be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from tests.assembly_fixture import ROOT

STAGE = "airline-prod"
WAIVERS = str(ROOT / "access" / "waivers.yaml")


@pytest.fixture(scope="module")
def approved(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lock of one stage, written by the command."""
    project = tmp_path_factory.mktemp("approved")
    assert main(["lock", "--project", str(project), "--assembly", str(assembly), "--stage", STAGE]) == 0
    return project / "access" / "airline.prod.lock.json"


def _review(project: Path, assembly: Path, *words: str) -> int:
    common = ["--project", str(project), "--assembly", str(assembly), "--waivers", WAIVERS]
    return main(["review", *common, *words])


def _locked(project: Path, approved: Path, **changed: int) -> Path:
    """A project whose lock differs from the approved one in the clients' token lives."""
    document: dict[str, Any] = json.loads(approved.read_text(encoding="utf-8"))
    for client in document["clients"]:
        client.update(changed)
    file = project / "access" / approved.name
    file.parent.mkdir()
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def _broken(folder: Path) -> Path:
    """An assembly whose manifest is there and whose template is not JSON."""
    folder.mkdir()
    artifacts = {
        "S": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": "S.template.json"},
        }
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": artifacts}), "utf-8")
    (folder / "S.template.json").write_text("{", "utf-8")
    return folder


def test_a_clean_stage_that_is_as_approved_passes(
    tmp_path: Path, assembly: Path, approved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _review(approved.parents[1], assembly, "--stage", STAGE, "--frozen") == 0
    assert "as approved" in capsys.readouterr().out
    assert _review(tmp_path, assembly, "--stage", STAGE) == 0


def test_writing_a_lock_again_changes_nothing(
    assembly: Path, approved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = approved.read_bytes()
    project = str(approved.parents[1])
    assert main(["lock", "--project", project, "--assembly", str(assembly), "--stage", STAGE]) == 0
    assert capsys.readouterr().out.startswith("unchanged: ")
    assert approved.read_bytes() == before


@pytest.mark.parametrize("minutes", [5, 1440], ids=["wider than approved", "narrower than approved"])
def test_any_difference_to_the_lock_fails_a_frozen_review(
    tmp_path: Path, assembly: Path, approved: Path, minutes: int
) -> None:
    _locked(tmp_path, approved, access_minutes=minutes)
    assert _review(tmp_path, assembly, "--stage", STAGE, "--frozen") == 1


def test_a_missing_lock_is_not_clean(
    tmp_path: Path, assembly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _review(tmp_path, assembly, "--stage", STAGE, "--frozen") == 2
    assert "./airside lock" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 99}', '{"a": NaN}'])
def test_a_lock_that_cannot_be_read_is_not_clean(
    tmp_path: Path, assembly: Path, approved: Path, text: str
) -> None:
    _locked(tmp_path, approved).write_text(text, encoding="utf-8")
    assert _review(tmp_path, assembly, "--stage", STAGE, "--frozen") == 2


@pytest.mark.parametrize("command", ["review", "lock"])
def test_an_assembly_that_cannot_be_read_is_not_clean(tmp_path: Path, command: str) -> None:
    words = [command, "--project", str(tmp_path), "--assembly"]
    assert main([*words, str(tmp_path / "nothing")]) == 2
    assert main([*words, str(_broken(tmp_path / "broken"))]) == 2
    assert not (tmp_path / "access").exists()


def test_a_stage_that_is_not_there_is_not_clean(tmp_path: Path, assembly: Path) -> None:
    assert _review(tmp_path, assembly, "--stage", "airline-nowhere") == 2


def test_an_unreadable_list_of_waivers_is_not_clean(tmp_path: Path, assembly: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("- {check: IDN-07}\n", encoding="utf-8")
    words = ["review", "--project", str(tmp_path), "--assembly", str(assembly), "--stage", STAGE]
    assert main([*words, "--waivers", str(file)]) == 2


def test_a_difference_that_widens_fails_and_one_that_narrows_does_not(
    tmp_path: Path, approved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    longer = str(_locked(tmp_path, approved, access_minutes=1440))
    project = ["--project", str(tmp_path)]
    assert main(["diff", str(approved), longer, *project]) == 1
    assert "has tokens that live 24 h instead of 15 min" in capsys.readouterr().out
    assert main(["diff", longer, str(approved), *project]) == 0
    assert main(["diff", str(approved), str(approved), *project]) == 0


def test_a_difference_to_what_cannot_be_read_is_not_clean(tmp_path: Path, approved: Path) -> None:
    project = ["--project", str(tmp_path)]
    assert main(["diff", str(approved), str(tmp_path / "nothing"), *project]) == 2
    assert main(["diff", str(_broken(tmp_path / "broken")), str(approved), *project]) == 2


@pytest.mark.parametrize("format_", ["text", "md", "json", "sarif", "junit", "html"])
def test_every_format_keeps_the_exit_code_and_is_written_to_a_file(
    tmp_path: Path, approved: Path, format_: str
) -> None:
    longer = str(_locked(tmp_path, approved, access_minutes=1440))
    file = tmp_path / "out"
    words = ["--project", str(tmp_path), "--format", format_, "--output", str(file)]
    assert main(["diff", str(approved), longer, *words]) == 1
    assert "24 h" in file.read_text(encoding="utf-8")
    unwritable = ["--project", str(tmp_path), "--output", str(tmp_path / "no" / "folder")]
    assert main(["diff", str(approved), longer, *unwritable]) == 2
