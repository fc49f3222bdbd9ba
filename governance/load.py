"""Reads a project folder into a `Project`, or raises `DeclarationErrors` with every problem at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from governance import build, check, check_accounts, check_environment, check_switches, described
from governance.document import Document, read
from governance.errors import DeclarationErrors, Problem
from governance.model import Environment, Project, System
from governance.structure import problems_of

AIRSIDE_ROOT = Path(__file__).resolve().parent.parent
"""Airside's own folder: the last source root, where the common packages are."""

MAX_SPEC_BYTES = 1_000_000
"""An inline OpenAPI document or Smithy model may be 1 MB (contracts §11)."""


def load_project(root: Path) -> Project:
    """Loads `root`/systems and `root`/environments.

    Raises:
        DeclarationErrors: with every problem of every file, in file and line order.
    """
    root = root.resolve()
    problems: list[Problem] = []
    roots = (root,) if root == AIRSIDE_ROOT else (root, AIRSIDE_ROOT)
    documents = _environments(root, problems)
    environments = tuple(build.environment(document) for document in documents)
    systems = _systems(root, roots, environments, problems)
    # Only what is sound is known whole: a name in a broken file would seem unknown.
    if not problems:
        agents = {system.name: [agent.name for agent in system.agents] for system in systems}
        servers = {
            system.name: [target.runtime for target in system.targets if target.runtime] for system in systems
        }
        problems.extend(
            problem
            for document in documents
            for problem in check_environment.unknown(document, agents, servers)
        )
        problems.extend(check_switches.problems_of(environments, systems))
    if problems:
        raise DeclarationErrors(problems)
    return Project(root=root, roots=roots, systems=systems, environments=environments)


def _read_valid(path: Path, root: Path, kind: str, problems: list[Problem]) -> Document | None:
    document = read(path, root, problems)
    if document is None:
        return None
    found = problems_of(document, kind)
    named = document.value.get(kind)
    expected = path.parent.name if kind == "system" else path.stem
    if isinstance(named, str) and named != expected:
        found.append(
            document.problem((kind,), f"is {named!r} but its file says {expected!r}.", "Rename one of them.")
        )
    problems.extend(found)
    return None if found else document


def _environments(root: Path, problems: list[Problem]) -> list[Document]:
    """The environments whose form is sound; what is wrong beyond that is told too."""
    paths = sorted((root / "environments").glob("*.yaml"))
    if not paths:
        problems.append(Problem("environments", 0, "", "holds no *.yaml file.", "Add environments/dev.yaml."))
    read_documents = (_read_valid(path, root, "environment", problems) for path in paths)
    documents = [document for document in read_documents if document is not None]
    for document in documents:
        problems.extend(check_environment.problems_of(document))
    problems.extend(check_accounts.problems_of(documents))
    return documents


def _systems(
    root: Path, roots: tuple[Path, ...], environments: tuple[Environment, ...], problems: list[Problem]
) -> tuple[System, ...]:
    paths = sorted((root / "systems").glob("*/system.yaml"))
    if not paths:
        problems.append(Problem("systems", 0, "", "holds no system.", "Add systems/<name>/system.yaml."))
    for folder in sorted(path for path in (root / "systems").glob("*") if path.is_dir()):
        if not (folder / "system.yaml").is_file() and not folder.name.startswith((".", "_")):
            problems.append(
                Problem(
                    f"systems/{folder.name}", 0, "", "has no system.yaml.", "Add one or remove the folder."
                )
            )
    loaded = [_system(path, root, roots, environments, problems) for path in paths]
    return tuple(system for system in loaded if system is not None)


def _system(
    path: Path,
    root: Path,
    roots: tuple[Path, ...],
    environments: tuple[Environment, ...],
    problems: list[Problem],
) -> System | None:
    before = len(problems)
    folder = path.parent
    document = _read_valid(path, root, "system", problems)
    agents = [
        _read_valid(file, root, "agent", problems) for file in sorted((folder / "agents").glob("*.yaml"))
    ]
    targets = [
        _read_valid(file, root, "target", problems) for file in sorted((folder / "targets").glob("*.yaml"))
    ]
    for kind, found in (("agents", agents), ("targets", targets)):
        if not found:
            problems.append(
                Problem(f"systems/{folder.name}/{kind}", 0, "", "holds no *.yaml file.", "Add one.")
            )
    sound_targets = [target for target in targets if target is not None]
    specs = {str(target.value["target"]): _spec(folder, target, problems) for target in sound_targets}
    if document is None or len(problems) > before:
        # A file that could not be read would make every rule that joins files report echoes of it.
        return None
    sound_agents = [agent for agent in agents if agent is not None]
    join = check.Join(document, tuple(sound_agents), tuple(sound_targets), specs, folder, roots, environments)
    found_problems = check.problems_of(join)
    problems.extend(found_problems)
    if found_problems:
        return None
    return build.system(document, sound_agents, sound_targets, specs)


def _spec(folder: Path, target: Document, problems: list[Problem]) -> Mapping[str, Any] | None:
    """The document that describes the target's tools, where its kind has one."""
    key = described.KEYS.get(str(target.value["kind"]))
    if key is None:
        return None
    path = folder / "api" / str(target.value[key])
    where = (key,)
    try:
        raw = path.read_bytes()
        document = json.loads(raw)
    except OSError as error:
        problems.append(
            target.problem(where, f"names api/{path.name}, which cannot be read ({error.strerror}).")
        )
        return None
    except (ValueError, RecursionError) as error:
        problems.append(target.problem(where, f"names api/{path.name}, which is not JSON: {error}."))
        return None
    if len(raw) > MAX_SPEC_BYTES:
        problems.append(
            target.problem(where, f"names api/{path.name} of {len(raw)} bytes; at most {MAX_SPEC_BYTES}.")
        )
    if not isinstance(document, dict):
        problems.append(target.problem(where, f"names api/{path.name}, which is not a JSON object."))
        return None
    return document
