"""Faults of a template that would recurse, shift, or pass unseen: each is told in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly.errors import (
    CircularReference,
    InvalidTemplate,
    Unsupported,
    UnsupportedIntrinsic,
)
from tests.local.assembly.build import POOL, resource, stack, stage
from tests.local.assembly.conftest import Stage


def parameter(name: str, value: Any) -> dict[str, Any]:
    return resource("AWS::SSM::Parameter", Name=name, Value=value, Type="String")


def test_parameters_that_hold_each_other_are_refused(tmp_path: Path) -> None:
    made = stack(
        tmp_path,
        Resources={
            "One": parameter("/one", "{{resolve:ssm:/two}}"),
            "Two": parameter("/two", "{{resolve:ssm:/one}}"),
        },
    )
    with pytest.raises(CircularReference, match="/one"):
        made.value("{{resolve:ssm:/one}}", "here")


def test_a_condition_may_ask_for_a_parameter_of_an_earlier_stack(tmp_path: Path) -> None:
    made = stage(
        tmp_path,
        first={"Resources": {"Flag": parameter("/flag", "on")}},
        second={
            "Parameters": {"Flag": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/flag"}},
            "Conditions": {"On": {"Fn::Equals": [{"Ref": "Flag"}, "on"]}},
            "Resources": {"Pool": {**POOL, "Condition": "On"}},
        },
    )
    assert list(made.scopes[1].resources) == ["Pool"]


@pytest.mark.parametrize("section", ["Hooks", "Resource", "Fn::ForEach::All"])
def test_a_section_that_is_not_read_is_refused_by_name(tmp_path: Path, section: str) -> None:
    with pytest.raises(Unsupported, match=section):
        stack(tmp_path, {"Resources": {}, section: {}})


@pytest.mark.parametrize(
    "text",
    [
        "{{resolve:ssm:/x",
        "{{resolve:ssm:{{resolve:ssm:/x}}}}",
        "a {{resolve:ssm:/{x}}}",
    ],
)
def test_a_dynamic_reference_that_is_not_whole_is_not_left_as_text(tmp_path: Path, text: str) -> None:
    with pytest.raises((UnsupportedIntrinsic, InvalidTemplate)):
        stack(tmp_path, Resources={"X": parameter("/x", "v")}).value(text, "here")


def test_a_missing_item_does_not_move_the_selected_one(tmp_path: Path) -> None:
    node = {"Fn::Select": [1, ["a", {"Ref": "AWS::NoValue"}, "c"]]}
    with pytest.raises(InvalidTemplate, match="NoValue"):
        stack(tmp_path, Resources={}).value(node, "here")


def test_two_stacks_cannot_export_one_name(tmp_path: Path) -> None:
    exporting = {"Resources": {}, "Outputs": {"Out": {"Value": "v", "Export": {"Name": "shared"}}}}
    with pytest.raises(InvalidTemplate, match="shared"):
        stage(tmp_path, first=exporting, second=exporting)


@pytest.mark.parametrize("name", ["operator", "airline_dev_booking"])
def test_a_function_cannot_call_under_anothers_name(airline: Stage, name: str) -> None:
    """A child process is known by its name: the operator's may do everything, an agent's has a role."""
    with pytest.raises(InvalidTemplate, match=name):
        airline.load("AWS::Lambda::Function", lambda node: node["Properties"].update(FunctionName=name))
