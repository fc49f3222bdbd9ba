"""A stage with something planted in it, in memory: no file is written and nothing is synthesized again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from review.stage import Resource, Stage

Edit = Callable[[dict[str, Any]], Any]


def edited(
    stage: Stage, type_: str, edit: Edit, *, which: Callable[[Resource], bool] = lambda _: True
) -> Stage:
    """A copy in which `edit` has changed the properties of the first resource of a type that fits.

    Raises LookupError where none fits: a planted change that changes nothing would prove nothing.
    """
    for resource in stage.of_type(type_):
        if which(resource):
            properties = copy.deepcopy(dict(resource.properties))
            edit(properties)
            return with_resource(stage, replace(resource, properties=properties))
    raise LookupError(f"no {type_} to change")


def every(type_: str, edit: Edit) -> Callable[[Stage], Stage]:
    """A change in which `edit` has changed all resources of a type."""

    def change(stage: Stage) -> Stage:
        for resource in stage.of_type(type_):
            properties = copy.deepcopy(dict(resource.properties))
            edit(properties)
            stage = with_resource(stage, replace(resource, properties=properties))
        return stage

    return change


def with_resource(stage: Stage, resource: Resource) -> Stage:
    """A copy with a resource in place of the one of its stack and logical id, or beside the others."""
    stacks = tuple(
        replace(stack, resources={**stack.resources, resource.logical_id: resource})
        if stack.name == resource.stack
        else stack
        for stack in stage.stacks
    )
    return replace(stage, stacks=stacks)


def without(stage: Stage, type_: str, *, which: Callable[[Resource], bool] = lambda _: True) -> Stage:
    """A copy without the first resource of a type that fits."""
    gone = next(each for each in stage.of_type(type_) if which(each))
    stacks = tuple(
        replace(stack, resources={key: each for key, each in stack.resources.items() if each is not gone})
        for stack in stage.stacks
    )
    return replace(stage, stacks=stacks)


def added(stage: Stage, type_: str, properties: Mapping[str, Any], *, logical_id: str = "Planted") -> Stage:
    """A copy with one more resource, in its first stack."""
    stack = stage.stacks[0]
    resource = Resource(stack.name, logical_id, type_, properties, {}, {}, stack.file)
    return with_resource(stage, resource)


def noted(value: str, key: str = "Agent") -> Callable[[Resource], bool]:
    """Resources whose notes say so."""
    return lambda resource: resource.notes.get(key) == value
