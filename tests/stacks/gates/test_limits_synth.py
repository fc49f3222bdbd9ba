"""The limits hold at every synth, also without the validators."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.assembly import Invalid, synthesize
from tests.assembly_fixture import LIBRARY


def test_a_broken_limit_is_no_assembly_even_without_the_validators(tmp_path: Path) -> None:
    """Cognito takes no domain with `aws` in it, whatever the word it is part of. The command tells each finding."""
    project = tmp_path / "project"
    shutil.copytree(LIBRARY, project, ignore=shutil.ignore_patterns("__pycache__"))
    folder = (project / "systems" / "library").rename(project / "systems" / "laws")
    file = folder / "system.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("system: library", "system: laws"), encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        synthesize(project, tmp_path / "out")
    assert caught.value.findings == [
        "laws-dev/Identity/Domain/Resource: Properties.Domain: is 'laws-dev-444455556666' (21 characters). Cognito "
        "takes 1 to 63 small letters, digits and inner hyphens as a domain, without aws, amazon or cognito. Rename "
        "the system. [domain-prefix]"
    ]
    assert not (tmp_path / "out").exists()
