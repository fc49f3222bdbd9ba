"""Reads a stage of an assembly for assertions: templates by part, resources by type and declared thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PARTS = ("frontend", "identity", "tools", "gateway", "runtime", "console", "observability")


@dataclass(frozen=True)
class Resource:
    """A resource of a template. `declared` is its Airside metadata."""

    part: str
    id: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("Properties", {})
        return found

    @property
    def declared(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("Metadata", {}).get("Airside", {})
        return found

    @property
    def depends_on(self) -> set[str]:
        value = self.body.get("DependsOn", [])
        return {value} if isinstance(value, str) else set(value)

    def text(self) -> str:
        return json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Statement:
    """One statement of a role's policy. `role` is the role's name."""

    role: str
    body: dict[str, Any]

    @property
    def allows(self) -> bool:
        return bool(self.body["Effect"] == "Allow")

    @property
    def sid(self) -> str:
        return str(self.body.get("Sid", ""))

    @property
    def actions(self) -> list[str]:
        return as_list(self.body["Action"])

    @property
    def resources(self) -> list[Any]:
        return as_list(self.body["Resource"])

    @property
    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("Condition", {})
        return found


@dataclass(frozen=True)
class Stage:
    """One stage: the templates of its stacks; a split system has more of a part, as `runtime-1-03`."""

    folder: Path
    templates: dict[str, dict[str, Any]] = field(repr=False)

    @classmethod
    def read(cls, assembly: Path, name: str) -> Stage:
        folder = assembly / f"assembly-{name}"
        templates = {}
        for path in sorted(folder.glob("*.template.json")):
            template = json.loads(path.read_text(encoding="utf-8"))
            about = template["Metadata"]["Airside"]
            templates["-".join(filter(None, (about["Part"], about.get("Shard"))))] = template
        return cls(folder, templates)

    def resources(self, type_: str | None = None, **declared: str) -> list[Resource]:
        """Resources of all stacks by type and metadata, in the templates' order."""
        return [
            resource
            for part, template in self.templates.items()
            for resource in (Resource(part, id_, body) for id_, body in template["Resources"].items())
            if type_ in (None, resource.type)
            and all(resource.declared.get(key) == value for key, value in declared.items())
        ]

    def one(self, type_: str, **declared: str) -> Resource:
        found = self.resources(type_, **declared)
        assert len(found) == 1, f"{len(found)} resources {type_} {declared}"
        return found[0]

    def roles(self) -> dict[str, Resource]:
        return {str(role.properties["RoleName"]): role for role in self.resources("AWS::IAM::Role")}

    def statements(self, role: str | None = None) -> list[Statement]:
        """Every statement of every role, or of one."""
        return [
            Statement(name, statement)
            for name, resource in self.roles().items()
            if role in (None, name)
            for policy in resource.properties.get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def manifest(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return document

    def code(self, package: str) -> Path:
        """The folder of a function's asset."""
        key = self.one("AWS::Lambda::Function", Function=package).properties["Code"]["S3Key"]
        return self.folder.parent / f"asset.{str(key).removesuffix('.zip')}"

    def image(self, agent: str) -> Path:
        """The build context of an agent's image, found as the local platform finds it."""
        runtime = self.one("AWS::BedrockAgentCore::Runtime", Agent=agent)
        container = runtime.properties["AgentRuntimeArtifact"]["ContainerConfiguration"]
        return self.folder.parent / f"asset.{container['ContainerUri']['Fn::Sub'].rsplit(':', 1)[1]}"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)


def joined(value: Any) -> str:
    """The text of a string or of an Fn::Join, with what is unresolved as `<Resource.Attribute>`."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(joined(part) for part in parts)
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    if "Ref" in value:
        return f"<{value['Ref']}>"
    if "Fn::ImportValue" in value:
        return f"<import {value['Fn::ImportValue']}>"
    raise AssertionError(f"no text: {value}")
