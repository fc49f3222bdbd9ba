"""The limits hold at every synth, also without the validators."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stacks.errors import SynthesisError
from stacks.synthesize import synthesize
from tests.assembly_fixture import LIBRARY


def test_a_broken_limit_is_no_assembly_even_without_the_validators(tmp_path: Path) -> None:
    """Cognito takes no domain with `aws` in it, whatever the word it is part of."""
    project = tmp_path / "project"
    shutil.copytree(LIBRARY, project, ignore=shutil.ignore_patterns("__pycache__"))
    folder = (project / "systems" / "library").rename(project / "systems" / "laws")
    file = folder / "system.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("system: library", "system: laws"), encoding="utf-8")
    with pytest.raises(SynthesisError) as caught:
        synthesize(project, tmp_path / "out", validate=False)
    assert str(caught.value).splitlines()[1:] == [
        "  laws-dev/Identity/Domain/Resource: Properties.Domain: is 'laws-dev-444455556666' (21 characters). Cognito "
        "takes 1 to 63 small letters, digits and inner hyphens, and neither aws, amazon nor cognito in it. Rename "
        "the system. [domain-prefix]"
    ]
    assert not (tmp_path / "out").exists()
