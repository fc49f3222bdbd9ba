"""Allowances and fees, computed from rows: no amount of the airline's stands in code.

A fee after discount is `base × (100 - percent) // 100`, rounded down to 100 KRW: never more than promised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambda_common.errors import ToolFailure
from lambda_common.items import Row

CURRENCY = "KRW"
STEP = 100


@dataclass(frozen=True)
class Fare:
    """What a rule is asked about."""

    fare_class: str
    route_kind: str
    tier: str

    def answer(self) -> dict[str, Any]:
        """The question, as the answer repeats it."""
        return {"fare_class": self.fare_class, "route_kind": self.route_kind, "tier": self.tier}


def discounted(base: int, percent: int) -> int:
    """The fee in KRW after a discount of 0 to 100 per cent."""
    if base < 0 or not 0 <= percent <= 100:
        raise ToolFailure("a rule's fee is negative or its discount is not from 0 to 100 per cent")
    return base * (100 - percent) // 100 // STEP * STEP


def baggage(fare: Fare, rule: Row, tier: Row) -> dict[str, Any]:
    """Checked and cabin allowance; a tier's extra pieces are added to the checked ones."""
    return fare.answer() | {
        "checked": {
            "pieces": rule["checked_pieces"] + tier["extra_bag_pieces"],
            "kg_each": rule["checked_kg"],
        },
        "cabin": {"pieces": rule["cabin_pieces"], "kg_each": rule["cabin_kg"]},
        "extra_bag_fee": _money(rule["extra_bag_fee"]),
    }


def change(fare: Fare, rule: Row, tier: Row) -> dict[str, Any]:
    """Fee of a change; `base_fee` and `fee` are null if the fare cannot be changed."""
    percent = tier["change_fee_discount_percent"]
    return (
        fare.answer()
        | {"changeable": rule["changeable"]}
        | _fees(rule, rule["changeable"], percent)
        | {"fare_difference_applies": True}
    )


def cancellation(fare: Fare, rule: Row, tier: Row, days: int | None) -> dict[str, Any]:
    """Fee of a cancellation `days` before the departure; null fees if there is no refund any more.

    Without days the answer is the one for the day of departure, the dearest, so that nobody is promised
    less than it may cost.
    """
    band = _band(rule["bands"], 0 if days is None else days)
    return (
        fare.answer()
        | {"days_before_departure": days, "refundable": band["refundable"]}
        | _fees(band, band["refundable"], tier["cancellation_fee_discount_percent"])
    )


def _band(bands: list[Row], days: int) -> Row:
    """The band with the largest `min_days` that is not above `days`."""
    reached = [band for band in bands if band["min_days"] <= days]
    if not reached:
        raise ToolFailure("a cancellation rule has no band that starts at 0 days")
    return max(reached, key=lambda band: int(band["min_days"]))


def _fees(row: Row, possible: bool, percent: int) -> dict[str, Any]:
    if not possible:
        return {"base_fee": None, "discount_percent": percent, "fee": None}
    base = row["base_fee"]
    return {"base_fee": _money(base), "discount_percent": percent, "fee": _money(discounted(base, percent))}


def _money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": CURRENCY}
