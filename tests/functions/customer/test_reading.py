"""What is told about customers and their bookings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambda_common.errors import Refusal, ToolFailure
from tests.functions.customer.test_create_booking import NOW, PEOPLE, tools
from tests.functions.support import tables
from tool_customer.airports import load_airports
from tool_customer.bookings import SAME, answer_form, in_order

BOOKING = {
    "booking_id": "BAAAAAAAA",
    "customer_id": "C1001",
    "status": "CONFIRMED",
    "flight_number": "KE703",
    "origin": "ICN",
    "destination": "NRT",
    "departure_at": "2026-12-03T13:35",
    "arrival_at": "2026-12-03T15:45",
    "fare_class": "STANDARD",
    "route_kind": "short_haul",
    "passengers": 1,
    "price": 259600,
    "booked_at": "2026-11-01T10:57",
    "offer_hash": "0" * 64,
}


def booking(identifier: str, departure: str, **changes: Any) -> dict[str, Any]:
    return BOOKING | {"booking_id": identifier, "departure_at": departure} | changes


def order(*rows: dict[str, Any], now: datetime = NOW) -> list[str]:
    return [row["booking_id"] for row in in_order(list(rows), load_airports(), now)]


def test_the_next_departure_is_first_and_the_past_runs_backwards() -> None:
    assert order(
        booking("B-past-old", "2025-01-01T10:00", status="FLOWN"),
        booking("B-far", "2027-05-01T10:00"),
        booking("B-past-new", "2026-10-01T10:00", status="FLOWN"),
        booking("B-near", "2026-11-22T10:00"),
    ) == ["B-near", "B-far", "B-past-new", "B-past-old"]


def test_a_cancelled_flight_ahead_is_not_shown_as_the_next_departure() -> None:
    assert order(
        booking("B-cancelled", "2026-11-22T10:00", status="CANCELLED"), booking("B-next", "2026-12-22T10:00")
    ) == [
        "B-next",
        "B-cancelled",
    ]


def test_departures_are_ordered_by_the_moment_and_not_by_the_local_clock() -> None:
    seoul = booking("B-seoul", "2026-12-03T20:00")
    honolulu = booking("B-honolulu", "2026-12-03T10:00", origin="HNL", destination="ICN")
    assert order(seoul, honolulu) == ["B-seoul", "B-honolulu"]


def test_a_flight_counts_as_ahead_until_it_leaves_by_its_own_airports_clock() -> None:
    row = booking("B1", "2026-11-21T12:00", origin="ICN")
    leaves = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    other = booking("B2", "2026-12-01T12:00")
    assert order(other, row, now=leaves - timedelta(minutes=1)) == ["B1", "B2"]
    assert order(other, row, now=leaves) == ["B2", "B1"]


def test_an_answer_shows_no_customer_hash_or_booking_date() -> None:
    shown = answer_form(BOOKING)
    assert set(shown) == {*SAME, "price"}
    assert shown["price"] == {"amount": 259600, "currency": "KRW"}


@pytest.fixture
def client(aws: Any) -> Any:
    tables.put(aws, "customers", PEOPLE)
    tables.put(
        aws,
        "bookings",
        [
            BOOKING,
            booking("BBBBBBBBB", "2026-11-25T08:00"),
            BOOKING | {"booking_id": "BC", "customer_id": "C1002"},
        ],
    )
    return aws


def test_bookings_of_one_customer_only_and_plain_numbers(client: Any) -> None:
    answer = tools(client).get_customer_bookings({"customer_id": "C1001"})
    assert answer["customer_id"] == "C1001"
    assert [one["booking_id"] for one in answer["bookings"]] == ["BBBBBBBBB", "BAAAAAAAA"]
    assert json.loads(json.dumps(answer)) == answer


def test_a_customer_without_bookings_is_not_an_unknown_one(aws: Any) -> None:
    tables.put(aws, "customers", PEOPLE)
    assert tools(aws).get_customer_bookings({"customer_id": "C1002"}) == {
        "customer_id": "C1002",
        "bookings": [],
    }
    with pytest.raises(Refusal) as caught:
        tools(aws).get_customer_bookings({"customer_id": "C9999"})
    assert caught.value.code == "unknown_customer"


def test_bookings_of_a_customer_who_is_gone_are_not_shown(client: Any) -> None:
    client.delete_item(TableName=tables.name("customers"), Key={"customer_id": {"S": "C1001"}})
    with pytest.raises(Refusal):
        tools(client).get_customer_bookings({"customer_id": "C1001"})


def test_only_the_five_members_of_a_customer_are_shown(client: Any) -> None:
    tables.put(client, "customers", [PEOPLE[0] | {"passport": "M12345678"}])
    assert tools(client).get_customer_info({"customer_id": "C1001"}) == PEOPLE[0]


@pytest.mark.parametrize("event", [{}, {"customer_id": "C1"}, {"customer_id": "C1001", "limit": 5}, [], None])
def test_reading_takes_exactly_a_customer_number(client: Any, event: object) -> None:
    for tool in (tools(client).get_customer_info, tools(client).get_customer_bookings):
        with pytest.raises(Refusal) as caught:
            tool(event)
        assert caught.value.code == "invalid_argument"


def test_a_table_that_is_not_there_is_a_fault_and_not_an_unknown_customer(client: Any) -> None:
    client.delete_table(TableName=tables.name("customers"))
    try:
        with pytest.raises(ToolFailure, match="ResourceNotFoundException"):
            tools(client).get_customer_info({"customer_id": "C1001"})
    finally:
        tables.create(client, only=("customers",))


def test_a_booking_just_made_is_listed_first(client: Any) -> None:
    from tests.functions.support.offers import offer

    tools(client).create_booking({"customer_id": "C1002", "flight_offer": offer()})
    listed = tools(client).get_customer_bookings({"customer_id": "C1002"})["bookings"]
    assert len(listed) == 2
    assert all(one["status"] == "CONFIRMED" for one in listed)
