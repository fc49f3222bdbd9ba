"""Rules that join several files of one system, each reported with the line that breaks it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance import check_arguments, check_limits, names, openapi
from governance.document import Document
from governance.errors import Problem
from governance.model import Environment


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
        _entry,
        _tables,
        _grants,
        _delegations,
        _packages,
        _targets,
        check_arguments.problems_of,
        _tool_names,
        _environments,
        _lengths,
        check_limits.problems_of,
    )
    return [problem for rule in rules for problem in rule(join)]


def _entry(join: Join) -> Iterator[Problem]:
    entry = join.system.value["entry_agent"]
    if entry not in join.agent_names:
        yield join.system.problem(
            ("entry_agent",), f"is {entry!r}, which is no agent.", _known(join.agent_names)
        )


def _tables(join: Join) -> Iterator[Problem]:
    tables = join.system.value.get("tables", {})
    for name, table in tables.items():
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


def _grants(join: Join) -> Iterator[Problem]:
    for agent in join.agents:
        may_call = agent.value["may_call"]
        if may_call == "*":
            continue
        for target, granted in may_call.items():
            if target not in join.tools:
                yield agent.problem(("may_call", target), "is no target.", _known(join.tools))
                continue
            for index, tool in enumerate(granted if granted != "*" else ()):
                if tool not in join.tools[target]:
                    path = ("may_call", target, index)
                    yield agent.problem(
                        path, f"grants {tool!r}, which is no tool of {target}.", _known(join.tools[target])
                    )


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
        if target.value["kind"] != "lambda":
            continue
        function = str(target.value["function"])
        package_folder = find_package(join.roots, "lambda", function, "handler.py")
        if package_folder is None:
            yield target.problem(
                ("function",), f"has no package lambda/{function} with a handler.py.", "Write it."
            )
            continue
        implemented = _names_in(package_folder)
        for tool in target.value["tools"]:
            if tool not in implemented:
                yield target.problem(
                    ("tools", tool), f"is not implemented in lambda/{function}.", "Write it or remove it."
                )


def find_package(roots: tuple[Path, ...], source_root: str, package: str, file: str) -> Path | None:
    """The folder of a package in the first source root that has it."""
    for root in roots:
        if (root / source_root / package / file).is_file():
            return root / source_root / package
    return None


def _names_in(folder: Path) -> set[str]:
    """Functions and string constants of a package: a tool it serves must be one of them. Nothing is run."""
    found: set[str] = set()
    for path in sorted(folder.glob("*.py")):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def _targets(join: Join) -> Iterator[Problem]:
    providers = join.system.value.get("providers", {})
    for target in join.targets:
        document = join.specs.get(str(target.value["target"]))
        if target.value["kind"] == "lambda":
            yield from _required_inputs(target)
            continue
        if target.value["provider"] not in providers:
            yield target.problem(("provider",), f"is {target.value['provider']!r}.", _known(providers))
        if document is None:
            continue
        for sentence in openapi.problems(document):
            yield target.problem(("spec",), f"{target.value['spec']} {sentence}")
        operations = openapi.operations(document)
        for tool in target.value["tools"]:
            if tool not in operations:
                yield target.problem(
                    ("tools", tool), f"is no operation of {target.value['spec']}.", _known(operations)
                )
        for operation in operations:
            if operation not in target.value["tools"]:
                yield target.problem(
                    ("tools",),
                    f"does not label the operation {operation!r}.",
                    "Add it, or remove it from the document.",
                )


def _required_inputs(target: Document) -> Iterator[Problem]:
    for tool, value in target.value["tools"].items():
        for index, name in enumerate(value["required"]):
            if name not in value["input"]:
                path = ("tools", tool, "required", index)
                yield target.problem(path, f"requires {name!r}, which is no input.", _known(value["input"]))


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
            if provider not in environment.providers:
                path = ("providers", provider)
                yield join.system.problem(
                    path, f"has no settings in {environment.source.file}.", "Add them there."
                )


def _lengths(join: Join) -> Iterator[Problem]:
    ruled = any("arguments" in tool for target in join.targets for tool in target.value["tools"].values())
    for environment in join.environments:
        derived = names.Names(str(join.system.value["system"]), environment.name)
        checks: list[tuple[Document, tuple[str, ...], str, int]] = [
            (join.system, ("system",), derived.gateway, 48),
            (join.system, ("system",), derived.policy_engine, 48),
            (join.system, ("system",), derived.domain_prefix(environment.account), 63),
        ]
        for agent in join.agents:
            name = str(agent.value["agent"])
            checks += [
                (agent, ("agent",), derived.runtime(name), 48),
                (agent, ("agent",), derived.policy(name, 99), 48),
            ]
            if ruled:
                checks.append((agent, ("agent",), derived.rule_policy(name, ""), 48))
        for target in join.targets:
            if target.value["kind"] == "lambda":
                checks.append((target, ("function",), derived.function(str(target.value["function"])), 64))
        for document, path, name, limit in checks:
            if len(name) > limit:
                yield document.problem(
                    path,
                    f"makes the name {name!r} of {len(name)} characters; AWS takes {limit}.",
                    "Shorten it.",
                )


def _known(values: Mapping[str, Any] | list[str]) -> str:
    return "Known: " + ", ".join(sorted(values)) + "." if values else "None is declared."
