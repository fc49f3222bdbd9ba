"""The four changes that no public tool reports are told, in the words of the people who read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from review.collect import collect
from review.compare import Direction, compare
from review.reader import read_stage
from review.stage import Stage
from tests.review import kit
from tests.review.plant_kit import Plant
from tests.review.plants import WIDENINGS


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-prod")


def _told(before: Stage, after: Stage) -> list[tuple[Direction, str]]:
    return [(change.direction, change.sentence) for change in compare(collect(before), collect(after))]


def test_equal_assemblies_differ_in_nothing(stage: Stage) -> None:
    assert _told(stage, stage) == []


def test_longer_tokens_are_told_in_hours(stage: Stage) -> None:
    def longer(client: dict[str, Any]) -> None:
        client["AccessTokenValidity"] = 24
        client["TokenValidityUnits"] = {"AccessToken": "hours"}

    after = kit.edited(stage, "AWS::Cognito::UserPoolClient", longer, which=kit.noted("booking"))
    words = "client airline-prod-booking has tokens that live 24 h instead of 15 min"
    assert _told(stage, after) == [(Direction.WIDENING, words)]
    assert [way for way, _ in _told(after, stage)] == [Direction.NARROWING]


def test_dropped_clients_are_told(stage: Stage) -> None:
    def open_up(gateway: dict[str, Any]) -> None:
        del gateway["AuthorizerConfiguration"]["CustomJWTAuthorizer"]["AllowedClients"]

    after = kit.edited(stage, "AWS::BedrockAgentCore::Gateway", open_up)
    words = "gateway airline-prod no longer asks for any client in particular"
    assert _told(stage, after) == [(Direction.WIDENING, words)]


def test_a_policy_engine_that_no_longer_enforces_is_told_first(stage: Stage) -> None:
    def log_only(gateway: dict[str, Any]) -> None:
        gateway["PolicyEngineConfiguration"]["Mode"] = "LOG_ONLY"

    after = kit.edited(stage, "AWS::BedrockAgentCore::Gateway", log_only)
    told = _told(stage, after)
    assert {way for way, _ in told} == {Direction.WIDENING}
    assert any("no longer enforces (LOG_ONLY instead of ENFORCE)" in words for _, words in told)
    assert any(words.startswith("the policy engine refuses less than before") for _, words in told)


def test_a_permit_alone_opens_one_layer_and_not_the_call(stage: Stage) -> None:
    def permit(policy: dict[str, Any]) -> None:
        statement = policy["Definition"]["Cedar"]["Statement"]
        policy["Definition"]["Cedar"]["Statement"] = statement.replace(
            "action in [", 'action in [AgentCore::Action::"customer-mcp___create_booking", '
        )

    after = kit.edited(stage, "AWS::BedrockAgentCore::Policy", permit, which=kit.noted("loyalty"))
    changes = compare(collect(stage), collect(after))
    widened = [change for change in changes if change.widens]
    assert [change.sentence for change in widened] == [
        "the policy engine refuses less than before, for 1 call (permitted by airline_prod_loyalty)"
    ]
    assert widened[0].detail == ("loyalty → customer-mcp___create_booking",)


def _plant(name: str) -> Plant:
    (found,) = (each for each in WIDENINGS if each.name == name)
    return found


def test_what_nobody_can_say_any_more_is_told_for_each_call(stage: Stage) -> None:
    changes = compare(collect(stage), collect(_plant("foreign interceptor").change(stage)))
    (told,) = [each for each in changes if "nobody can say any more" in each.sentence]
    assert told.kind == "cell"
    assert told.widens
    assert told.sentence == (
        "nobody can say any more whether 20 calls are allowed that were before "
        "(the interceptor tool_customer is of others: what it decides is unknown)"
    )
    assert "loyalty → loyalty-mcp___get_points_balance" in told.detail
    assert len(told.detail) == 20


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "unconditioned trust",
            "role airline-prod-agent-booking may now be taken by the service bedrock-agentcore.amazonaws.com",
        ),
        ("trust for everybody", "role airline-prod-agent-booking may now be taken by everybody"),
        (
            "any repository",
            "role airline-prod-agent-booking may now be taken by whom "
            "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com signs in if "
            "token.actions.githubusercontent.com:aud is sts.amazonaws.com",
        ),
        (
            "function for everybody",
            "function tool_customer may now be called by everybody (lambda:InvokeFunction)",
        ),
        ("everything but", "role airline-prod-agent-booking may now: everything but iam:* on any resource"),
        (
            "reads a table",
            "role airline-prod-agent-booking may now: dynamodb:GetItem on table members",
        ),
    ],
)
def test_a_grant_reads_like_a_policy_document(stage: Stage, name: str, sentence: str) -> None:
    changes = compare(collect(stage), collect(_plant(name).change(stage)))
    assert sentence in [each.sentence for each in changes]


def test_a_policys_change_is_told_as_its_whole_text(stage: Stage) -> None:
    before = collect(stage)
    after = collect(_plant("permit for another badge").change(stage))
    (change,) = [each for each in compare(before, after) if each.kind == "policy"]
    assert change.detail == ("now for airline/agent.policy", "no longer for airline/agent.loyalty")


def test_another_description_of_a_key_is_another_key(stage: Stage) -> None:
    """What a key encrypts is named after its alias, not after what else the key says."""
    after = kit.edited(stage, "AWS::KMS::Key", lambda key: key.update(Description="Another one"))
    assert _told(stage, after) == []
