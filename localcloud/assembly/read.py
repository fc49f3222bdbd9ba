"""Reading resolved properties: each value is there, of the type it must be, or an error names its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope


def only(scope: StageScope, kind: str) -> Resource:
    """The one resource of a type that a stage must have."""
    found = list(scope.resources(kind))
    if len(found) != 1:
        places = ", ".join(resource.where for resource in found) or "none"
        raise UnsupportedProperty(f"a stage runs with exactly one {kind}; found: {places}.")
    return found[0]


def noted(resource: Resource, key: str) -> str:
    """A note of the stacks for the local platform that must be there."""
    value = resource.note(key)
    if not isinstance(value, str) or not value:
        raise InvalidTemplate(f"{resource.where} ({resource.type}): Metadata.Airside.{key} is {value!r}.")
    return value


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidTemplate(f"{where}: expected an object, found {type(value).__name__}.")
    return value


def texts(value: Any, where: str) -> tuple[str, ...]:
    """A list of texts; nothing counts as an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidTemplate(f"{where}: expected a list of texts, found {value!r}.")
    return tuple(value)


def number(value: Any, where: str) -> int:
    """A whole number; templates may write it as text."""
    try:
        if isinstance(value, bool):
            raise ValueError
        return int(value)
    except (TypeError, ValueError):
        raise InvalidTemplate(f"{where}: expected a whole number, found {value!r}.") from None


def known(properties: Mapping[str, Any], allowed: Collection[str], where: str) -> None:
    """Refuses a property that the stand-in would silently ignore."""
    for key in properties:
        if key not in allowed:
            raise UnsupportedProperty(
                f"{where}.{key}: no local stand-in honours it. Known: {', '.join(sorted(allowed))}."
            )
