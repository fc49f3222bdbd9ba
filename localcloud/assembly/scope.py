"""What a template's names mean: resources, parameters, conditions, mappings, exports of a whole stage."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.assembly import physical
from localcloud.assembly.addresses import Addresses
from localcloud.assembly.errors import (
    CircularReference,
    InvalidTemplate,
    Unsupported,
    UnsupportedIntrinsic,
    UnsupportedResource,
)
from localcloud.assembly.files import StackFiles
from localcloud.assembly.intrinsics import Evaluator, unresolved
from localcloud.assembly.resource import Resource

_SECTIONS = frozenset(
    # Rules check parameters at deployment; nothing a template gives depends on them.
    {
        *("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules"),
        *("Mappings", "Conditions", "Resources", "Outputs"),
    }
)
_DYNAMIC = re.compile(r"\{\{resolve:([^{}]*)\}\}")
_SECRET = re.compile(
    r"secretsmanager:(?P<id>arn:[^:]*:secretsmanager:[^:]*:\d{12}:secret:[^:]+|[^:]+)"
    r"(?::SecretString(?::(?P<key>[^:]*))?(?::[^:]*){0,2})?"
)
_PARAMETER = re.compile(r"ssm:(?P<name>[a-zA-Z0-9_./-]+)(?::\d+)?")


@dataclass
class StageScope:
    """All stacks of a stage. `addresses` says where the local stand-ins listen."""

    stacks: tuple[StackFiles, ...]
    addresses: Addresses
    scopes: list[StackScope] = field(init=False)
    secrets: dict[tuple[str, str], str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.scopes = []
        for stack in self.stacks:
            # One by one: a condition may already ask for a parameter of an earlier stack.
            self.scopes.append(StackScope(stack, self))
        self._exports: dict[str, tuple[StackScope, Any, str]] = {}
        for scope in self.scopes:
            for name, output in scope.section("Outputs").items():
                where = f"{scope.stack.name}/Outputs.{name}"
                if not isinstance(output, dict):
                    raise InvalidTemplate(f"{where}: an output must be an object.")
                if scope.active(output, where) and "Export" in output:
                    export = scope.value(output["Export"], f"{where}.Export")
                    key = export.get("Name") if isinstance(export, dict) else None
                    if not isinstance(key, str) or key in self._exports:
                        raise InvalidTemplate(f"{where}.Export: {key!r} is no name, or exported twice.")
                    self._exports[key] = (scope, output.get("Value"), f"{where}.Value")

    def resources(self, *types: str) -> Iterator[Resource]:
        """The resources that exist, of the given types or of all, in the order of the stacks."""
        for scope in self.scopes:
            for resource in scope.resources.values():
                if not types or resource.type in types:
                    yield resource

    def imported(self, name: str, where: str) -> Any:
        if name not in self._exports:
            raise unresolved("export", name, where, self._exports)
        scope, node, origin = self._exports[name]
        return scope.guarded(f"export {name}", lambda: scope.raw(node, origin))

    def parameter(self, name: str, where: str) -> str:
        """The value of an SSM parameter that a stack of this stage declares."""
        declared = {r.text("Name"): r for r in self.resources("AWS::SSM::Parameter") if "Name" in r.declared}
        if name not in declared:
            raise unresolved("SSM parameter", name, where, declared)
        resource = declared[name]
        return str(resource.scope.guarded(f"SSM parameter {name}", lambda: resource.text("Value")))

    def secret(self, identity: str, key: str) -> str:
        """A secret nobody declared: random, the same for everyone who asks during this start.

        Letters and digits, as many as Cognito takes for a client's secret.
        """
        name = identity.rsplit(":secret:", 1)[-1]
        return self.secrets.setdefault((name, key), secrets.token_hex(24))


class StackScope:
    """The names of one stack."""

    def __init__(self, stack: StackFiles, stage: StageScope) -> None:
        self.stack: StackFiles = stack
        self.stage: StageScope = stage
        self._evaluator = Evaluator(self)
        self._conditions: dict[str, bool] = {}
        self._open: list[str] = []
        if "Transform" in stack.template:
            raise Unsupported(
                f"{stack.name}: the template uses the transform {stack.template['Transform']!r}, which only "
                "CloudFormation can run. Remove it."
            )
        for name in stack.template:
            if name not in _SECTIONS:
                raise Unsupported(f"{stack.name}: the section {name} is not read locally. Remove it.")
        self.resources: dict[str, Resource] = {}
        unknown: list[str] = []
        for logical_id, node in self.section("Resources").items():
            where = f"{stack.name}/{logical_id}"
            if not isinstance(node, dict) or not isinstance(node.get("Type"), str):
                raise InvalidTemplate(f"{where}: a resource needs a Type.")
            if not self.active(node, where):
                continue
            kind = physical.TYPES.get(node["Type"])
            if kind is None:
                unknown.append(f"{where}: no local stand-in for the resource type {node['Type']}.")
                continue
            self.resources[logical_id] = Resource(self, logical_id, node, kind)
        if unknown:
            advice = "Remove these resources or run a stage without them."
            raise UnsupportedResource("\n".join([*unknown, advice]))

    def section(self, name: str) -> Mapping[str, Any]:
        section = self.stack.template.get(name, {})
        if not isinstance(section, dict):
            raise InvalidTemplate(f"{self.stack.name}: {name} must be an object.")
        return section

    def active(self, node: Mapping[str, Any], where: str) -> bool:
        """Whether a resource or output exists under its Condition."""
        return "Condition" not in node or self.condition(str(node["Condition"]), f"{where}.Condition")

    def raw(self, node: Any, where: str) -> Any:
        """The value of a node, dynamic references left in place."""
        return self._evaluator.value(node, where)

    def value(self, node: Any, where: str) -> Any:
        """The value of a node, dynamic references replaced."""
        return self._dynamic(self.raw(node, where), where)

    def guarded(self, key: str, compute: Callable[[], Any]) -> Any:
        """Computes a named value; raises CircularReference when it needs itself."""
        if key in self._open:
            chain = " → ".join([*self._open[self._open.index(key) :], key])
            raise CircularReference(f"{self.stack.name}: {chain}: a value that needs itself.")
        self._open.append(key)
        try:
            return compute()
        finally:
            self._open.pop()

    def reference(self, name: str, where: str) -> Any:
        if name.startswith("AWS::"):
            return self._pseudo(name, where)
        if name in self.resources:
            return self.guarded(name, self.resources[name].reference)
        if name in self.section("Parameters"):
            return self._parameter(name, where)
        raise unresolved("resource or parameter", name, where, [*self.resources, *self.section("Parameters")])

    def attribute(self, logical_id: str, attribute: str, where: str) -> Any:
        if logical_id not in self.resources:
            raise unresolved("resource", logical_id, where, self.resources)
        resource = self.resources[logical_id]
        return self.guarded(f"{logical_id}.{attribute}", lambda: resource.attribute(attribute, where))

    def imported(self, name: str, where: str) -> Any:
        return self.stage.imported(name, where)

    def condition(self, name: str, where: str) -> bool:
        conditions = self.section("Conditions")
        if name not in conditions:
            raise unresolved("condition", name, where, conditions)
        if name not in self._conditions:
            place = f"{self.stack.name}/Conditions.{name}"
            self._conditions[name] = self.guarded(
                f"condition {name}", lambda: self._evaluator.truth(conditions[name], place)
            )
        return self._conditions[name]

    def mapped(self, name: str, first: str, second: str, where: str) -> Any:
        table: Any = self.section("Mappings")
        for kind, key in (("mapping", name), ("mapping key", first), ("mapping key", second)):
            if not isinstance(table, dict) or key not in table:
                raise unresolved(kind, key, where, table if isinstance(table, dict) else [])
            table = table[key]
        return table

    def _pseudo(self, name: str, where: str) -> Any:
        stack = self.stack
        known: dict[str, str] = {
            "AWS::AccountId": stack.account,
            "AWS::Region": stack.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": physical.stack_id(stack),
        }
        if name not in known:
            raise unresolved("pseudo parameter", name, where, known)
        return known[name]

    def _parameter(self, name: str, where: str) -> Any:
        definition = self.section("Parameters")[name]
        if not isinstance(definition, dict):
            raise InvalidTemplate(f"{self.stack.name}/Parameters.{name}: must be an object.")
        kind = str(definition.get("Type", "String"))
        if "Default" not in definition:
            raise unresolved("default for the parameter", name, where, [])
        default = definition["Default"]
        if kind.startswith("AWS::SSM::Parameter::Value<"):
            found: Any = self.stage.parameter(str(default), where)
            kind = kind.removeprefix("AWS::SSM::Parameter::Value<").removesuffix(">")
        else:
            found = default
        if kind.startswith("List<") or kind == "CommaDelimitedList":
            return [part.strip() for part in str(found).split(",")]
        return str(found)

    def _dynamic(self, value: Any, where: str) -> Any:
        if isinstance(value, list):
            return [self._dynamic(item, where) for item in value]
        if isinstance(value, dict):
            return {key: self._dynamic(item, f"{where}.{key}") for key, item in value.items()}
        if not isinstance(value, str) or "{{resolve:" not in value:
            return value

        def replace(match: re.Match[str]) -> str:
            if found := _SECRET.fullmatch(match[1]):
                return self.stage.secret(found["id"], found["key"] or "")
            if found := _PARAMETER.fullmatch(match[1]):
                return self.stage.parameter(found["name"], where)
            raise UnsupportedIntrinsic(
                f"{where}: the dynamic reference {{{{resolve:{match[1].split(':')[0]}:…}}}} has no local value. "
                "Known: secretsmanager:<id>:SecretString:<key>, ssm:<name>."
            )

        found = _DYNAMIC.sub(replace, value)
        if "{{resolve:" in found:
            raise UnsupportedIntrinsic(f"{where}: a dynamic reference is not closed, or holds another.")
        return found
