"""Whatever a template holds, it resolves or is refused in words: never a crash, never a guess."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.assembly.errors import AssemblyError
from localcloud.assembly.files import read_stage
from localcloud.assembly.load import resolve
from tests.local.assembly.build import ADDRESSES, POOL, STAGE, TABLE, assembly
from tests.local.assembly.conftest import Stage

NAMES = st.sampled_from(
    ["Table", "Pool", "Arn", "Word", "Yes", "AWS::Region", "AWS::NoValue", "Nowhere", "", "a.b"]
)
FUNCTIONS = st.sampled_from(
    [
        *(
            "Ref",
            "Fn::GetAtt",
            "Fn::Sub",
            "Fn::Join",
            "Fn::Select",
            "Fn::Split",
            "Fn::ImportValue",
            "Fn::FindInMap",
        ),
        *("Fn::If", "Fn::Base64", "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Condition", "Fn::Cidr"),
    ]
)
TEXTS = st.sampled_from(
    [
        "${Table}",
        "${!x}",
        "${Table.Arn} ${",
        "{{resolve:ssm:/x}}",
        "{{resolve:secretsmanager:s:SecretString:k}}",
        "한",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | NAMES | TEXTS
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.sampled_from(["Properties", "Type"]), inner, max_size=3)
        | st.builds(
            lambda function, argument: {function: argument}, FUNCTIONS, inner | st.lists(inner, max_size=3)
        )
    ),
    max_leaves=12,
)


def _stacks(template: dict[str, Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return read_stage(assembly(Path(folder), {"tools": template}), STAGE)


@given(node=NODES, condition=NODES)
@settings(max_examples=150, deadline=None)
def test_any_value_resolves_or_is_refused(node: Any, condition: Any) -> None:
    stacks = _stacks(
        {
            "Resources": {"Table": TABLE, "Pool": POOL},
            "Parameters": {"Word": {"Type": "String", "Default": "w"}},
            "Conditions": {"Yes": condition},
            "Outputs": {"Out": {"Value": node, "Export": {"Name": node}}},
            "Metadata": {"Airside": {"System": "s", "Environment": "e", "EntryAgent": "a"}},
        }
    )
    try:
        resolve(stacks, STAGE, ADDRESSES)
    except AssemblyError as error:
        assert str(error)


def _places(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member and item below a node."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in members:
        yield (*way, key)
        yield from _places(inner, (*way, key))


@given(data=st.data(), value=NODES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stage_with_anything_anywhere_is_read_or_refused(
    airline: Stage, data: st.DataObject, value: Any
) -> None:
    stacks = list(airline.stacks)
    number = data.draw(st.integers(0, len(stacks) - 1))
    template = copy.deepcopy(dict(stacks[number].template))
    *way, last = data.draw(st.sampled_from(list(_places(template))))
    node: Any = template
    for key in way:
        node = node[key]
    node[last] = value
    stacks[number] = replace(stacks[number], template=template)
    try:
        resolve(tuple(stacks), STAGE, ADDRESSES)
    except AssemblyError as error:
        assert str(error)
