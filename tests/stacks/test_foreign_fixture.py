"""The assembly that the review's tests take for somebody else's is what its small application synthesizes to."""

from __future__ import annotations

import filecmp
import importlib.util
from pathlib import Path

from stacks.node import use_pinned_node
from tests.assembly_fixture import ROOT

FOLDER = ROOT / "tests" / "fixtures" / "foreign_assembly"
AGAIN = "python tests/fixtures/foreign_assembly/app.py tests/fixtures/foreign_assembly/assembly"


def test_the_committed_assembly_is_not_what_its_application_writes(tmp_path: Path) -> None:
    use_pinned_node()
    spec = importlib.util.spec_from_file_location("foreign_app", FOLDER / "app.py")
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    app.synthesize(tmp_path)
    written, committed = (_files(folder) for folder in (tmp_path, FOLDER / "assembly"))
    assert written == committed
    _, mismatch, errors = filecmp.cmpfiles(
        tmp_path, FOLDER / "assembly", [str(each) for each in written], shallow=False
    )
    assert (mismatch, errors) == ([], []), f"write it again: {AGAIN}"


def _files(folder: Path) -> list[Path]:
    return sorted(each.relative_to(folder) for each in folder.rglob("*") if each.is_file())
