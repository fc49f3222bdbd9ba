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


def text(value: Any, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise InvalidTemplate(f"{where}: expected a text, found {value!r}.")
    return value


def one_of(value: Any, choices: Collection[str], where: str) -> str:
    """One of the words a property may have."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidTemplate(f"{where}: expected one of {', '.join(sorted(choices))}, found {value!r}.")
    return value


def items(value: Any, where: str) -> list[Mapping[str, Any]]:
    """A list of objects; nothing counts as an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidTemplate(f"{where}: expected a list, found {type(value).__name__}.")
    return [mapping(item, f"{where}[{index}]") for index, item in enumerate(value)]


def variables(value: Any, where: str) -> dict[str, str]:
    """Environment variables; CloudFormation takes numbers and truth values as text."""
    found = mapping({} if value is None else value, where)
    for name, item in found.items():
        if not isinstance(item, str | int | float):
            raise InvalidTemplate(f"{where}.{name}: expected a text, found {item!r}.")
    return {name: str(item).lower() if isinstance(item, bool) else str(item) for name, item in found.items()}


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
