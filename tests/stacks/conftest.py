"""The shared assembly, read by stage."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.load import load_project
from governance.model import Project
from stacks.node import use_pinned_node
from tests.assembly_fixture import ROOT, assembly, kinds_assembly, library_assembly, split_assembly
from tests.stacks.templates import Stage

__all__ = ["assembly", "kinds_assembly", "library_assembly", "split_assembly"]

# Before any test module of this folder imports the CDK, which starts its Node.js at import.
use_pinned_node()


@pytest.fixture(scope="session")
def project() -> Project:
    return load_project(ROOT)


@pytest.fixture(scope="session")
def dev(assembly: Path) -> Stage:
    return Stage.read(assembly, "airline-dev")


@pytest.fixture(scope="session")
def prod(assembly: Path) -> Stage:
    return Stage.read(assembly, "airline-prod")


@pytest.fixture(scope="session")
def by_environment(assembly: Path, project: Project) -> dict[str, Stage]:
    """The airline's stage of each environment."""
    return {each.name: Stage.read(assembly, f"airline-{each.name}") for each in project.environments}


@pytest.fixture(scope="session")
def every_system(
    stages: list[Stage], kinds_assembly: Path, library_assembly: Path, split_assembly: Path
) -> list[Stage]:
    """The stages of the project, and those of systems with what it does not use: every kind of target and of part."""
    return [
        *stages,
        *(Stage.read(kinds_assembly, f"{system}-dev") for system in ("depot", "garden", "market")),
        Stage.read(library_assembly, "library-dev"),
        Stage.read(split_assembly, "works-dev"),
    ]


@pytest.fixture(scope="session")
def stages(assembly: Path, project: Project) -> list[Stage]:
    """Every stage of the project."""
    return [
        Stage.read(assembly, f"{system.name}-{environment.name}")
        for system in project.systems
        for environment in project.environments
    ]
