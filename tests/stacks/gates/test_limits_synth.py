"""The limits hold at every synth, also without the validators."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stacks.errors import SynthesisError
from stacks.synthesize import synthesize
from tests.assembly_fixture import LIBRARY


def test_a_broken_limit_is_no_assembly_even_without_the_validators(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(LIBRARY, project, ignore=shutil.ignore_patterns("__pycache__"))
    file = project / "systems/library/targets/catalog.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("\ndescription: ") == 1
    start = text.index("\ndescription: ")
    file.write_text(
        text[: start + 1] + f"description: {'long ' * 60}\n" + text[text.index("\n", start + 1) + 1 :],
        "utf-8",
    )
    with pytest.raises(SynthesisError) as caught:
        synthesize(project, tmp_path / "out", validate=False)
    message = str(caught.value)
    assert (
        "library-dev/Gateway/Targets/catalog/Resource: Properties.Description: has 299 characters." in message
    )
    assert "[description]" in message
    assert not (tmp_path / "out").exists()
