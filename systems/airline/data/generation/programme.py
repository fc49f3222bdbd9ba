"""Fare classes, tiers and rules: every amount the airline's functions answer with, in KRW and per cent."""

from __future__ import annotations

from typing import Any

FARE_CLASSES = ("SAVER", "STANDARD", "FLEX", "PRESTIGE")
ROUTE_KINDS = ("domestic", "short_haul", "long_haul")
FARE_PERCENT = {"SAVER": 80, "STANDARD": 100, "FLEX": 135, "PRESTIGE": 290}

Row = dict[str, Any]

TIER_COLUMNS = (
    "tier", "qualifying_miles", "lounge", "extra_bag_pieces", "bonus_miles_percent", "priority_boarding",
    "change_percent", "cancellation_percent",
)  # fmt: skip
TIERS: tuple[Row, ...] = tuple(
    dict[str, Any](zip(TIER_COLUMNS, values, strict=True))
    for values in (
        ("SKYPASS", 0, False, 0, 0, False, 0, 0),
        ("SILVER", 20_000, False, 0, 5, True, 5, 5),
        ("GOLD", 50_000, True, 1, 10, True, 20, 10),
        ("PLATINUM", 100_000, True, 1, 15, True, 35, 25),
        ("DIAMOND", 500_000, True, 2, 20, True, 50, 50),
    )
)
"""Lowest tier first. `qualifying_miles` are lifetime miles; they decide the tier and are not in the rows."""

CHECKED = {
    "domestic": {"SAVER": (1, 15), "STANDARD": (1, 20), "FLEX": (1, 23), "PRESTIGE": (2, 23)},
    "short_haul": {"SAVER": (1, 15), "STANDARD": (1, 23), "FLEX": (1, 23), "PRESTIGE": (2, 32)},
    "long_haul": {"SAVER": (1, 23), "STANDARD": (1, 23), "FLEX": (2, 23), "PRESTIGE": (2, 32)},
}
"""Checked bags: (pieces, kilograms each)."""
CABIN = {"SAVER": (1, 10), "STANDARD": (1, 10), "FLEX": (1, 10), "PRESTIGE": (2, 9)}
EXTRA_BAG = {"domestic": 25_000, "short_haul": 75_000, "long_haul": 150_000}

CHANGE: dict[str, dict[str, int | None]] = {
    "domestic": {"SAVER": None, "STANDARD": 7_000, "FLEX": 0, "PRESTIGE": 0},
    "short_haul": {"SAVER": 95_000, "STANDARD": 65_000, "FLEX": 0, "PRESTIGE": 0},
    "long_haul": {"SAVER": 210_000, "STANDARD": 135_000, "FLEX": 0, "PRESTIGE": 0},
}
"""Fee of a change; None: the fare cannot be changed."""

CANCELLATION: dict[str, dict[str, tuple[tuple[int, int | None], ...]]] = {
    "domestic": {
        "SAVER": ((30, 5_000), (7, 9_000), (1, 15_000), (0, None)),
        "STANDARD": ((30, 0), (7, 3_000), (1, 7_000), (0, 12_000)),
        "FLEX": ((7, 0), (1, 2_000), (0, 5_000)),
        "PRESTIGE": ((1, 0), (0, 5_000)),
    },
    "short_haul": {
        "SAVER": ((90, 0), (60, 45_000), (14, 85_000), (3, 135_000), (0, None)),
        "STANDARD": ((90, 0), (60, 35_000), (14, 55_000), (3, 75_000), (0, 115_000)),
        "FLEX": ((60, 0), (14, 25_000), (3, 45_000), (0, 65_000)),
        "PRESTIGE": ((14, 0), (3, 35_000), (0, 75_000)),
    },
    "long_haul": {
        "SAVER": ((90, 0), (60, 95_000), (14, 165_000), (3, 245_000), (0, None)),
        "STANDARD": ((90, 0), (60, 65_000), (14, 105_000), (3, 155_000), (0, 225_000)),
        "FLEX": ((60, 0), (14, 45_000), (3, 85_000), (0, 125_000)),
        "PRESTIGE": ((14, 0), (3, 65_000), (0, 145_000)),
    },
}
"""Bands of (days before departure at least, fee), the earliest first; None: not refundable any more."""


def tier_rows() -> list[Row]:
    """Rows of the table `tiers`."""
    return [
        {
            "tier": tier["tier"],
            "lounge": tier["lounge"],
            "extra_bag_pieces": tier["extra_bag_pieces"],
            "bonus_miles_percent": tier["bonus_miles_percent"],
            "priority_boarding": tier["priority_boarding"],
            "change_fee_discount_percent": tier["change_percent"],
            "cancellation_fee_discount_percent": tier["cancellation_percent"],
        }
        for tier in TIERS
    ]


def _fare_rule(topic: str, fare_class: str, kind: str) -> Row:
    key: Row = {"topic": topic, "rule_key": f"{fare_class}#{kind}"}
    if topic == "baggage":
        checked, cabin = CHECKED[kind][fare_class], CABIN[fare_class]
        return key | {
            "checked_pieces": checked[0],
            "checked_kg": checked[1],
            "cabin_pieces": cabin[0],
            "cabin_kg": cabin[1],
            "extra_bag_fee": EXTRA_BAG[kind],
        }
    if topic == "change":
        fee = CHANGE[kind][fare_class]
        return key | {"changeable": fee is not None} | ({} if fee is None else {"base_fee": fee})
    bands: Row = {
        "bands": [
            {"min_days": days, "refundable": fee is not None} | ({} if fee is None else {"base_fee": fee})
            for days, fee in CANCELLATION[kind][fare_class]
        ]
    }
    return key | bands


def rule_rows() -> list[Row]:
    """Rows of the table `rules`: one per topic, fare class and route kind, and one discount per tier.

    A fee that does not exist (not changeable, not refundable) is an attribute left out, never a zero.
    """
    fares = [
        _fare_rule(topic, fare_class, kind)
        for topic in ("baggage", "cancellation", "change")
        for fare_class in FARE_CLASSES
        for kind in ROUTE_KINDS
    ]
    discounts = [
        {
            "topic": "tier_discount",
            "rule_key": tier["tier"],
            "change_fee_discount_percent": tier["change_percent"],
            "cancellation_fee_discount_percent": tier["cancellation_percent"],
            "extra_bag_pieces": tier["extra_bag_pieces"],
        }
        for tier in TIERS
    ]
    return fares + discounts
