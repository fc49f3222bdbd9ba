"""The policy tools over the seeded rules, and fees computed a second time in another way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from itertools import product
from typing import Any

import pytest

from lambda_common.dynamodb import Database
from lambda_common.errors import Refusal
from tests.functions.support import tables
from tool_policy.settings import Settings
from tool_policy.store import Store
from tool_policy.tools import FARE_CLASSES, ROUTE_KINDS, PolicyTools

TIERS = ("SKYPASS", "SILVER", "GOLD", "PLATINUM", "DIAMOND")
QUESTION = {"fare_class": "STANDARD", "route_kind": "short_haul"}


@pytest.fixture(scope="module")
def tools(emulator: Any) -> PolicyTools:
    """Filled once: the tools only read."""
    tables.clear(emulator)
    tables.put(emulator, "rules", tables.seed_rows("rules"))
    return PolicyTools(Store(Database(emulator), Settings(tables.name("rules"))))


def every_tool(tools: PolicyTools) -> list[Callable[[object], dict[str, Any]]]:
    return [tools.get_baggage_policy, tools.get_cancellation_policy, tools.get_change_policy]


def committed(name: str) -> list[dict[str, Any]]:
    """The rows as committed, read past every part of the functions."""
    rows: list[dict[str, Any]] = json.loads(
        (tables.AIRLINE / "data" / f"{name}.json").read_text(encoding="utf-8")
    )
    return rows


def reference_fee(base: int, percent: int) -> int:
    """The published rule in decimal arithmetic: fee = base x (100 - percent) / 100, down to 100 KRW."""
    hundreds = (Decimal(base) * (Decimal(100) - Decimal(percent)) / Decimal(10_000)).to_integral_value(
        ROUND_FLOOR
    )
    return int(hundreds) * 100


def test_fifty_customers_are_told_the_fee_of_their_own_booking_and_tier(tools: PolicyTools) -> None:
    rules = {(row["topic"], row["rule_key"]): row for row in committed("rules")}
    discounts = {row["tier"]: row for row in committed("tiers")}
    tier_of = {row["customer_id"]: row["tier"] for row in committed("members")}
    upcoming = {
        row["customer_id"]: row
        for row in tables.seed_rows("bookings")
        if row["status"] == "CONFIRMED" and row["departure_at"][:10] > tables.TODAY.isoformat()
    }
    customers = sorted(upcoming)[:50]
    assert len(customers) == 50
    fees = set()
    for customer in customers:
        booking, tier = upcoming[customer], tier_of[customer]
        fare = {"fare_class": booking["fare_class"], "route_kind": booking["route_kind"], "tier": tier}
        key = f"{booking['fare_class']}#{booking['route_kind']}"
        days = (date.fromisoformat(booking["departure_at"][:10]) - tables.TODAY).days

        answer = tools.get_change_policy(fare)
        rule = rules["change", key]
        percent = discounts[tier]["change_fee_discount_percent"]
        expected = (
            {"amount": reference_fee(rule["base_fee"], percent), "currency": "KRW"}
            if rule["changeable"]
            else None
        )
        assert (answer["changeable"], answer["fee"]) == (rule["changeable"], expected)
        assert answer["discount_percent"] == percent

        cancelled = tools.get_cancellation_policy(fare | {"days_before_departure": min(days, 400)})
        bands = sorted(rules["cancellation", key]["bands"], key=lambda band: -band["min_days"])
        band = next(band for band in bands if days >= band["min_days"])
        percent = discounts[tier]["cancellation_fee_discount_percent"]
        expected = (
            {"amount": reference_fee(band["base_fee"], percent), "currency": "KRW"}
            if band["refundable"]
            else None
        )
        assert (cancelled["refundable"], cancelled["fee"]) == (band["refundable"], expected)
        fees.add(json.dumps([answer["fee"], cancelled["fee"]]))
    assert len(fees) > 10, "the fifty must not all pay the same"


def test_the_customer_of_the_guides_changes_for_80_per_cent_of_the_base_fee(tools: PolicyTools) -> None:
    answer = tools.get_change_policy(QUESTION | {"tier": "GOLD"})
    assert answer == {
        "fare_class": "STANDARD",
        "route_kind": "short_haul",
        "tier": "GOLD",
        "changeable": True,
        "base_fee": {"amount": 65_000, "currency": "KRW"},
        "discount_percent": 20,
        "fee": {"amount": 52_000, "currency": "KRW"},
        "fare_difference_applies": True,
    }


def test_every_fare_route_and_tier_has_every_answer(tools: PolicyTools) -> None:
    for fare_class, route_kind, tier in product(FARE_CLASSES, ROUTE_KINDS, TIERS):
        question = {"fare_class": fare_class, "route_kind": route_kind, "tier": tier}
        for tool in every_tool(tools):
            answer = tool(question)
            assert question.items() <= answer.items()
            assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize("tier", [None, "SKYPASS"])
def test_without_a_tier_there_is_no_discount(tools: PolicyTools, tier: str | None) -> None:
    for tool in every_tool(tools)[1:]:
        answer = tool(QUESTION | {"tier": tier})
        assert (answer["tier"], answer["discount_percent"]) == ("SKYPASS", 0)
        assert tool(QUESTION) == answer


def test_without_days_the_dearest_answer_is_given(tools: PolicyTools) -> None:
    for fare_class, route_kind in product(FARE_CLASSES, ROUTE_KINDS):
        question = {"fare_class": fare_class, "route_kind": route_kind}
        unknown = tools.get_cancellation_policy(question)
        known = [
            tools.get_cancellation_policy(question | {"days_before_departure": d})
            for d in (0, 1, 5, 20, 70, 365)
        ]
        assert unknown | {"days_before_departure": 0} == known[0]
        paid = [one["fee"]["amount"] for one in known if one["fee"]]
        assert paid == sorted(paid, reverse=True), "cancelling earlier must not cost more"
        if unknown["refundable"]:
            assert unknown["fee"]["amount"] == max(paid)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fare_class": "BASIC"}, "unknown_fare_class"),
        ({"fare_class": "standard"}, "unknown_fare_class"),
        ({"fare_class": "STANDARD#short_haul"}, "unknown_fare_class"),
        ({"fare_class": ["STANDARD"]}, "invalid_argument"),
        ({"fare_class": None}, "invalid_argument"),
        ({"route_kind": "orbital"}, "unknown_route_kind"),
        ({"route_kind": "short-haul"}, "unknown_route_kind"),
        ({"route_kind": True}, "invalid_argument"),
        ({"tier": "GOLDEN"}, "unknown_tier"),
        ({"tier": "gold"}, "unknown_tier"),
        ({"tier": "STANDARD#short_haul"}, "invalid_argument"),
        ({"tier": ""}, "invalid_argument"),
        ({"tier": 3}, "invalid_argument"),
        ({"discount_percent": 100}, "invalid_argument"),
        ({"customer_id": "C1001"}, "invalid_argument"),
    ],
)
def test_a_question_outside_the_rules_is_refused(
    tools: PolicyTools, change: dict[str, Any], code: str
) -> None:
    for tool in every_tool(tools):
        with pytest.raises(Refusal) as caught:
            tool(QUESTION | change)
        assert caught.value.code == code


@pytest.mark.parametrize("days", [-1, 401, True, 1.0, "3", 10**20])
def test_days_that_are_no_days_are_refused(tools: PolicyTools, days: object) -> None:
    with pytest.raises(Refusal) as caught:
        tools.get_cancellation_policy(QUESTION | {"days_before_departure": days})
    assert caught.value.code == "invalid_argument"


def test_days_are_an_argument_of_cancellation_only(tools: PolicyTools) -> None:
    for tool in (tools.get_baggage_policy, tools.get_change_policy):
        with pytest.raises(Refusal):
            tool(QUESTION | {"days_before_departure": 3})
