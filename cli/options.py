"""Options several commands share, and the project they name."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cli.nearest import among
from cli.outcome import Failure

if TYPE_CHECKING:
    from governance.model import Environment, Project, System

ROOT = Path(__file__).resolve().parent.parent


def add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project",
        type=Path,
        default=Path(os.environ.get("AIRSIDE_PROJECT") or ROOT),
        metavar="DIR",
        help="folder with systems/ and environments/ (default: this repository, or $AIRSIDE_PROJECT)",
    )


def add_system(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument(
        "--system", metavar="NAME", help="the system (default: the project's only one, or airline)"
    )
    parser.add_argument("--env", default="dev", metavar="NAME", help="the environment (default: dev)")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write the result as JSON")


def folder(arguments: argparse.Namespace) -> Path:
    """The project's folder, which must exist."""
    project: Path = arguments.project
    if not project.is_dir():
        raise Failure(f"--project {project}: is no folder. Name the folder that holds systems/.")
    return project


def load(arguments: argparse.Namespace) -> Project:
    """The declared project; a broken declaration ends the command with every problem listed."""
    from governance.errors import DeclarationErrors
    from governance.load import load_project

    try:
        return load_project(folder(arguments))
    except DeclarationErrors as errors:
        raise Failure(str(errors)) from None


DEFAULT_SYSTEM = "airline"


def choose(arguments: argparse.Namespace, project: Project) -> tuple[System, Environment]:
    """The system and environment that --system and --env name."""
    systems = [system.name for system in project.systems]
    name = arguments.system or (systems[0] if len(systems) == 1 else DEFAULT_SYSTEM)
    if name not in systems:
        raise Failure(f"--system {name}: is no system of this project. {among(name, systems)}")
    environments = [environment.name for environment in project.environments]
    if arguments.env not in environments:
        raise Failure(f"--env {arguments.env}: is no environment. {among(arguments.env, environments)}")
    return project.system(name), project.environment(arguments.env)


def known_agent(system: System, name: str) -> None:
    """Ends the command where the system has no agent of that name."""
    names = [agent.name for agent in system.agents]
    if name not in names:
        raise Failure(f"{name!r} is no agent of {system.name}. {among(name, names)}")
