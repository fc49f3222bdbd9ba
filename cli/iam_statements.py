"""Every IAM statement of an assembly with its reason: of roles, of what trusts them, of resources' own policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from review.iam.statements import statements
from review.identity import Names
from review.model import Statement
from review.reader import read_assembly
from review.stage import Resource, Stage

TRUST = "AssumeRolePolicyDocument"
_MEMBERS = ("Agent", "Function", "Server")
"""Notes that name the one thing a role is of: what differs between its statements and the next one's is this name."""


@dataclass(frozen=True)
class Found:
    """One statement. `owner` is the role's or resource's name, `member` the declared thing it is of, if any."""

    resource: Resource
    part: str
    owner: str
    member: str
    environment: str
    trust: bool
    statement: Statement


def found(cdk_out: Path) -> Iterator[Found]:
    """All of them, in the templates' order, with environment, account, region and member as words in capitals.

    Raises:
        review.errors.Unreadable: if the assembly or a policy in it is not understood.
    """
    for stage in read_assembly(cdk_out):
        yield from of_stage(stage)


def of_stage(stage: Stage) -> Iterator[Found]:
    """The statements of one stage. Raises Unreadable as `found` does."""
    names = Names(stage)
    for stack in stage.stacks:
        part = str(stack.metadata.get("Part", stack.name))
        for resource in stack.resources.values():
            for path, whole in _documents(resource):
                yield from _of_document(stage, names, part, whole, path)


def _of_document(stage: Stage, names: Names, part: str, resource: Resource, path: str) -> Iterator[Found]:
    trust = path == TRUST
    noted = resource.notes.get("Statements")
    whys = {"": str(resource.notes.get("Trust", ""))} if trust else noted if isinstance(noted, dict) else {}
    kind = next((key for key in _MEMBERS if resource.notes.get(key)), "")
    member = str(resource.notes[kind]) if kind else ""
    neutral = _Neutral(stage.environment or "", kind, member)
    owner = _owner(stage, names, resource)
    for each in statements(names, resource, path, whys=whys):
        yield Found(
            resource=resource,
            part=part,
            owner=neutral.text(owner),
            member=member,
            environment=stage.environment or stage.name,
            trust=trust,
            statement=replace(
                each,
                actions=neutral.texts(each.actions),
                resources=neutral.texts(each.resources),
                principals=neutral.texts(each.principals),
                conditions=neutral.texts(each.conditions),
                why=neutral.text(each.why),
            ),
        )


def _owner(stage: Stage, names: Names, resource: Resource) -> str:
    """A role's or policy's own name, or whose policy it is."""
    for key in ("RoleName", "PolicyName"):
        if isinstance(name := resource.properties.get(key), str):
            return name
    outside = {key: value for key, value in resource.properties.items() if not isinstance(value, Mapping)}
    of = next(stage.mentioned(outside), resource)
    # What has no name of its own, such as a key, is named by what it is for.
    described = of.properties.get("Description") if of is resource else None
    kind = names.of(of).partition(":")[0]
    return f"policy of {kind}: {described}" if isinstance(described, str) else f"policy of {names.of(of)}"


class _Neutral:
    """Puts words in capitals for what differs between environments, accounts and members."""

    def __init__(self, environment: str, kind: str, member: str) -> None:
        spellings = {member, member.replace("_", "-"), member.replace("-", "_")}
        self._words = [
            (re.compile(rf"(?<![A-Za-z0-9]){re.escape(spelt)}(?![A-Za-z0-9])"), word)
            for spelt, word in ((environment, "ENV"), *((each, kind.upper()) for each in sorted(spellings)))
            if spelt
        ]

    def text(self, text: str) -> str:
        for name, word in (("AccountId", "ACCOUNT"), ("Region", "REGION"), ("Partition", "aws")):
            text = text.replace(f"${{AWS::{name}}}", word)
        for pattern, word in self._words:
            text = pattern.sub(word, text)
        return text

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self.text, texts))


def _documents(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """The dotted path of every policy document in a resource; one written as text is read first."""
    for path, value in _walk(resource.properties, ""):
        # Cedar's policies have a `Statement` too, which is a text.
        if isinstance(value, Mapping) and isinstance(value.get("Statement"), list | Mapping):
            yield path, resource
        elif isinstance(value, str) and path.endswith("PolicyDocument"):
            yield path, replace(resource, properties={**resource.properties, path: json.loads(value)})


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    pairs = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, item in pairs:
        yield from _walk(item, f"{path}.{key}".lstrip("."))
