"""One assembly of the main project for a whole test run, whatever the number of workers.

Use it from a conftest: `from tests.assembly_fixture import assembly`. It is read only: tests that change
something synthesize a copy of the project of their own.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def synthesize_alone(project: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Synthesizes in a process of its own with nothing of this one's environment but a home folder.

    So every run also proves that no AWS setting, no account, no PATH and no variable is needed.
    """
    return subprocess.run(
        [sys.executable, "-m", "stacks.synthesize", "--project", project, "--output", output, *options],
        cwd=ROOT,
        env={"HOME": os.environ.get("HOME", "/"), "PATH": "", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


LIBRARY = ROOT / "tests" / "fixtures" / "library_project"


def _shared(factory: pytest.TempPathFactory, project: Path, name: str) -> Path:
    """The project's validated assembly, synthesized by whichever worker asks first."""
    base = factory.getbasetemp()
    # Under xdist each worker has a folder below the run's; the run's is the one they share.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    output = shared / name / "cdk.out"
    output.parent.mkdir(exist_ok=True)
    with (output.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (output / "manifest.json").is_file():
            result = synthesize_alone(project, output, "--validate")
            assert (result.returncode, result.stdout, result.stderr) == (0, "", ""), result.stderr
    return output


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the main project's validated assembly (all systems, all environments)."""
    return _shared(tmp_path_factory, ROOT, "assembly")


@pytest.fixture(scope="session")
def library_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small project's validated assembly."""
    return _shared(tmp_path_factory, LIBRARY, "library")
