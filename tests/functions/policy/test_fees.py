"""Fees after discount, and the band of days a cancellation falls into."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_common.errors import ToolFailure
from tool_policy.fees import Fare, baggage, cancellation, change, discounted

FARE = Fare("STANDARD", "short_haul", "SILVER")
TIER = {"change_fee_discount_percent": 5, "cancellation_fee_discount_percent": 15, "extra_bag_pieces": 1}
BANDS: dict[str, Any] = {
    "bands": [
        {"min_days": 0, "refundable": False},
        {"min_days": 30, "refundable": True, "base_fee": 0},
        {"min_days": 3, "refundable": True, "base_fee": 75_000},
    ]
}


@pytest.mark.parametrize(
    ("base", "percent", "fee"),
    [
        (65_000, 20, 52_000),
        (35_000, 5, 33_200),
        (65_000, 35, 42_200),
        (99, 0, 0),
        (199, 0, 100),
        (7_000, 100, 0),
        (0, 20, 0),
    ],
)
def test_a_fee_is_rounded_down_to_a_hundred(base: int, percent: int, fee: int) -> None:
    assert discounted(base, percent) == fee


@given(st.integers(0, 10**9), st.integers(0, 100))
def test_a_fee_is_never_above_the_exact_one_nor_a_hundred_below(base: int, percent: int) -> None:
    fee, exact = discounted(base, percent), Fraction(base * (100 - percent), 100)
    assert fee % 100 == 0
    assert 0 <= exact - fee < 100


@pytest.mark.parametrize(("base", "percent"), [(-1, 0), (100, -1), (100, 101)])
def test_an_impossible_row_is_a_fault_and_not_a_fee(base: int, percent: int) -> None:
    with pytest.raises(ToolFailure):
        discounted(base, percent)


@pytest.mark.parametrize(
    ("days", "fee"),
    [(400, 0), (31, 0), (30, 0), (29, 63_700), (4, 63_700), (3, 63_700), (2, None), (0, None), (None, None)],
)
def test_a_band_begins_on_its_day_and_holds_until_the_next(days: int | None, fee: int | None) -> None:
    answer = cancellation(FARE, BANDS, TIER, days)
    assert answer["days_before_departure"] == days
    assert answer["refundable"] is (fee is not None)
    assert answer["fee"] == (None if fee is None else {"amount": fee, "currency": "KRW"})


def test_rows_that_cover_no_day_are_a_fault() -> None:
    with pytest.raises(ToolFailure):
        cancellation(FARE, {"bands": [{"min_days": 3, "refundable": True, "base_fee": 1}]}, TIER, 2)


def test_what_cannot_be_changed_has_no_fee_instead_of_a_fee_of_nothing() -> None:
    answer = change(FARE, {"changeable": False}, TIER)
    assert (answer["changeable"], answer["base_fee"], answer["fee"]) == (False, None, None)


def test_a_rule_without_its_fee_is_a_fault_and_not_a_free_change() -> None:
    with pytest.raises(KeyError):
        change(FARE, {"changeable": True}, TIER)


def test_a_tiers_extra_bag_is_a_checked_one() -> None:
    rule = {"checked_pieces": 1, "checked_kg": 23, "cabin_pieces": 1, "cabin_kg": 10, "extra_bag_fee": 75_000}
    answer = baggage(FARE, rule, TIER)
    assert answer["checked"] == {"pieces": 2, "kg_each": 23}
    assert answer["cabin"] == {"pieces": 1, "kg_each": 10}
    assert answer["extra_bag_fee"] == {"amount": 75_000, "currency": "KRW"}
