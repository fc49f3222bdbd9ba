"""Rules about end users and bound arguments: a rule that cannot hold, or could be left out, is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from governance.binding import USER_PREFIX
from governance.described import operations as described
from governance.document import Document, KeyPath
from governance.errors import Problem

if TYPE_CHECKING:
    from governance.check import Join

_FORMS = ("bind", "equals", "one_of", "min", "max")
_TYPES: Mapping[type, str] = {str: "string", int: "integer", bool: "boolean"}


def problems_of(join: Join) -> Iterator[Problem]:
    """Every problem of the system's users and of its tools' rules."""
    yield from _users(join)
    for target in join.targets:
        inputs = _inputs(target, join.specs.get(str(target.value["target"])))
        for tool, value in target.value["tools"].items():
            for argument, rule in value.get("arguments", {}).items():
                if tool in inputs:
                    where = ("tools", tool, "arguments", argument)
                    yield from _rule(join, target, where, argument, rule, inputs[tool])


def _users(join: Join) -> Iterator[Problem]:
    users = join.system.value.get("users")
    if users is None:
        return
    yield from _seed(join, users["seed"])
    entry = join.system.value["entry_agent"]
    for agent in join.agents:
        for index, name in enumerate(agent.value["may_delegate_to"]):
            if name == entry:
                message = f"names the entry agent {name!r}, which takes tokens of users and no agent's call."
                yield agent.problem(("may_delegate_to", index), message, "Delegate to another agent.")
    for environment in join.environments:
        if not environment.users_callback_urls:
            message = f"needs users_callback_urls in {environment.source.file}."
            yield join.system.problem(("users",), message, "Say there where a signed-in user returns to.")


def _seed(join: Join, seed: Mapping[str, str]) -> Iterator[Problem]:
    tables: Mapping[str, Any] = join.system.value.get("tables", {})
    name, attribute = seed["table"], seed["attribute"]
    path = ("users", "seed", "table")
    if name not in tables:
        yield join.system.problem(path, f"is {name!r}, which is no table.", _known(list(tables)))
        return
    file = tables[name].get("seed")
    if file is None:
        yield join.system.problem(path, f"is {name!r}, which has no seed.", "Give the table a seed.")
        return
    try:
        rows = json.loads((join.folder / "data" / file).read_bytes())
    except OSError:
        return  # A missing file is the table's problem, told there.
    except (ValueError, RecursionError):
        yield join.system.problem(path, f"has the seed data/{file}, which is not JSON.", "Repair it.")
        return
    values = [row.get(attribute) if isinstance(row, dict) else None for row in _list(rows)]
    for index, value in enumerate(values):
        if not isinstance(value, str) or not value:
            where = ("users", "seed", "attribute")
            message = f"is {attribute!r}, which is no text in row {index} of data/{file}."
            yield join.system.problem(where, message, "Name an attribute that every row has.")
            return
    if len(set(values)) != len(values):
        where = ("users", "seed", "attribute")
        message = f"is {attribute!r}, which two rows of data/{file} share."
        yield join.system.problem(where, message, "Name an attribute that tells users apart.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _inputs(target: Document, spec: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """Tool → `{properties, required}`, for the tools whose inputs are known."""
    declared: dict[str, Mapping[str, Any]] = {
        name: {"properties": tool["input"], "required": tool["required"]}
        for name, tool in target.value["tools"].items()
        if "input" in tool
    }
    if declared or spec is None:
        return declared
    return {name: item.input_schema for name, item in described(str(target.value["kind"]), spec).items()}


def _rule(
    join: Join, target: Document, path: KeyPath, argument: str, rule: Mapping[str, Any], schema: Any
) -> Iterator[Problem]:
    properties: Mapping[str, Any] = schema["properties"]
    if argument not in properties:
        yield target.problem(path, "is no input of the tool.", _known(list(properties)))
        return
    if argument not in schema["required"]:
        message = "is not required, so a call could leave it out and pass."
        yield target.problem(path, message, "Add it to the tool's required inputs.")
    forms = [form for form in _FORMS if form in rule]
    if len(forms) != 1 and forms != ["min", "max"]:
        message = f"states {' and '.join(forms)}."
        yield target.problem(path, message, "State exactly one of bind, equals, one_of, or min and max.")
        return
    kind = str(properties[argument].get("type"))
    wanted = _types(rule, forms[0])
    if wanted != {kind}:
        message = f"is of type {kind}, and {forms[0]} is for {' and '.join(sorted(wanted))}."
        yield target.problem((*path, forms[0]), message, "Change the rule or the input's type.")
        return
    if forms[0] == "bind":
        yield from _bound(join, target, (*path, "bind"), rule["bind"])
    if forms == ["min", "max"] and rule["min"] > rule["max"]:
        message = f"is {rule['min']}, above max {rule['max']}: no value would do."
        yield target.problem((*path, "min"), message, "Exchange them.")


def _types(rule: Mapping[str, Any], form: str) -> set[str]:
    """JSON types of the values a rule allows; a rule of two types fits no argument."""
    if form == "bind":
        return {"string"}
    values = rule["one_of"] if form == "one_of" else [rule[form]]
    return {_TYPES[type(value)] for value in values}


def _bound(join: Join, target: Document, path: KeyPath, bound: str) -> Iterator[Problem]:
    users = join.system.value.get("users")
    if users is None:
        message = f"is {bound!r}, and {join.system.file} declares no users."
        yield target.problem(path, message, "Declare users there.")
    elif bound.removeprefix(USER_PREFIX) not in users["claims"]:
        known = [USER_PREFIX + name for name in users["claims"]]
        yield target.problem(path, f"is {bound!r}, which is no attribute of the users.", _known(known))


def _known(values: list[str]) -> str:
    return "Known: " + ", ".join(sorted(values)) + "." if values else "None is declared."
