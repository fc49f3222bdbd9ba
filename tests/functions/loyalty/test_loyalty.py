"""What is told about members and tiers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_common.dynamodb import Database
from lambda_common.errors import Refusal
from tests.functions.support import tables
from tool_loyalty.settings import Settings
from tool_loyalty.store import Store
from tool_loyalty.tools import LoyaltyTools

MEMBER = {
    "customer_id": "C1001",
    "tier": "GOLD",
    "miles": 27591,
    "lifetime_miles": 96823,
    "miles_to_next_tier": 3177,
    "tier_valid_until": "2027-06-09",
    "expiring_miles": 2759,
    "expiring_on": "2027-01-31",
}
BEGINNER = {
    "customer_id": "C1002",
    "tier": "SKYPASS",
    "miles": 0,
    "lifetime_miles": 0,
    "miles_to_next_tier": 20000,
    "expiring_miles": 0,
}


@pytest.fixture
def tools(aws: Any) -> LoyaltyTools:
    tables.put(aws, "members", [MEMBER, BEGINNER])
    tables.put(aws, "tiers", tables.seed_rows("tiers"))
    return LoyaltyTools(Store(Database(aws), Settings(tables.name("members"), tables.name("tiers"))))


def test_loyalty_and_balance_show_their_members_and_no_other(tools: LoyaltyTools) -> None:
    assert tools.get_member_loyalty({"customer_id": "C1001"}) == {
        "customer_id": "C1001",
        "tier": "GOLD",
        "miles": 27591,
        "miles_to_next_tier": 3177,
        "tier_valid_until": "2027-06-09",
    }
    assert tools.get_points_balance({"customer_id": "C1001"}) == {
        "customer_id": "C1001",
        "miles": 27591,
        "expiring_miles": 2759,
        "expiring_on": "2027-01-31",
    }


def test_a_tier_without_end_and_miles_that_stay_are_null_and_not_a_made_up_date(tools: LoyaltyTools) -> None:
    assert tools.get_member_loyalty({"customer_id": "C1002"})["tier_valid_until"] is None
    assert tools.get_points_balance({"customer_id": "C1002"})["expiring_on"] is None


@pytest.mark.parametrize("tier", ["SKYPASS", "SILVER", "GOLD", "PLATINUM", "DIAMOND"])
def test_every_tier_has_its_benefits(tools: LoyaltyTools, tier: str) -> None:
    answer = tools.get_tier_benefits({"tier": tier})
    assert list(answer) == [
        "tier",
        "lounge_access",
        "extra_baggage_pieces",
        "bonus_miles_percent",
        "priority_boarding",
        "change_fee_discount_percent",
        "cancellation_fee_discount_percent",
    ]
    assert answer["tier"] == tier
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize("tier", ["gold", "MEMBER", "Platinum"])
def test_an_unknown_tier_is_refused(tools: LoyaltyTools, tier: str) -> None:
    with pytest.raises(Refusal) as caught:
        tools.get_tier_benefits({"tier": tier})
    assert caught.value.code == "unknown_tier"


@pytest.mark.parametrize(
    "event", [{}, {"tier": ""}, {"tier": "GOLD#"}, {"tier": 1}, {"tier": "GOLD", "customer_id": "C1001"}]
)
def test_a_tier_of_another_form_is_refused_before_the_table_is_asked(
    tools: LoyaltyTools, event: object
) -> None:
    with pytest.raises(Refusal) as caught:
        tools.get_tier_benefits(event)
    assert caught.value.code == "invalid_argument"


def test_an_unknown_member_is_refused(tools: LoyaltyTools) -> None:
    for tool in (tools.get_member_loyalty, tools.get_points_balance):
        with pytest.raises(Refusal) as caught:
            tool({"customer_id": "C9999"})
        assert caught.value.code == "unknown_customer"
