"""Rules that join several files of one system, each reported with the line that breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance import (
    check_arguments,
    check_console,
    check_limits,
    check_names,
    check_parts,
    check_search,
    check_shadows,
    check_size,
    names,
    target_kinds,
)
from governance.document import Document
from governance.errors import Problem
from governance.model import Environment
from governance.packages import find_package as find_package
from governance.packages import names_in
from governance.shadow import named


@dataclass(frozen=True)
class Join:
    """One system's sound documents and what they are held against."""

    system: Document
    agents: tuple[Document, ...]
    targets: tuple[Document, ...]
    specs: Mapping[str, Mapping[str, Any] | None]
    folder: Path
    roots: tuple[Path, ...]
    environments: tuple[Environment, ...]

    @property
    def tools(self) -> dict[str, list[str]]:
        return {str(target.value["target"]): list(target.value["tools"]) for target in self.targets}

    @property
    def agent_names(self) -> list[str]:
        return [str(agent.value["agent"]) for agent in self.agents]


def problems_of(join: Join) -> list[Problem]:
    """Every problem of the system that no single file shows."""
    rules = (
        _reserved,
        _entry,
        _tables,
        _grants,
        _delegations,
        _packages,
        target_kinds.problems_of,
        check_arguments.problems_of,
        check_shadows.problems_of,
        _tool_names,
        _environments,
        check_names.problems_of,
        check_limits.problems_of,
        check_search.problems_of,
        check_parts.problems_of,
        check_size.problems_of,
        check_console.problems_of,
    )
    return [problem for rule in rules for problem in rule(join)]


def _reserved(join: Join) -> Iterator[Problem]:
    if join.system.value["system"] == names.ACCOUNT:
        yield join.system.problem(
            ("system",), "is the name of the stage with an account's own settings.", "Choose another name."
        )


def _entry(join: Join) -> Iterator[Problem]:
    entry = join.system.value["entry_agent"]
    if entry not in join.agent_names:
        yield join.system.problem(
            ("entry_agent",), f"is {entry!r}, which is no agent.", _known(join.agent_names)
        )


def _tables(join: Join) -> Iterator[Problem]:
    tables = join.system.value.get("tables", {})
    for name, table in tables.items():
        for path, keys in _keys(name, table):
            if keys.get("sort_key") == keys["partition_key"]:
                yield join.system.problem(
                    (*path, "sort_key"),
                    "is the partition key too.",
                    "Name another attribute, or leave it out.",
                )
        seed = table.get("seed")
        if seed and not (join.folder / "data").is_dir():
            yield join.system.problem(
                ("tables", name, "seed"), f"needs {join.folder.name}/data/, which is missing."
            )
        elif seed and not (join.folder / "data" / seed).is_file():
            yield join.system.problem(("tables", name, "seed"), f"names data/{seed}, which does not exist.")
    for target in join.targets:
        for index, name in enumerate(target.value.get("tables", ())):
            if name not in tables:
                yield target.problem(("tables", index), f"names the unknown table {name!r}.", _known(tables))


def _keys(name: str, table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """A table's keys and its indexes', each with its place."""
    yield ("tables", name), table
    for index, keys in table.get("indexes", {}).items():
        yield ("tables", name, "indexes", index), keys


def _grants(join: Join) -> Iterator[Problem]:
    for agent in join.agents:
        may_call = agent.value["may_call"]
        if may_call == "*":
            continue
        for target, granted in may_call.items():
            if target not in join.tools:
                yield agent.problem(("may_call", target), "is no target.", _known(join.tools))
                continue
            for index, entry in enumerate(granted if granted != "*" else ()):
                tool = named(entry)
                if tool not in join.tools[target]:
                    path = ("may_call", target, index)
                    hint = _known(join.tools[target])
                    if tool == "*":
                        hint = f"A wildcard stands alone and has no shadow. {hint}"
                    yield agent.problem(path, f"grants {tool!r}, which is no tool of {target}.", hint)


def _delegations(join: Join) -> Iterator[Problem]:
    edges = {str(agent.value["agent"]): list(agent.value["may_delegate_to"]) for agent in join.agents}
    for agent in join.agents:
        for index, name in enumerate(agent.value["may_delegate_to"]):
            path = ("may_delegate_to", index)
            if name not in edges:
                yield agent.problem(path, f"names the unknown agent {name!r}.", _known(edges))
            elif str(agent.value["agent"]) in _reachable(edges, name):
                cycle = f"{agent.value['agent']} → {name} → … → {agent.value['agent']}"
                yield agent.problem(path, f"closes a cycle of delegations: {cycle}.", "Remove one of them.")


def _reachable(edges: Mapping[str, list[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(edges.get(name, ()))
    return reached


def _packages(join: Join) -> Iterator[Problem]:
    for agent in join.agents:
        package = str(agent.value["agent"]).replace("-", "_")
        if find_package(join.roots, "agent_src", package, "__main__.py") is None:
            yield agent.problem(
                ("agent",), f"has no package agent_src/{package} with a __main__.py.", "Write it."
            )
    for target in join.targets:
        yield from _implementation(join, target)


def _implementation(join: Join, target: Document) -> Iterator[Problem]:
    """A function's or a hosted server's package, and in it every tool."""
    for key, source_root, file in (
        ("function", "lambda", "handler.py"),
        ("runtime", "agent_src", "__main__.py"),
    ):
        if key not in target.value:
            continue
        place = f"{source_root}/{target.value[key]}"
        folder = find_package(join.roots, source_root, str(target.value[key]), file)
        if folder is None:
            yield target.problem((key,), f"has no package {place} with a {file}.", "Write it.")
            continue
        implemented = names_in(folder)
        for tool in target.value["tools"]:
            if tool not in implemented:
                yield target.problem(
                    ("tools", tool), f"is not implemented in {place}.", "Write it or remove it."
                )


def _tool_names(join: Join) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for target in join.targets:
        target_name = str(target.value["target"])
        for tool in target.value["tools"]:
            full = names.full_tool_name(target_name, tool)
            if len(full) > names.MAX_TOOL_NAME:
                message = (
                    f"makes the name {full!r} of {len(full)} characters; models take {names.MAX_TOOL_NAME}."
                )
                yield target.problem(("tools", tool), message, "Shorten the target or the tool.")
            if names.SEPARATOR in tool or tool.startswith("_"):
                yield target.problem(
                    ("tools", tool), f"holds {names.SEPARATOR!r} or starts with an underscore."
                )
            if tool in owner:
                yield target.problem(
                    ("tools", tool), f"is also a tool of {owner[tool]}.", "A tool belongs to one target."
                )
            owner.setdefault(tool, target_name)


def _environments(join: Join) -> Iterator[Problem]:
    for environment in join.environments:
        for agent in join.agents:
            tier = agent.value["model"]
            if tier not in environment.models:
                yield agent.problem(
                    ("model",),
                    f"is {tier!r}, which {environment.source.file} does not resolve.",
                    _known(environment.models),
                )
        for provider in join.system.value.get("providers", {}):
            yield from target_kinds.settings_of(join, environment, provider)


def _known(values: Mapping[str, Any] | list[str]) -> str:
    return "Known: " + ", ".join(sorted(values)) + "." if values else "None is declared."
