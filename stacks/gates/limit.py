"""The forms a limit takes. Most are data: a type, a property, and how long, how many or of which pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stacks.gates.finding import Finding
from stacks.gates.templates import Resource, StageTemplates, literal, mapping

Broken = Iterator[tuple[Resource | None, str, str]]
"""Resource, property and what is wrong with it, as a sentence that shows the value."""


@dataclass(frozen=True)
class Limit:
    """One limit. `says` and `advice` are sentences; `rule` is its id in reports."""

    rule: str
    says: str
    advice: str
    check: Callable[[StageTemplates], Broken]

    def findings(self, stage: StageTemplates) -> Iterator[Finding]:
        for resource, where, what in self.check(stage):
            place = f"Properties.{where}" if where else ""
            yield Finding(self.rule, f"{what} {self.says}", self.advice, resource, place)


def values(resource: Resource, path: str) -> Iterator[tuple[str, Any]]:
    """Every value at a dotted path with its full place; `[]` after a key goes through a list or a map's values."""
    found: list[tuple[str, Any]] = [("", resource.properties)]
    for key in path.split("."):
        name = key.removesuffix("[]")
        stepped = [
            (f"{place}.{name}".lstrip("."), mapping(value)[name])
            for place, value in found
            if name in mapping(value)
        ]
        found = list(_through(stepped)) if key.endswith("[]") else stepped
    yield from found


def _through(found: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for place, value in found:
        if isinstance(value, list):
            yield from ((f"{place}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, dict):
            yield from ((f"{place}.{key}", item) for key, item in value.items())


def named(rule: str, says: str, advice: str, pattern: str, *places: tuple[str, str]) -> Limit:
    """Texts that must match the whole pattern; `places` are pairs of type and path. Unknown ones are not judged."""
    expression = re.compile(pattern)

    def check(stage: StageTemplates) -> Broken:
        for kind, path in places:
            for resource in stage.resources(kind):
                for where, value in values(resource, path):
                    text = literal(value)
                    if text is not None and not expression.fullmatch(text):
                        yield resource, where, f"is {text!r} ({len(text)} characters)."

    return Limit(rule, says, advice, check)


def long(rule: str, says: str, advice: str, most: int, *places: tuple[str, str], least: int = 0) -> Limit:
    """Texts of so many characters; what AWS fills in counts as long as it is likely to be."""

    def check(stage: StageTemplates) -> Broken:
        for kind, path in places:
            for resource in stage.resources(kind):
                for where, value in values(resource, path):
                    length = len(resource.text(value))
                    if not least <= length <= most:
                        yield resource, where, f"has {length} characters."

    return Limit(rule, says, advice, check)


def many(rule: str, says: str, advice: str, most: int, *places: tuple[str, str]) -> Limit:
    """Lists or maps of so many entries."""

    def check(stage: StageTemplates) -> Broken:
        for kind, path in places:
            for resource in stage.resources(kind):
                for where, value in values(resource, path):
                    if isinstance(value, list | dict) and len(value) > most:
                        yield resource, where, f"has {len(value)} entries."

    return Limit(rule, says, advice, check)


def between(rule: str, says: str, advice: str, least: int, most: int, *places: tuple[str, str]) -> Limit:
    """Numbers in a range."""

    def check(stage: StageTemplates) -> Broken:
        for kind, path in places:
            for resource in stage.resources(kind):
                for where, value in values(resource, path):
                    if isinstance(value, int | float) and not least <= value <= most:
                        yield resource, where, f"is {value}."

    return Limit(rule, says, advice, check)


def per_parent(rule: str, says: str, advice: str, most: int, kind: str, path: str) -> Limit:
    """At most so many resources of a type that refer to the same other one."""

    def check(stage: StageTemplates) -> Broken:
        for children in siblings(stage, kind, path):
            if len(children) > most:
                yield children[most], path, f"is the {len(children)}th of its kind there."

    return Limit(rule, says, advice, check)


def siblings(stage: StageTemplates, kind: str, path: str) -> Iterator[list[Resource]]:
    """The resources of a type, grouped by the one they refer to."""
    groups: dict[object, list[Resource]] = {}
    for resource in stage.resources(kind):
        parent = resource.target(path)
        key = (parent.template, parent.logical_id) if parent else resource.text(resource.get(path))
        groups.setdefault(key, []).append(resource)
    yield from groups.values()
