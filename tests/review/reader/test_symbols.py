"""Intrinsic functions become values where they can, and tokens that compare where they cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.review.reader import kit

VALUES: dict[str, tuple[Any, Any]] = {
    "ref": ({"Ref": "Other"}, "${one/Other}"),
    "getatt list": ({"Fn::GetAtt": ["Other", "Arn"]}, "${one/Other.Arn}"),
    "getatt text": ({"Fn::GetAtt": "Other.Arn"}, "${one/Other.Arn}"),
    "pseudo": ({"Ref": "AWS::Partition"}, "${AWS::Partition}"),
    "stack name": ({"Ref": "AWS::StackName"}, "one"),
    "own account": (f"arn:aws:s3:::b-{kit.ACCOUNT}", "arn:aws:s3:::b-${AWS::AccountId}"),
    "own region": (f"arn:aws:x:{kit.REGION}:1:y", "arn:aws:x:${AWS::Region}:1:y"),
    "longer number": (f"{kit.ACCOUNT}0", f"{kit.ACCOUNT}0"),
    "join": ({"Fn::Join": [":", ["a", {"Ref": "Other"}, {"Ref": "AWS::NoValue"}]]}, "a:${one/Other}"),
    "sub": ({"Fn::Sub": "${Other.Arn}/${AWS::Region}/${!x}"}, "${one/Other.Arn}/${AWS::Region}/${x}"),
    "sub with own": ({"Fn::Sub": ["${A}-${Other}", {"A": {"Ref": "Text"}}]}, "given-${one/Other}"),
    "default": ({"Ref": "Text"}, "given"),
    "no default": ({"Ref": "Open"}, "${one/Open}"),
    "ssm default is a name": ({"Ref": "Ssm"}, "${one/Ssm}"),
    "select split": (
        {"Fn::Select": [3, {"Fn::Split": [":", {"Fn::Sub": "arn:${AWS::Partition}:s3:${AWS::Region}:x"}]}]},
        "${AWS::Region}",
    ),
    "split of a token stays": (
        {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Other", "Arn"]}]}]},
        '{"Fn::Select":[5,"{\\"Fn::Split\\":[\\":\\",\\"${one/Other.Arn}\\"]}"]}',
    ),
    "map": ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, "mapped"),
    "import": ({"Fn::ImportValue": "shared"}, "${two/There.Arn}"),
    "import of nothing": ({"Fn::ImportValue": "gone"}, "${import/gone}"),
    "decided": ({"Fn::If": ["Yes", "a", "b"]}, "a"),
    "decided by region": ({"Fn::If": ["Here", "a", "b"]}, "a"),
    "not": ({"Fn::If": ["No", "a", "b"]}, "b"),
    "same either way": ({"Fn::If": ["Open", "a", "a"]}, "a"),
    "undecided": ({"Fn::If": ["Open", "a", "b"]}, '{"Fn::If":["Open","a","b"]}'),
    "unknown function": ({"Fn::Cidr": [{"Ref": "Other"}, 1]}, '{"Fn::Cidr":["${one/Other}",1]}'),
    "own loop": ({"Fn::If": ["Loop", "a", "b"]}, '{"Fn::If":["Loop","a","b"]}'),
}


def _template(value: Any) -> dict[str, Any]:
    return {
        "Parameters": {
            "Text": {"Type": "String", "Default": "given"},
            "Open": {"Type": "String"},
            "Ssm": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/name"},
        },
        "Mappings": {"M": {kit.REGION: {"k": "mapped"}}},
        "Conditions": {
            "Yes": {"Fn::Equals": ["x", "x"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Here": {"Fn::Or": [{"Fn::Equals": [{"Ref": "AWS::Region"}, kit.REGION]}, {"Condition": "Open"}]},
            "Open": {"Fn::Equals": [{"Ref": "Open"}, "x"]},
            "Loop": {"Fn::Not": [{"Condition": "Loop"}]},
        },
        **kit.resources(Look=kit.topic(value), Other=kit.topic("other"), Not=kit.topic("x", Condition="No")),
    }


OTHER = {
    **kit.resources(There=kit.topic("there")),
    "Outputs": {"O": {"Value": {"Fn::GetAtt": ["There", "Arn"]}, "Export": {"Name": "shared"}}},
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_what_cloudformation_would_make_of_it(tmp_path: Path, name: str) -> None:
    node, expected = VALUES[name]
    stage = kit.stage(tmp_path, {"one": _template(node), "two": OTHER})
    look = next(each for each in stage.resources() if each.logical_id == "Look")
    assert look.properties["TopicName"] == expected


def test_an_undecided_condition_is_told_where_the_review_looks(tmp_path: Path) -> None:
    stage = kit.stage(tmp_path, {"one": _template({"Fn::If": ["Open", "a", "b"]})})
    assert stage.unread == ("one.template.json: Look depends on the undecided condition Open.",)


def test_a_resource_of_a_false_condition_is_not_there(tmp_path: Path) -> None:
    stage = kit.stage(tmp_path, {"one": _template("x")})
    assert [each.logical_id for each in stage.resources()] == ["Look", "Other"]
    assert stage.unread == ()


def test_a_macro_is_never_taken_for_read(tmp_path: Path) -> None:
    stage = kit.stage(tmp_path, {"one": {**kit.resources(), "Transform": "AWS::Serverless-2016-10-31"}})
    assert "Transform" in stage.unread[0]


def test_a_nested_stack_is_read_with_its_parameters_and_outputs(tmp_path: Path) -> None:
    inner = {
        "Parameters": {"P": {"Type": "String"}},
        **kit.resources(In=kit.topic({"Ref": "P"})),
        "Outputs": {"O": {"Value": {"Fn::GetAtt": ["In", "Arn"]}}},
    }
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"Parameters": {"P": {"Ref": "Outer"}}},
        "Metadata": {"aws:asset:path": "inner.json"},
    }
    outer = kit.resources(
        Outer=kit.topic("outer"), Nested=nested, User=kit.topic({"Fn::GetAtt": ["Nested", "Outputs.O"]})
    )
    folder = kit.write(tmp_path, {"one": outer})
    (folder / "inner.json").write_text(json.dumps(inner), encoding="utf-8")
    stage = kit.stage(folder, {"one": outer})
    found = {each.logical_id: each for each in stage.resources()}
    assert found["In"].properties["TopicName"] == "${one/Outer}"
    assert found["User"].properties["TopicName"] == "${one-Nested/In.Arn}"
    assert stage.target("${one-Nested/In.Arn}") is found["In"]


def test_a_nested_stack_that_is_elsewhere_is_told(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3/x"}}
    stage = kit.stage(tmp_path, {"one": kit.resources(Nested=nested)})
    assert "Nested is not in the assembly" in stage.unread[0]
