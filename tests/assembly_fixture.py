"""One assembly of a project for a whole test run, whatever the number of workers.

Use it from a conftest: `from tests.assembly_fixture import assembly`. It is read only: tests that change
something synthesize a copy of the project of their own.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import _grown

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "tests" / "fixtures" / "library_project"
KINDS = ROOT / "tests" / "fixtures" / "kinds_project"
"""A project with a target of every kind: `garden` runs on a laptop, `depot` only on AWS."""

SPLIT_AGENTS = 8


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


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the main project's validated assembly (all systems, all environments)."""
    return _shared(tmp_path_factory, "assembly", ROOT)


@pytest.fixture(scope="session")
def library_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the small second project."""
    return _shared(tmp_path_factory, "library-assembly", LIBRARY)


@pytest.fixture(scope="session")
def kinds_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of the project that has a target of every kind."""
    return _shared(tmp_path_factory, "kinds-assembly", KINDS)


@pytest.fixture(scope="session")
def split_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a small system that is declared to be split, with a switched-off agent and tool."""

    def write(folder: Path) -> Path:
        project = _grown.write(folder, SPLIT_AGENTS, split=True, targets=3, tools=6)
        with (project / "environments" / "dev.yaml").open("a", encoding="utf-8") as file:
            file.write("switched_off: {agents: {clerk-001: Trial.}, tools: {desk-2___read_2_01: Trial.}}\n")
        return project

    return _shared(tmp_path_factory, "split-assembly", write)


def _shared(
    tmp_path_factory: pytest.TempPathFactory, name: str, project: Path | Callable[[Path], Path]
) -> Path:
    """`project` may be what writes it into a new folder, beside the assembly."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder below the run's; the run's is the one they share.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    output = shared / name / "cdk.out"
    output.parent.mkdir(exist_ok=True)
    with (output.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (output / "manifest.json").is_file():
            source = project if isinstance(project, Path) else project(output.parent / "project")
            result = synthesize_alone(source, output, "--validate")
            assert (result.returncode, result.stdout, result.stderr) == (0, "", ""), result.stderr
    return output
