"""The templates of one stage, as the gates read them: by type, with references followed across its stacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ARN_ROOM = 72
"""Of an ARN that AWS makes: everything but the resource's own name, with the ten characters AWS adds to it."""

_ID_ROOM = 64


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource. `template` is the path of its template."""

    stage: StageTemplates = field(repr=False)
    template: str
    logical_id: str
    body: Mapping[str, Any] = field(repr=False)

    @property
    def type(self) -> str:
        return str(self.body.get("Type"))

    @property
    def properties(self) -> Mapping[str, Any]:
        return mapping(self.body.get("Properties"))

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Logical ids in the same template."""
        return tuple(str(item) for item in items(self.body.get("DependsOn")))

    def get(self, path: str) -> Any:
        """A property by its dotted path; None where a part of it is missing."""
        value: Any = self.properties
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def target(self, path: str) -> Resource | None:
        """The resource of the stage that a property refers to, whole."""
        return self.stage.target(self.get(path), self.template)

    def text(self, value: Any) -> str:
        """A value as text, with what is unknown before deployment as many characters as it is likely to have."""
        return self.stage.text(value, self.template)

    def size(self, document: Any) -> int:
        """Characters of a policy document as IAM counts them, without white space."""
        return len(json.dumps(self._filled(document), ensure_ascii=False, separators=(",", ":")))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            if len(value) == 1 and (key := next(iter(value))) and (key == "Ref" or key.startswith("Fn::")):
                return self.text(value)
            return {key: self._filled(item) for key, item in value.items()}
        return value


class StageTemplates:
    """All templates of a stage, by their paths."""

    def __init__(self, templates: Mapping[str, Mapping[str, Any]]) -> None:
        self.templates = templates
        self._resources = {
            (path, logical_id): Resource(self, path, logical_id, mapping(body))
            for path, template in templates.items()
            for logical_id, body in mapping(template.get("Resources")).items()
        }
        self._exports = {
            name: (path, output.get("Value"))
            for path, template in templates.items()
            for output in map(mapping, mapping(template.get("Outputs")).values())
            if isinstance(name := mapping(output.get("Export")).get("Name"), str)
        }

    @classmethod
    def read(cls, paths: list[Path]) -> StageTemplates:
        return cls({str(path): json.loads(path.read_text(encoding="utf-8")) for path in paths})

    def resources(self, *types: str) -> Iterator[Resource]:
        """Those of the types, in the templates' order; all of them if none is named."""
        return (each for each in self._resources.values() if not types or each.type in types)

    def target(self, value: Any, template: str) -> Resource | None:
        value, template = self._followed(value, template)
        if isinstance(value, dict) and len(value) == 1:
            if "Ref" in value:
                return self._resources.get((template, str(value["Ref"])))
            if "Fn::GetAtt" in value:
                return self._resources.get((template, str(items(value["Fn::GetAtt"])[0])))
        return None

    def text(self, value: Any, template: str) -> str:
        value, template = self._followed(value, template)
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and len(value) == 1:
            key, argument = next(iter(value.items()))
            if key == "Fn::Join" and isinstance(argument, list) and len(argument) == 2:
                return str(argument[0]).join(self.text(part, template) for part in items(argument[1]))
            if key == "Fn::GetAtt" and str(items(argument)[-1]).endswith("Arn"):
                found = self.target(value, template)
                return "~" * (_ARN_ROOM + (len(_name(found)) if found else _ID_ROOM))
            if key == "Ref" or key.startswith("Fn::"):
                return "~" * _ID_ROOM
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def _followed(self, value: Any, template: str) -> tuple[Any, str]:
        """Through an import to what the exporting stack wrote, and in which template."""
        if isinstance(value, dict) and isinstance(name := value.get("Fn::ImportValue"), str):
            path, exported = self._exports.get(name, (template, None))
            return (exported, path) if exported is not None else (value, template)
        return value, template


def _name(resource: Resource) -> str:
    """A resource's own name: the one property called `…Name`, else its logical id."""
    named = (value for key, value in resource.properties.items() if key.endswith("Name"))
    return next((value for value in named if isinstance(value, str)), resource.logical_id)


def literal(value: Any) -> str | None:
    """A text that is known before deployment."""
    return value if isinstance(value, str) else None


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list, or one value as a list of it; nothing is an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
