"""Values of a shape that nobody expected are told or refused by name: no traceback, and never clean in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from review import waivers
from review.collect import collect
from review.compare import compare
from review.errors import Unreadable
from review.run import review
from review.stage import Stage
from tests.review import foreign
from tests.review.kit import added, edited
from tests.review.plant_kit import PAYLOAD, TARGET, drop, put
from tests.review.reader import kit

_WAIVER = 'check: DAT-02, subject: "*", reason: made up, owner: desk'


@pytest.fixture(scope="module")
def stage() -> Stage:
    return foreign.stage()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"waivers: [{{{_WAIVER}, expires: 2027-13-45}}]", "not YAML"),
        (f"waivers: [{{{_WAIVER}, check: DAT-01, expires: 2027-01-01}}]", "stands twice"),
        (f"waivers: []\nwaivers: [{{{_WAIVER}, expires: 2027-01-01}}]", "expected one key"),
    ],
    ids=["a month too many", "a key twice", "all of it twice"],
)
def test_a_waiver_file_of_another_shape_is_taken(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable, match=said):
        waivers.load(file)


def test_a_waiver_that_ends_in_a_week_never_ends(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(f"waivers: [{{{_WAIVER}, expires: 2026-W40-1}}]", encoding="utf-8")
    (waiver,) = waivers.load(file)
    assert waiver.expires == "2026-09-28"


def test_properties_that_the_deployment_makes_are_clean(tmp_path: Path) -> None:
    node = {"Type": "AWS::IAM::Role", "Properties": {"Fn::Sub": [1]}}
    with pytest.raises(Unreadable, match="the properties of Made are no object"):
        kit.stage(tmp_path, {"S": kit.resources(Made=node)})


def test_a_part_of_a_template_that_nobody_knows_is_clean(tmp_path: Path) -> None:
    found = kit.stage(tmp_path, {"S": {**kit.resources(T=kit.topic("x")), "Hooks": {"H": {}}}})
    assert "'Hooks' is no part of a template that is understood" in "".join(found.unread)


def test_stacks_of_one_stage_say_which_environment_they_like(tmp_path: Path) -> None:
    stacks = {
        name: {**kit.resources(T=kit.topic(name)), "Metadata": {"Airside": {"Environment": environment}}}
        for name, environment in (("One", "dev"), ("Two", "prod"))
    }
    assert "different things of their Environment: dev, prod" in "".join(kit.stage(tmp_path, stacks).unread)


@pytest.mark.parametrize(
    "schema", ["x", ["x"], {"Properties": "x"}, {"Required": 7}, {"Properties": {"a": "x"}}]
)
def test_a_tool_with_no_schema_is_clean(stage: Stage, schema: Any) -> None:
    which = {
        "which": lambda target: (
            "InlinePayload"
            in str(target.properties.get("TargetConfiguration", {}).get("Mcp", {}).get("Lambda"))
        )
    }
    report = review(
        edited(stage, TARGET, put(f"{PAYLOAD}.0.InputSchema", schema), **which), today="2026-11-21"
    )
    assert any("InputSchema: not a schema" in unknown for unknown in report.model.unknowns)
    assert report.exit_code == 2


@pytest.mark.parametrize("period", [[], {}, None, 7])
def test_a_rate_limit_without_a_period_has_a_direction(stage: Stage, period: Any) -> None:
    limit = {
        "GatewayIdentifier": stage.of_type("AWS::BedrockAgentCore::Gateway")[0].attribute(
            "GatewayIdentifier"
        ),
        "DimensionKeys": ["toolName"],
        "Entries": [{"Dimensions": {"toolName": "*"}, "Requests": [{"Period": "minute", "Rate": 5}]}],
    }
    type_ = "AWS::BedrockAgentCore::GatewayRateLimit"
    before = added(stage, type_, limit)
    after = edited(before, type_, put("Entries.0.Requests.0.Period", period))
    changes = compare(collect(before), collect(after))
    assert [change.direction for change in changes] == ["unknown"]
    gone = compare(collect(before), collect(edited(before, type_, drop("Entries.0"))))
    assert [change.direction for change in gone] == ["widening"]


def test_what_may_never_be_made_counts_as_made(tmp_path: Path) -> None:
    """A refusal behind a condition that only the deployment decides protects nothing for sure."""
    template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Stage"}, "x"]}},
        **kit.resources(
            T=kit.topic("x", Condition="Wanted"),
            A={"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "a"}, "Condition": "Wanted"},
        ),
    }
    model = collect(kit.stage(tmp_path, {"S": template}))
    assert "whether T is made depends on Wanted, undecided" in "".join(model.unknowns)
    (alarm,) = [each for each in model.settings if each.type == "AWS::CloudWatch::Alarm"]
    assert "Condition = Wanted" in alarm.values


def test_the_second_resource_policy_of_a_gateway_is_not_looked_at(stage: Stage) -> None:
    gateway = stage.of_type("AWS::BedrockAgentCore::Gateway")[0].attribute("GatewayArn")
    type_ = "AWS::BedrockAgentCore::ResourcePolicy"
    for name in ("one", "two"):
        policy = {"Statement": [{"Effect": "Allow", "Principal": name}]}
        stage = added(stage, type_, {"ResourceArn": gateway, "Policy": policy}, logical_id=name)
    (found,) = collect(stage).gateways
    assert found.resource_policy is not None
    assert "one" in found.resource_policy and "two" in found.resource_policy
