"""Intrinsic functions give what CloudFormation gives, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly.errors import InvalidTemplate, UnresolvedReference, UnsupportedIntrinsic
from localcloud.assembly.intrinsics import ABSENT
from tests.local.assembly.build import POOL, TABLE, stack

TEMPLATE: dict[str, Any] = {
    "Resources": {"Table": TABLE, "Pool": POOL},
    "Parameters": {
        "Word": {"Type": "String", "Default": "안녕"},
        "Count": {"Type": "Number", "Default": 3},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
        "Numbers": {"Type": "List<Number>", "Default": "1,2"},
        "NoDefault": {"Type": "String"},
    },
    "Mappings": {"Regions": {"ap-northeast-2": {"short": "icn", "zones": ["a", "b"]}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "ap-northeast-2"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Numeric": {"Fn::Equals": [{"Ref": "Count"}, 3]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
    },
}
ARN = "arn:aws:dynamodb:ap-northeast-2:111122223333:table/airline-dev-bookings"


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Table"}, "airline-dev-bookings"),
        ({"Ref": "Word"}, "안녕"),
        ({"Ref": "Count"}, "3"),
        ({"Ref": "Names"}, ["a", "b", "c"]),
        ({"Ref": "Numbers"}, ["1", "2"]),
        ({"Ref": "AWS::AccountId"}, "111122223333"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::StackName"}, "airline-dev-tools"),
        ({"Ref": "AWS::NoValue"}, ABSENT),
        ({"Fn::GetAtt": ["Table", "Arn"]}, ARN),
        ({"Fn::GetAtt": "Table.Arn"}, ARN),
        ({"Fn::Sub": "${AWS::Region}/${Table}/${Table.Arn}"}, f"ap-northeast-2/airline-dev-bookings/{ARN}"),
        ({"Fn::Sub": "${!Literal} ${Word}"}, "${Literal} 안녕"),
        ({"Fn::Sub": ["${own} ${Word}", {"own": {"Ref": "Count"}, "Word": "shadowed"}]}, "3 shadowed"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Word"}, 1, True]]}, "a-안녕-1-true"),
        ({"Fn::Join": ["", ["a", {"Ref": "AWS::NoValue"}, "b"]]}, "ab"),
        ({"Fn::Join": [",", {"Fn::Split": ["/", "a/b"]}]}, "a,b"),
        ({"Fn::Select": [1, ["a", "b"]]}, "b"),
        ({"Fn::Select": ["0", {"Ref": "Names"}]}, "a"),
        (
            {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Table", "Arn"]}]}]},
            "table/airline-dev-bookings",
        ),
        ({"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "short"]}, "icn"),
        ({"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "zones"]}, ["a", "b"]),
        ({"Fn::If": ["Yes", "y", "n"]}, "y"),
        ({"Fn::If": ["No", "y", {"Ref": "Word"}]}, "안녕"),
        ({"Fn::If": ["Numeric", "text and number are equal", "not"]}, "text and number are equal"),
        ({"Fn::If": ["Both", "y", "n"]}, "n"),
        ({"Fn::If": ["Either", "y", "n"]}, "y"),
        ({"Fn::Base64": "가"}, "6rCA"),
        ({"kept": {"Ref": "Word"}, "gone": {"Ref": "AWS::NoValue"}}, {"kept": "안녕"}),
        ([1, {"Ref": "AWS::NoValue"}, None, 2.5], [1, None, 2.5]),
        ({"Ref": "Word", "second": 1}, {"Ref": "Word", "second": 1}),
    ],
)
def test_an_intrinsic_gives_what_cloudformation_gives(tmp_path: Path, node: Any, expected: Any) -> None:
    assert stack(tmp_path, TEMPLATE).value(node, "here") == expected


def test_only_the_chosen_branch_of_an_if_is_evaluated(tmp_path: Path) -> None:
    node = {"Fn::If": ["Yes", "y", {"Fn::GetAtt": ["Nowhere", "Arn"]}]}
    assert stack(tmp_path, TEMPLATE).value(node, "here") == "y"


@pytest.mark.parametrize(
    ("node", "kind", "named"),
    [
        ({"Fn::Cidr": ["10.0.0.0/16", 1, 8]}, UnsupportedIntrinsic, "Fn::Cidr"),
        ({"Fn::GetAZs": ""}, UnsupportedIntrinsic, "Fn::GetAZs"),
        ({"Fn::Transform": {"Name": "x"}}, UnsupportedIntrinsic, "Fn::Transform"),
        ({"Fn::ToJsonString": {}}, UnsupportedIntrinsic, "Fn::ToJsonString"),
        ({"Ref": "Nowhere"}, UnresolvedReference, "Nowhere"),
        ({"Ref": "AWS::NotificationARNs"}, UnresolvedReference, "AWS::NotificationARNs"),
        ({"Ref": "NoDefault"}, UnresolvedReference, "NoDefault"),
        ({"Ref": ["Table"]}, InvalidTemplate, "Table"),
        ({"Fn::GetAtt": "Table"}, InvalidTemplate, "Table"),
        ({"Fn::GetAtt": ["Nowhere", "Arn"]}, UnresolvedReference, "Nowhere"),
        ({"Fn::Sub": "${Nowhere}"}, UnresolvedReference, "Nowhere"),
        ({"Fn::Sub": "${Names}"}, InvalidTemplate, "Names"),
        ({"Fn::Sub": {"a": 1}}, InvalidTemplate, "Fn::Sub"),
        ({"Fn::Join": [{"Ref": "Word"}, []]}, InvalidTemplate, "delimiter"),
        ({"Fn::Join": ["", "text"]}, InvalidTemplate, "list"),
        ({"Fn::Join": ["", [{"a": 1}]]}, InvalidTemplate, "dict"),
        ({"Fn::Select": [2, ["a", "b"]]}, InvalidTemplate, "2"),
        ({"Fn::Select": [-1, ["a", "b"]]}, InvalidTemplate, "-1"),
        ({"Fn::Split": ["", "abc"]}, InvalidTemplate, "delimiter"),
        ({"Fn::FindInMap": ["Regions", "eu-west-1", "short"]}, UnresolvedReference, "eu-west-1"),
        ({"Fn::FindInMap": ["Nowhere", "a", "b"]}, UnresolvedReference, "Nowhere"),
        ({"Fn::If": ["Nowhere", 1, 2]}, UnresolvedReference, "Nowhere"),
        ({"Fn::ImportValue": "nowhere"}, UnresolvedReference, "nowhere"),
    ],
)
def test_what_has_no_value_is_refused_by_name_and_place(
    tmp_path: Path, node: Any, kind: type[Exception], named: str
) -> None:
    with pytest.raises(kind) as caught:
        stack(tmp_path, TEMPLATE).value(node, "tools/Function.Properties")
    assert named in str(caught.value)
    assert "tools/Function.Properties" in str(caught.value)


@pytest.mark.parametrize(
    "condition",
    [
        {"Fn::Contains": [["a"], "a"]},
        {"Fn::And": [{"Condition": "Yes"}]},
        {"Fn::Not": [{"Condition": "Yes"}, {"Condition": "Yes"}]},
        {"Fn::Equals": ["a"]},
        "Yes",
        {"Condition": "Self"},
    ],
)
def test_a_condition_that_cannot_be_decided_is_refused(tmp_path: Path, condition: Any) -> None:
    made = stack(tmp_path, TEMPLATE | {"Conditions": TEMPLATE["Conditions"] | {"Self": condition}})
    with pytest.raises((InvalidTemplate, UnsupportedIntrinsic)):
        made.condition("Self", "here")
