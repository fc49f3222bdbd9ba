"""Whatever of two models differs is told by their comparison: a lock that is not kept never comes with no reason."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from review.collect import collect
from review.compare import compare
from review.lock import same
from review.model import AccessModel
from review.reader import read_stage

_OF_NO_ACCESS = {
    ("functions", "package"),
    ("functions", "reserved_concurrency"),
    ("functions", "timeout"),
    ("gateways", "exception_level"),
    ("policies", "actions"),
    ("policies", "conditions"),
    ("policies", "principals"),
    ("policies", "resource"),
    ("settings", "type"),
    ("tools", "target"),
}
"""What changes only together with something that is told (of a policy, its statement), or by another value than this
test puts there, or tells nothing about access."""


def _others(value: Any, hint: Any) -> Iterator[Any]:
    if isinstance(value, Enum):
        return
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield f"{value}x"
    elif value is None and {str, int} & {*typing.get_args(hint)}:
        yield "x" if str in typing.get_args(hint) else 7
    elif isinstance(value, tuple) and typing.get_args(hint)[0] is str:
        yield (*value, "x")


def _changed(model: AccessModel) -> Iterator[tuple[str, AccessModel]]:
    """Each member of one record of each kind with another value."""
    for kind in dataclasses.fields(model):
        records = getattr(model, kind.name)
        if not isinstance(records, tuple) or not records or not dataclasses.is_dataclass(records[0]):
            continue
        hints = typing.get_type_hints(type(records[0]))
        for member in dataclasses.fields(records[0]):
            if not member.compare or (kind.name, member.name) in _OF_NO_ACCESS:
                continue
            record: Any = records[0]
            for other in _others(getattr(record, member.name), hints[member.name]):
                mutant = dataclasses.replace(record, **{member.name: other})
                records_now: dict[str, Any] = {kind.name: (mutant, *records[1:])}
                changed = dataclasses.replace(model, **records_now)
                yield f"{kind.name}.{member.name} {other!r}", changed


@pytest.fixture(scope="module")
def model(assembly: Path) -> AccessModel:
    return collect(read_stage(assembly, "airline-prod"))


def test_a_difference_of_models_is_not_told(model: AccessModel) -> None:
    silent = [what for what, other in _changed(model) if not same(model, other) and not compare(model, other)]
    assert silent == []
