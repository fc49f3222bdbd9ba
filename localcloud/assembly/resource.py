"""A resource of a template, and how its type names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.assembly.errors import InvalidTemplate, UnsupportedAttribute
from localcloud.assembly.identifiers import UPPER, derived

if TYPE_CHECKING:
    from localcloud.assembly.scope import StackScope

METADATA = "Airside"


class Resource:
    """One resource of a template. Property values are resolved when asked for."""

    def __init__(self, scope: StackScope, logical_id: str, node: Mapping[str, Any], kind: Kind) -> None:
        self.scope: StackScope = scope
        self._kind = kind
        self.logical_id = logical_id
        self.type: str = node["Type"]
        self.where = f"{scope.stack.name}/{logical_id}"
        self.declared: Mapping[str, Any] = _table(node, "Properties", self.where)
        self._notes = _table(_table(node, "Metadata", self.where), METADATA, self.where)

    def get(self, key: str) -> Any:
        """A resolved property, or None."""
        if key not in self.declared:
            return None
        return self.scope.value({key: self.declared[key]}, f"{self.where}.Properties").get(key)

    def text(self, key: str) -> str:
        """A resolved property that must be a text."""
        found = self.get(key)
        if not isinstance(found, str):
            raise InvalidTemplate(f"{self.where} ({self.type}): {key} must be a text, found {found!r}.")
        return found

    def properties(self) -> dict[str, Any]:
        """All properties, resolved."""
        return dict(self.scope.value(dict(self.declared), f"{self.where}.Properties"))

    def note(self, key: str) -> str | None:
        """What the stacks noted for the local platform (`Metadata.Airside`), or None."""
        value = self._notes.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise InvalidTemplate(f"{self.where} ({self.type}): Metadata.{METADATA}.{key} is {value!r}.")
        return value

    def structured(self, key: str) -> Any:
        """A note that is no text, as it stands; its reader checks it."""
        return self._notes.get(key)

    def reference(self) -> str:
        return self._kind.ref(self)

    def attribute(self, name: str, where: str) -> str:
        attributes = self._kind.attributes
        if name not in attributes:
            known = ", ".join(sorted(attributes)) or "none"
            raise UnsupportedAttribute(
                f"{where}: the attribute {name} of {self.type} has no local value ({self.where}). Known: {known}."
            )
        return attributes[name](self)

    def name(self, key: str, separator: str = "-") -> str:
        """The declared name, or one CloudFormation would make of stack and logical id."""
        if key in self.declared:
            return self.text(key)
        return separator.join((self.scope.stack.name, self.logical_id, self.derive(12, UPPER)))[-64:]

    def derive(self, length: int, alphabet: str) -> str:
        return derived(length, alphabet, self.scope.stack.name, self.logical_id)

    def arn(self, service: str, path: str, *, region: bool = True) -> str:
        stack = self.scope.stack
        return f"arn:aws:{service}:{stack.region if region else ''}:{stack.account}:{path}"

    def core(self, path: str) -> str:
        return self.arn("bedrock-agentcore", path)


def _table(node: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    found = node.get(key, {})
    if not isinstance(found, dict):
        raise InvalidTemplate(f"{where}: {key} must be an object, found {type(found).__name__}.")
    return found


Value = Callable[[Resource], str]


@dataclass(frozen=True)
class Kind:
    """How a type names its resources."""

    ref: Value
    attributes: Mapping[str, Value] = field(default_factory=dict)


def arn(service: str, prefix: str, key: str, *, suffix: str = "", region: bool = True) -> Value:
    return lambda r: r.arn(service, f"{prefix}{r.name(key)}{suffix}", region=region)


def core(prefix: str, identity: Value) -> Value:
    return lambda r: r.core(f"{prefix}/{identity(r)}")


def named(key: str) -> Value:
    return lambda r: r.name(key)


role_arn = arn("iam", "role/", "RoleName", region=False)
