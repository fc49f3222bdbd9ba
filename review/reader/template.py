"""From templates to the stacks of a stage, with references across stacks and into nested stacks followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from review.errors import Unreadable
from review.reader.files import Folder
from review.reader.places import placeless
from review.reader.symbols import Symbols, replaced
from review.stage import Resource, Stack, Stage

MAX_RESOURCES = 200_000
"""Of one stage; CloudFormation takes 500 a stack."""

_PARTS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    ]
)
_MAX_NESTED = 5
_NESTED = "AWS::CloudFormation::Stack"
_SERVER = "AWS::Cognito::UserPoolResourceServer"
_LOOKED_AT = re.compile(
    r"AWS::(ApiGateway|BedrockAgentCore|Cognito|DynamoDB|Events|IAM|KMS|Lambda|Logs|S3|SNS|SQS|SSM|"
    r"SecretsManager|WAFv2|CloudFormation)::"
)
"""Types the review looks at: only there does an undecided condition make it blind."""


@dataclass(frozen=True)
class Raw:
    """A stack as the manifest names it."""

    name: str
    template_path: Path
    account: str
    region: str
    termination_protection: bool
    assets: Mapping[str, Path]
    images: frozenset[str] = frozenset()
    deployed: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """The parameters that the manifest gives to a stack, or a parent to a nested one, already resolved."""


@dataclass
class _Template:
    """One template while its stage is built."""

    raw: Raw
    shown: str
    document: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    scope: _Scope = field(init=False)
    nested: dict[str, _Template] = field(default_factory=dict)


class _Exports:
    """What the stacks of a stage export, evaluated when first asked for."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[_Template, Any]] = {}
        self._asked: set[str] = set()

    def value(self, name: str) -> Any:
        if name not in self.of or name in self._asked:
            return f"${{import/{name}}}"
        template, node = self.of[name]
        self._asked.add(name)
        try:
            return template.scope.symbols.value(node)
        finally:
            self._asked.discard(name)


class _Scope:
    """The names of one template. Implements `Lookup`."""

    def __init__(self, template: _Template, exports: _Exports) -> None:
        self._template = template
        self._exports = exports
        self._conditions: dict[str, bool | None] = {}
        self.symbols = Symbols(self)

    def reference(self, name: str) -> Any:
        raw, document = self._template.raw, self._template.document
        if name == "AWS::StackName":
            return raw.name
        parameters = table(document, "Parameters")
        if name in parameters:
            declared = parameters[name] if isinstance(parameters[name], dict) else {}
            # What an SSM parameter is given, or by default, is its name, not its value.
            if not str(declared.get("Type", "")).startswith("AWS::SSM::"):
                if name in raw.arguments:
                    return raw.arguments[name]
                if "Default" in declared:
                    return declared["Default"]
        node = self._template.resources.get(name)
        if node is not None and node["Type"] == _SERVER:
            # Clients ask for scopes through it: its `Ref` is its identifier, by which everybody else writes them.
            identifier = self.symbols.value(table(node, "Properties").get("Identifier"))
            if isinstance(identifier, str):
                return identifier
        return f"${{{raw.name}/{name}}}"

    def attribute(self, logical_id: str, attribute: str) -> Any:
        nested = self._template.nested.get(logical_id)
        if nested is not None and attribute.startswith("Outputs."):
            output = table(nested.document, "Outputs").get(attribute.removeprefix("Outputs."))
            if isinstance(output, dict) and "Value" in output:
                return nested.scope.symbols.value(output["Value"])
        return f"${{{self._template.raw.name}/{logical_id}.{attribute}}}"

    def imported(self, name: str) -> Any:
        return self._exports.value(name)

    def mapped(self, name: str, first: str, second: str) -> Any:
        found: Any = table(self._template.document, "Mappings")
        for key in (name, first, second):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def condition(self, name: str) -> bool | None:
        if name not in self._conditions:
            # A condition that asks for itself stays undecided.
            self._conditions[name] = None
            self._conditions[name] = self.symbols.truth(
                table(self._template.document, "Conditions").get(name)
            )
        return self._conditions[name]

    def real(self, text: str) -> str:
        raw = self._template.raw
        known = {"AWS::AccountId": raw.account, "AWS::Region": raw.region, "AWS::Partition": "aws"}
        for name, value in known.items():
            if not value.startswith("unknown-"):
                text = text.replace(f"${{{name}}}", value)
        return text


def build(name: str, folder: Folder, path: Path, raws: list[Raw]) -> Stage:
    """The stage of these stacks. Raises Unreadable."""
    exports = _Exports()
    unread: list[str] = []
    templates = [_load(folder, raw, exports, unread, 0) for raw in raws]
    every = [each for template in templates for each in _all(template)]
    if len({each.raw.name for each in every}) != len(every):
        raise Unreadable(f"{path}: two stacks have one name.")
    for template in every:
        for output in table(template.document, "Outputs").values():
            export = output.get("Export") if isinstance(output, dict) else None
            if isinstance(export, dict) and "Name" in export:
                exported = template.scope.symbols.value(export["Name"])
                exports.of[str(exported)] = (template, output.get("Value"))
    total = sum(len(each.resources) for each in every)
    if total > MAX_RESOURCES:
        raise Unreadable(f"{path}: {total} resources; {MAX_RESOURCES} are read.")
    stacks = tuple(_stack(each, unread) for each in every)
    notes = next((each.metadata for each in stacks if each.metadata), {})
    raw = raws[0]
    for key in ("System", "Environment"):
        if len(said := {str(each.metadata[key]) for each in stacks if key in each.metadata}) > 1:
            unread.append(
                f"{path}: its stacks say different things of their {key}: {', '.join(sorted(said))}."
            )
    return Stage(
        name=name,
        folder=path,
        account=raw.account,
        region=raw.region,
        stacks=stacks,
        system=_note(notes, "System"),
        environment=_note(notes, "Environment"),
        unread=tuple(dict.fromkeys(unread)),
        asset_files={digest: file for each in stacks for digest, file in each.assets.items()},
        images=frozenset(tag for each in stacks for tag in each.images),
    )


def _note(notes: Mapping[str, Any], key: str) -> str | None:
    value = notes.get(key)
    return value if isinstance(value, str) else None


def _load(folder: Folder, raw: Raw, exports: _Exports, unread: list[str], depth: int) -> _Template:
    if depth > _MAX_NESTED:
        raise Unreadable(f"{raw.template_path}: stacks are nested deeper than {_MAX_NESTED} levels.")
    document = folder.json(raw.template_path)
    shown = folder.shown(raw.template_path)
    resources = table(document, "Resources")
    for logical_id, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise Unreadable(f"{shown}: Resources.{logical_id} is no resource.")
    if document.get("Transform"):
        unread.append(f"{shown}: Transform {document['Transform']!r} changes the template at deployment.")
    unread += [
        f"{shown}: {key!r} is no part of a template that is understood." for key in document.keys() - _PARTS
    ]
    template = _Template(raw, shown, document, resources)
    template.scope = _Scope(template, exports)
    for logical_id, resource in resources.items():
        if resource["Type"] != _NESTED:
            continue
        asset = table(resource, "Metadata").get("aws:asset:path")
        if not isinstance(asset, str):
            unread.append(f"{shown}: the nested stack {logical_id} is not in the assembly.")
            continue
        given = template.scope.symbols.value(table(table(resource, "Properties"), "Parameters"))
        inner = replace(
            raw,
            name=f"{raw.name}-{logical_id}",
            template_path=raw.template_path.parent / asset,
            arguments=given if isinstance(given, dict) else {},
        )
        template.nested[logical_id] = _load(folder, inner, exports, unread, depth + 1)
    return template


def _all(template: _Template) -> Iterator[_Template]:
    yield template
    for nested in template.nested.values():
        yield from _all(nested)


def _stack(template: _Template, unread: list[str]) -> Stack:
    raw = template.raw
    plain = placeless(raw.account, raw.region)
    resources: dict[str, Resource] = {}
    for logical_id, node in template.resources.items():
        condition = node.get("Condition")
        if isinstance(condition, str) and template.scope.condition(condition) is False:
            continue
        symbols = template.scope.symbols
        symbols.undecided.clear()
        values = symbols.value(table(node, "Properties"))
        if not isinstance(values, dict):
            raise Unreadable(f"{template.shown}: the properties of {logical_id} are no object.")
        if symbols.undecided and _LOOKED_AT.match(node["Type"]):
            names = ", ".join(sorted(symbols.undecided))
            unread.append(f"{template.shown}: {logical_id} depends on the undecided condition {names}.")
        known = ("Type", "Properties", "Metadata")
        resources[logical_id] = Resource(
            stack=raw.name,
            logical_id=logical_id,
            type=node["Type"],
            properties=replaced(values, plain),
            metadata=table(node, "Metadata"),
            attributes={key: item for key, item in node.items() if key not in known},
            file=template.shown,
        )
    outputs = {
        key: replaced(template.scope.symbols.value(output.get("Value")), plain)
        for key, output in table(template.document, "Outputs").items()
        if isinstance(output, dict)
    }
    metadata = table(template.document, "Metadata").get("Airside", {})
    return Stack(
        name=raw.name,
        file=template.shown,
        resources=resources,
        outputs=outputs,
        parameters=table(template.document, "Parameters"),
        metadata=metadata if isinstance(metadata, dict) else {},
        assets=raw.assets,
        images=raw.images,
        termination_protection=raw.termination_protection,
        deployed=replaced(dict(raw.deployed), plain),
    )


def table(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A member that must be an object; nothing counts as an empty one. Raises Unreadable."""
    found = node.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Unreadable(f"{key!r} is {type(found).__name__}, expected an object.")
    return found
