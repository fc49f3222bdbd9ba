"""Smithy models of services: their operations as tools, and what each needs of IAM.

A gateway takes a JSON AST model of one service with the restJson1 protocol (contracts §1.5; Smithy 2.0
specification: JSON AST, `aws.protocols#restJson1`, `aws.api#service`, `aws.iam#iamAction`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PROTOCOL = "aws.protocols#restJson1"
_SERVICE = "aws.api#service"
_SIMPLE = {
    **dict.fromkeys(("byte", "short", "integer", "long", "bigInteger", "intEnum"), "integer"),
    **dict.fromkeys(("float", "double", "bigDecimal"), "number"),
    **dict.fromkeys(("string", "enum", "timestamp", "blob"), "string"),
    "boolean": "boolean",
}
_PRELUDE = {
    **{name[0].upper() + name[1:]: kind for name, kind in _SIMPLE.items() if name not in ("enum", "intEnum")},
    **dict.fromkeys(("PrimitiveByte", "PrimitiveShort", "PrimitiveInteger", "PrimitiveLong"), "integer"),
    **dict.fromkeys(("PrimitiveFloat", "PrimitiveDouble"), "number"),
    "PrimitiveBoolean": "boolean",
    "Unit": "object",
    "Document": "object",
}


@dataclass(frozen=True)
class Operation:
    """One operation as a tool. `action` is the IAM action of calling it, empty where the model tells none."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    action: str


class _Unreadable(ValueError):
    """A model that does not say what its tools take; the text tells where."""


def problems(model: Mapping[str, Any], *, signed: bool) -> Iterator[str]:
    """What the gateway would refuse in this model, each as a sentence. `signed` is for a role's requests."""
    if not str(model.get("smithy", "")).startswith(("1.", "2.")):
        yield f"states smithy {model.get('smithy')!r}; a JSON AST model of 1.0 or 2.0 is needed."
        return
    shapes = _shapes(model)
    if any(shape.get("type") == "apply" for shape in shapes.values()):
        yield "applies traits apart from their shapes; write them there."
        return
    services = [shape for shape in shapes.values() if shape.get("type") == "service"]
    if len(services) != 1:
        yield f"holds {len(services)} services; a target is one."
        return
    try:
        found = operations(model)
    except _Unreadable as error:
        yield f"{error}."
        return
    traits = services[0].get("traits", {})
    if _PROTOCOL not in traits:
        yield f"does not speak {_PROTOCOL}, the protocol the gateway knows."
    if signed and not all(operation.action for operation in found.values()):
        yield f"has no {_SERVICE} with an arnNamespace, so its IAM actions are unknown."
    if not found:
        yield "has no operation."
    for operation in found.values():
        if not operation.description:
            yield f"has no documentation for {operation.name}."


def operations(model: Mapping[str, Any]) -> dict[str, Operation]:
    """The service's operations by name, those of its resources included.

    Raises ValueError for a model that cannot be read (see `problems`).
    """
    try:
        return _operations(model)
    except (AttributeError, KeyError, TypeError) as error:
        raise _Unreadable(f"is no sound model ({type(error).__name__}: {error})") from None


def _operations(model: Mapping[str, Any]) -> dict[str, Operation]:
    shapes = _shapes(model)
    service: Mapping[str, Any] = next((each for each in shapes.values() if each.get("type") == "service"), {})
    namespace = str(service.get("traits", {}).get(_SERVICE, {}).get("arnNamespace", ""))
    found = {}
    for identifier in dict.fromkeys(_bound(shapes, service, ())):
        shape = _shape(shapes, identifier)
        traits = shape.get("traits", {})
        name = identifier.rpartition("#")[2]
        given = shape.get("input", {}).get("target", "smithy.api#Unit")
        found[name] = Operation(
            name=name,
            description=str(traits.get("smithy.api#documentation", "")),
            input_schema={"properties": {}, "required": [], **_schema(shapes, given, ())},
            action=f"{namespace}:{_action(name, traits)}" if namespace else "",
        )
    return found


def _action(name: str, traits: Mapping[str, Any]) -> str:
    return str(traits.get("aws.iam#iamAction", {}).get("name") or traits.get("aws.iam#actionName") or name)


def _shapes(model: Mapping[str, Any]) -> Mapping[str, Any]:
    shapes = model.get("shapes")
    return (
        {key: each for key, each in shapes.items() if isinstance(each, dict)}
        if isinstance(shapes, dict)
        else {}
    )


def _shape(shapes: Mapping[str, Any], identifier: str) -> Mapping[str, Any]:
    if identifier not in shapes:
        raise _Unreadable(f"names the shape {identifier}, which it does not hold")
    shape: Mapping[str, Any] = shapes[identifier]
    if "mixins" in shape:
        raise _Unreadable(f"has mixins in {identifier}; write its members out")
    return shape


_LIFECYCLE = ("create", "put", "read", "update", "delete", "list")


def _bound(shapes: Mapping[str, Any], holder: Mapping[str, Any], inside: tuple[str, ...]) -> Iterator[str]:
    """Ids of the operations of a service or resource, and of the resources in it."""
    yield from (holder[key]["target"] for key in _LIFECYCLE if key in holder)
    for key in ("operations", "collectionOperations"):
        yield from (each["target"] for each in holder.get(key, ()))
    for each in holder.get("resources", ()):
        if each["target"] in inside:
            raise _Unreadable(f"has the resource {each['target']} inside of itself")
        yield from _bound(shapes, _shape(shapes, each["target"]), (*inside, each["target"]))


def _schema(shapes: Mapping[str, Any], identifier: str, inside: tuple[str, ...]) -> dict[str, Any]:
    """A shape in the words a gateway target takes."""
    space, _, name = identifier.partition("#")
    if space == "smithy.api" and name in _PRELUDE:
        return {"type": _PRELUDE[name]}
    if identifier in inside:
        raise _Unreadable(f"has the shape {identifier} inside of itself, which no tool's schema can say")
    shape = _shape(shapes, identifier)
    kind, inner = str(shape.get("type")), (*inside, identifier)
    if kind in _SIMPLE:
        return {"type": _SIMPLE[kind]}
    if kind in ("list", "set"):
        return {"type": "array", "items": _schema(shapes, shape["member"]["target"], inner)}
    if kind not in ("structure", "union", "map", "document"):
        raise _Unreadable(f"has the shape {identifier} of type {kind} in an input")
    members = shape.get("members", {}) if kind != "map" else {}
    properties = {}
    for key, member in members.items():
        text = member.get("traits", {}).get("smithy.api#documentation")
        said = {"description": text} if isinstance(text, str) else {}
        properties[key] = {**_schema(shapes, member["target"], inner), **said}
    required = [key for key, member in members.items() if "smithy.api#required" in member.get("traits", {})]
    return {"type": "object", "properties": properties, "required": required}


def render(model: Mapping[str, Any]) -> str:
    """The model as canonical JSON."""
    return json.dumps(model, ensure_ascii=False, sort_keys=True)
