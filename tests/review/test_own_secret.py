"""An agent's way to a secret: of its own client, and by AgentCore Identity alone, it is none around the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from review.reader import read_stage
from review.run import review
from review.stage import Stage
from tests.review.kit import Edit, edited

ROLE = "airline-dev-agent-booking"


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-dev")


def found(stage: Stage) -> list[str]:
    report = review(stage, today="2026-11-21")
    return [finding.subject for finding in report.findings if finding.check == "FLW-05"]


def statements(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in properties["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def read(change: dict[str, Any]) -> Edit:
    """Changes the statement by which the agent's secret is read."""

    def edit(properties: dict[str, Any]) -> None:
        (one,) = [each for each in statements(properties) if each["Sid"] == "OwnClientThroughIdentity"]
        one |= change

    return edit


def open_(properties: dict[str, Any]) -> None:
    properties["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": "*"}
    )


def test_an_agents_own_secret_is_taken_for_a_way_round(stage: Stage) -> None:
    assert found(stage) == []


@pytest.mark.parametrize(
    "edit",
    [
        read({"Condition": {}}),
        read({"Condition": {"Bool": {"aws:ViaAWSService": "false"}}}),
        read({"Condition": {"StringEquals": {"aws:PrincipalTag/x": "y"}}}),
        open_,
    ],
    ids=["no-condition", "other-value", "other-condition", "beside-it"],
)
def test_an_agent_that_reads_its_own_secret_itself_goes_unseen(stage: Stage, edit: Edit) -> None:
    changed = edited(
        stage, "AWS::IAM::Role", edit, which=lambda resource: resource.properties["RoleName"] == ROLE
    )
    assert any("agents/booking" in subject for subject in found(changed))


def test_an_agent_that_may_use_anothers_secret_goes_unseen(stage: Stage) -> None:
    """Even through a service only."""

    def edit(properties: dict[str, Any]) -> None:
        for each in statements(properties):
            if each["Sid"] == "OwnClientThroughIdentity":
                text = each["Resource"]
                each["Resource"] = text.replace("agents/booking", "agents/loyalty")

    changed = edited(
        stage, "AWS::IAM::Role", edit, which=lambda resource: resource.properties["RoleName"] == ROLE
    )
    assert found(changed) == ["booking secret:airside/airline/dev/agents/loyalty"]
