"""What is no action of any service is told from what is one."""

from __future__ import annotations

import pytest

from review.iam.actions import FILE, exists, takes_no_resource
from tests.review.iam import known_actions


def test_the_list_is_older_than_its_source() -> None:
    again = "write it again: python -m tests.review.iam.known_actions"
    assert FILE.read_text(encoding="ascii") == known_actions.text(), again


@pytest.mark.parametrize(
    ("pattern", "there"),
    [
        ("dynamodb:GetItem", True),
        ("DynamoDB:getitem", True),
        ("dynamodb:Get*", True),
        ("dynamodb:GetIte?", True),
        ("s3:*", True),
        ("*", True),
        ("dynamodb:GetItems", False),
        ("dynamodb:Fetch*", False),
        ("dynamo:GetItem", False),
        ("dynamodb", False),
        ("dynamodb:", False),
        ("", False),
        ("bedrock-agentcore:InvokeGateway", True),
    ],
)
def test_an_action_is_taken_for_another(pattern: str, there: bool) -> None:
    assert exists(pattern) is there


@pytest.mark.parametrize(
    ("pattern", "none"),
    [
        ("ecr:GetAuthorizationToken", True),
        ("s3:ListAllMyBuckets", True),
        ("dynamodb:GetItem", False),
        ("ecr:Get*", False),
        ("s3:Nothing", False),
    ],
)
def test_an_action_that_takes_a_resource_is_excused(pattern: str, none: bool) -> None:
    assert takes_no_resource(pattern) is none
