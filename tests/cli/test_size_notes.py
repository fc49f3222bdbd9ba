"""What is told about a system that is split by its number of agents alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import _grown
from cli.__main__ import main
from cli.size_notes import notes
from governance.load import load_project
from tests.assembly_fixture import LIBRARY


def test_a_system_is_split_and_nobody_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    system = load_project(LIBRARY).system("library")
    (note,) = notes([replace(system, split=True), system])
    assert note.startswith("systems/library/system.yaml:1: split: library has 1 agents, more than 30,")
    assert 'Write "split: true"' in note
    assert list(notes([replace(system, split=True, split_stated=True)])) == []
    assert main(["validate", "--quick", "--project", str(LIBRARY)]) == 0
    assert "split" not in capsys.readouterr().out


def test_validation_leaves_the_note_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _grown.write(tmp_path, 31, targets=1)
    assert main(["validate", "--quick", "--project", str(project)]) == 0
    assert "note: systems/works/system.yaml:1: split: works has 31 agents" in capsys.readouterr().out
