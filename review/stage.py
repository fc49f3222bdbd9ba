"""A stage of an assembly as the reader gives it: every resource with its values resolved symbolically.

What a template cannot know before deployment stays in the value as a token, `${Stack/LogicalId}` for a `Ref` and
`${Stack/LogicalId.Attribute}` for a `GetAtt`; imports are followed to the exporting stack of the stage. The stage's
own account and region read `${AWS::AccountId}` and `${AWS::Region}` wherever they were written, so that models of
two accounts can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from review.identity import Names

TOKEN = re.compile(r"\$\{([^}/]+)/([^}.]+)(?:\.([^}]+))?\}")
"""stack, logical id, attribute or nothing."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file of the assembly with the path in it, and what declared it, if known.

    `construct` is the construct's path (`aws:cdk:path`); `declared` has the form `systems/….yaml:12`.
    """

    file: str
    path: str = ""
    construct: str = ""
    declared: str = ""

    def __str__(self) -> str:
        inside = f" {self.path}" if self.path else ""
        return self.declared or f"{self.file}{inside}"


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource of a template. `properties` are resolved symbolically; `notes` is `Metadata.Airside`."""

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, Any]
    attributes: Mapping[str, Any]
    """The other keys of the resource: DeletionPolicy, DependsOn, Condition, UpdateReplacePolicy."""
    file: str

    @property
    def notes(self) -> Mapping[str, Any]:
        notes = self.metadata.get("Airside", {})
        return notes if isinstance(notes, Mapping) else {}

    @property
    def construct(self) -> str:
        return str(self.metadata.get("aws:cdk:path", ""))

    @property
    def reference(self) -> str:
        """The token of a `Ref` to it."""
        return f"${{{self.stack}/{self.logical_id}}}"

    def attribute(self, name: str) -> str:
        """The token of a `GetAtt` of it."""
        return f"${{{self.stack}/{self.logical_id}.{name}}}"

    def place(self, path: str = "", declared: str = "") -> Place:
        """`path` is below the resource, such as `Properties.PolicyDocument`."""
        below = f".{path}" if path else ""
        return Place(self.file, f"Resources.{self.logical_id}{below}", self.construct, declared)


@dataclass(frozen=True, eq=False)
class Stack:
    """One template. `assets` maps the hash of a file asset to its folder or file; `notes` is Metadata.Airside."""

    name: str
    file: str
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any]
    parameters: Mapping[str, Any]
    metadata: Mapping[str, Any]
    assets: Mapping[str, Path]
    images: frozenset[str] = frozenset()
    termination_protection: bool = False
    deployed: Mapping[str, Any] = field(default_factory=dict)
    """What the manifest says of its deployment beside the template: by which roles, and who is told."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage, or a whole assembly that has none. `unread` lists what was there and is not understood."""

    name: str
    folder: Path
    account: str
    region: str
    stacks: tuple[Stack, ...]
    system: str | None = None
    environment: str | None = None
    unread: tuple[str, ...] = ()
    asset_files: Mapping[str, Path] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    """The tags of the images that the assembly builds."""

    @cached_property
    def _by_token(self) -> Mapping[tuple[str, str], Resource]:
        return {(each.stack, each.logical_id): each for each in self.resources()}

    @cached_property
    def _by_type(self) -> Mapping[str, tuple[Resource, ...]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources():
            found.setdefault(resource.type, []).append(resource)
        return {kind: tuple(each) for kind, each in found.items()}

    @cached_property
    def names(self) -> Names:
        """The stable names of its resources, made once."""
        from review.identity import Names

        return Names(self)

    def resources(self) -> Iterator[Resource]:
        for stack in self.stacks:
            yield from stack.resources.values()

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        """The resources of these CloudFormation types, in the templates' order within each type."""
        return tuple(resource for kind in types for resource in self._by_type.get(kind, ()))

    def target(self, value: Any) -> Resource | None:
        """The resource that a value is a reference to, whole; None for anything else."""
        if not isinstance(value, str) or not (match := TOKEN.fullmatch(value)):
            return None
        return self._by_token.get((match[1], match[2]))

    def mentioned(self, value: Any) -> Iterator[Resource]:
        """Every resource whose token stands anywhere in a value."""
        if isinstance(value, str):
            for match in TOKEN.finditer(value):
                if found := self._by_token.get((match[1], match[2])):
                    yield found
        elif isinstance(value, Mapping):
            for item in value.values():
                yield from self.mentioned(item)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self.mentioned(item)
