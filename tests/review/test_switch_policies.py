"""Kill switches are parked forbids, which is no finding, and no excuse for any other policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from review.reader.assembly import read_stage
from review.run import review
from review.stage import Resource, Stage
from tests.review.kit import Edit, edited, noted, with_resource

POLICY = "AWS::BedrockAgentCore::Policy"
ABOUT = ("POL-05", "POL-06", "POL-08")


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-prod")


def found(stage: Stage) -> list[str]:
    """Ids of open findings about how policies are deployed."""
    report = review(stage, today="2026-11-21")
    return sorted(each.check for each in report.open if each.check in ABOUT)


def is_switch(resource: Resource) -> bool:
    return "Switch" in resource.notes


def loose(properties: dict[str, object]) -> None:
    properties["ValidationMode"] = "IGNORE_ALL_FINDINGS"


def parked(properties: dict[str, object]) -> None:
    properties["EnforcementMode"] = "LOG_ONLY"


def test_the_switches_as_synthesized_are_no_finding(stage: Stage) -> None:
    assert found(stage) == []


def test_a_thrown_switch_is_no_finding(stage: Stage) -> None:
    def thrown(properties: dict[str, object]) -> None:
        properties["EnforcementMode"] = "ACTIVE"

    assert found(edited(stage, POLICY, thrown, which=is_switch)) == []


@pytest.mark.parametrize(
    ("edit", "expected"), [(loose, "POL-05"), (parked, "POL-06")], ids=["unvalidated", "parked"]
)
def test_a_permit_that_is_deployed_like_a_switch_is_one(stage: Stage, edit: Edit, expected: str) -> None:
    assert found(edited(stage, POLICY, edit, which=noted("booking"))) == [expected]


def test_a_permit_that_says_to_be_a_switch_is_believed(stage: Stage) -> None:
    """A permit that carries the note of a switch is still a permit that nothing validated."""
    marked: Callable[[Resource], bool] = noted("booking")
    permit = next(each for each in stage.of_type(POLICY) if marked(each))
    notes = {**permit.notes, "Switch": {"Agent": "booking"}}
    claimed = replace(permit, metadata={**permit.metadata, "Airside": notes})
    stage = with_resource(stage, claimed)
    assert found(edited(stage, POLICY, loose, which=marked)) == ["POL-05"]
