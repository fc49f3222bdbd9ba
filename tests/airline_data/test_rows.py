"""The rows are complete, fit each other, and stay true whatever the day of seeding."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from localcloud.aws.seed import resolve_row
from systems.airline.data.generation.programme import FARE_CLASSES, ROUTE_KINDS
from tool_customer.airports import load_airports

DATA = Path(__file__).resolve().parents[2] / "systems" / "airline" / "data"
TIERS = ("SKYPASS", "SILVER", "GOLD", "PLATINUM", "DIAMOND")
RELATIVE = re.compile(r"@[+-][0-9]{1,4}d(?: (?:[01][0-9]|2[0-3]):[0-5][0-9])?")
DAYS = [date(2026, 11, 21), date(2028, 2, 29), date(2027, 3, 1), date(2031, 12, 31)]
BOOKING = {
    "booking_id", "customer_id", "status", "flight_number", "origin", "destination", "departure_at",
    "arrival_at", "fare_class", "route_kind", "passengers", "price", "booked_at",
}  # fmt: skip


@cache
def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


def days(text: str) -> int:
    found = re.match(r"@([+-][0-9]+)d", text)
    assert found
    return int(found.group(1))


def test_there_are_enough_customers_and_bookings() -> None:
    assert len(rows("customers")) >= 220
    assert len(rows("bookings")) >= 620
    assert rows("customers")[0]["customer_id"] == "C1001"


@pytest.mark.parametrize("name", ["customers", "bookings", "members", "tiers"])
def test_no_key_is_used_twice(name: str) -> None:
    key = {"customers": "customer_id", "bookings": "booking_id", "members": "customer_id", "tiers": "tier"}[
        name
    ]
    assert max(Counter(row[key] for row in rows(name)).values()) == 1


def test_customers_can_only_be_written_to_at_a_reserved_domain() -> None:
    for row in rows("customers"):
        assert re.fullmatch(r"[a-z0-9.]+@example\.com", row["email"]), row
        assert row["language"] in {"ko", "en"}
        assert re.search(r"[가-힣]", row["name_ko"])
        assert row["name_en"][0].isascii()
    assert max(Counter(row["email"] for row in rows("customers")).values()) == 1
    assert Counter(row["language"] for row in rows("customers"))["en"] >= 10


def test_every_customer_is_a_member_and_every_tier_has_members() -> None:
    assert {row["customer_id"] for row in rows("members")} == {
        row["customer_id"] for row in rows("customers")
    }
    assert min(Counter(row["tier"] for row in rows("members"))[tier] for tier in TIERS) >= 3


def test_miles_fit_tier_and_next_tier() -> None:
    floors = (0, 20_000, 50_000, 100_000, 500_000)
    for row in rows("members"):
        rank = TIERS.index(row["tier"])
        assert row["lifetime_miles"] >= floors[rank]
        if rank < 4:
            assert row["lifetime_miles"] + row["miles_to_next_tier"] == floors[rank + 1]
            assert row["miles_to_next_tier"] > 0
        else:
            assert row["miles_to_next_tier"] == 0
        assert 0 <= row["expiring_miles"] <= row["miles"] <= row["lifetime_miles"]
        assert ("expiring_on" in row) == (row["expiring_miles"] > 0)
        assert ("tier_valid_until" in row) == (rank > 0)


def test_bookings_belong_to_customers_and_to_known_routes() -> None:
    customers = {row["customer_id"] for row in rows("customers")}
    airports = load_airports()
    flown = {
        (route["origin"], route["destination"], flight[0] + flight[1]): flight[2]
        for route in rows("schedule")
        for flight in route["flights"]
    }
    for row in rows("bookings"):
        assert set(row) == BOOKING
        assert row["customer_id"] in customers
        assert re.fullmatch(r"B[A-Z0-9]{8}", row["booking_id"])
        assert row["route_kind"] == airports.route_kind(row["origin"], row["destination"])
        assert (
            row["departure_at"].split()[1] == flown[row["origin"], row["destination"], row["flight_number"]]
        )
        assert row["flight_number"].startswith("KE")
        assert row["fare_class"] in FARE_CLASSES
        assert 1 <= row["passengers"] <= 9
        assert row["price"] > 10_000
        assert row["price"] % (100 * row["passengers"]) == 0


def test_status_fits_the_day_and_nothing_was_booked_after_it_left() -> None:
    for row in rows("bookings"):
        departure = days(row["departure_at"])
        assert abs(departure) >= 2, "near days would make a row stale while the platform runs"
        assert row["status"] in ({"CONFIRMED", "CANCELLED"} if departure > 0 else {"FLOWN", "CANCELLED"})
        assert days(row["booked_at"]) < min(departure, 0)
    assert set(Counter(row["status"] for row in rows("bookings"))) == {"CONFIRMED", "CANCELLED", "FLOWN"}
    assert {row["route_kind"] for row in rows("bookings")} == set(ROUTE_KINDS)
    assert {row["fare_class"] for row in rows("bookings")} == set(FARE_CLASSES)


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_flight_lands_after_it_left_whatever_the_day_of_seeding(today: date) -> None:
    airports = load_airports()
    for row in rows("bookings"):
        resolved = resolve_row(row, today)
        left, landed = (
            airports[resolved[place]].instants(datetime.fromisoformat(resolved[at]))[1]
            for place, at in (("origin", "departure_at"), ("destination", "arrival_at"))
        )
        assert 40 <= (landed - left).total_seconds() / 60 <= 16 * 60, row


@pytest.mark.parametrize("name", ["customers", "bookings", "members", "tiers", "rules"])
def test_a_value_that_begins_like_a_relative_date_is_one(name: str) -> None:
    def strings(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for one in value.values() for text in strings(one)]
        if isinstance(value, list):
            return [text for one in value for text in strings(one)]
        return [value] if isinstance(value, str) else []

    dates = [text for row in rows(name) for text in strings(row) if text.startswith("@")]
    assert all(RELATIVE.fullmatch(text) for text in dates)
    absolute = [text for row in rows(name) for text in strings(row) if re.match(r"20[0-9]{2}-", text)]
    assert absolute == [], "an absolute date goes stale"


def test_numbers_in_rows_are_whole() -> None:
    for name in ("customers", "bookings", "members", "tiers", "rules"):
        assert "." not in re.sub(r'"[^"]*"', "", (DATA / f"{name}.json").read_text(encoding="utf-8"))


def test_the_customer_of_the_guides_is_as_the_guides_say() -> None:
    (member,) = (row for row in rows("members") if row["customer_id"] == "C1001")
    assert member["tier"] == "GOLD"
    assert re.fullmatch(r"[가-힣]{2,4}", rows("customers")[0]["name_ko"])
    own = [row for row in rows("bookings") if row["customer_id"] == "C1001"]
    ahead = [row for row in own if days(row["departure_at"]) > 0]
    assert len(own) == 2
    assert [(row["origin"], row["destination"], row["fare_class"], row["status"]) for row in ahead] == [
        ("ICN", "NRT", "STANDARD", "CONFIRMED")
    ]
    assert days(ahead[0]["departure_at"]) == 12


def test_every_topic_has_a_rule_for_every_fare_and_route_kind() -> None:
    keys = {(row["topic"], row["rule_key"]) for row in rows("rules")}
    fares = {f"{fare}#{kind}" for fare, kind in product(FARE_CLASSES, ROUTE_KINDS)}
    assert keys == {(topic, fare) for topic in ("baggage", "cancellation", "change") for fare in fares} | {
        ("tier_discount", tier) for tier in TIERS
    }
    assert len(keys) == len(rows("rules"))


def test_discounts_of_tiers_are_the_same_in_both_tables() -> None:
    rules = {row["rule_key"]: row for row in rows("rules") if row["topic"] == "tier_discount"}
    assert [row["tier"] for row in rows("tiers")] == list(TIERS)
    for tier in rows("tiers"):
        for name in ("change_fee_discount_percent", "cancellation_fee_discount_percent", "extra_bag_pieces"):
            assert tier[name] == rules[tier["tier"]][name]


def test_a_better_fare_or_tier_is_never_worse() -> None:
    by_key = {(row["topic"], row["rule_key"]): row for row in rows("rules")}
    for kind in ROUTE_KINDS:
        pieces = [by_key["baggage", f"{fare}#{kind}"]["checked_pieces"] for fare in FARE_CLASSES]
        assert pieces == sorted(pieces)
        for fare in ("FLEX", "PRESTIGE"):
            assert by_key["change", f"{fare}#{kind}"] == {
                "topic": "change", "rule_key": f"{fare}#{kind}", "changeable": True, "base_fee": 0
            }  # fmt: skip
    for name in ("change_fee_discount_percent", "cancellation_fee_discount_percent", "bonus_miles_percent"):
        values = [tier[name] for tier in rows("tiers")]
        assert values == sorted(values)


def test_cancellation_bands_reach_down_to_the_day_of_departure_and_never_get_dearer_earlier() -> None:
    for row in rows("rules"):
        if row["topic"] != "cancellation":
            continue
        bands = row["bands"]
        assert [band["min_days"] for band in bands] == sorted(
            {band["min_days"] for band in bands}, reverse=True
        )
        assert bands[-1]["min_days"] == 0
        assert all(("base_fee" in band) == band["refundable"] for band in bands)
        fees = [band["base_fee"] for band in bands if band["refundable"]]
        assert fees == sorted(fees)
        assert [band["refundable"] for band in bands] == sorted(
            (band["refundable"] for band in bands), reverse=True
        )


def test_some_fee_needs_the_rounding_rule() -> None:
    bases = {row["base_fee"] for row in rows("rules") if row.get("base_fee")}
    percents = {tier["change_fee_discount_percent"] for tier in rows("tiers")}
    assert any(base * (100 - percent) // 100 % 100 for base, percent in product(bases, percents))
