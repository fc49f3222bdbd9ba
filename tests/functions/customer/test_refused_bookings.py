"""What is not booked whatever the offer: every refusal has its code and leaves every table as it was."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lambda_common.arguments import MAX_NODES
from tests.functions.customer.damage import MEMBERS, assert_refused, changed, fill
from tests.functions.customer.test_create_booking import request, tools
from tests.functions.support.offers import offer


@pytest.fixture(scope="module")
def client(emulator: Any) -> Any:
    return fill(emulator)


@pytest.mark.parametrize("customer_id", ["C9999", "C10010"])
def test_an_unknown_customer_gets_no_booking(client: Any, customer_id: str) -> None:
    assert_refused(client, request(customer_id=customer_id), "unknown_customer")


@pytest.mark.parametrize(
    "customer_id", ["", "C1001 OR 1=1", None, 1001, "c1001", ["C1001"], "C" + "1" * 5000]
)
def test_a_customer_id_of_another_form_is_refused(client: Any, customer_id: object) -> None:
    assert_refused(client, request(customer_id=customer_id), "invalid_argument")


@pytest.mark.parametrize("document", [None, [], "offer", 1, True, json.dumps(offer())])
def test_an_offer_that_is_no_object_is_refused(client: Any, document: object) -> None:
    assert_refused(client, request(flight_offer=document), "invalid_argument")


def test_an_empty_offer_is_refused(client: Any) -> None:
    assert_refused(client, request(flight_offer={}), "malformed_offer")


def test_an_unknown_argument_is_refused(client: Any) -> None:
    assert_refused(client, request(price=1), "invalid_argument")


@pytest.mark.parametrize(
    "extra",
    [
        {"note": "x" * 1001},
        {"notes": ["x" * 900] * 60},
        {"numbers": [0] * MAX_NODES},
        {"discount": float("nan")},
        {"discount": float("-inf")},
    ],
    ids=["long text", "much text", "many values", "nan", "infinity"],
)
def test_too_large_or_impossible_an_offer_is_refused_even_in_members_nobody_reads(
    client: Any, extra: dict[str, Any]
) -> None:
    assert_refused(client, request(flight_offer=offer() | extra), "invalid_argument")


def test_the_moment_of_departure_is_already_too_late(client: Any) -> None:
    departure = datetime.fromisoformat(offer()["itineraries"][0]["segments"][0]["departure"]["at"])
    at = (departure - timedelta(hours=9)).replace(tzinfo=UTC)
    assert_refused(client, request(), "past_departure", now=at)
    assert_refused(client, request(), "past_departure", now=at + timedelta(days=40))
    assert tools(client, lambda: at - timedelta(seconds=1)).create_booking(request())["created"] is True


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 1, 15), -7), (date(2027, 7, 15), -7)])
def test_where_clocks_change_the_stricter_offset_decides_in_summer_and_winter(
    client: Any, day: date, hours: int
) -> None:
    chosen = offer("LAX", "ICN", day)
    departure = datetime.fromisoformat(chosen["itineraries"][0]["segments"][0]["departure"]["at"])
    at = (departure - timedelta(hours=hours)).replace(tzinfo=UTC)
    assert_refused(client, request(flight_offer=chosen), "past_departure", now=at)
    event = request(flight_offer=chosen)
    assert tools(client, lambda: at - timedelta(minutes=1)).create_booking(event)["created"] is True


def test_no_refusal_repeats_what_the_caller_sent(client: Any) -> None:
    for path in MEMBERS:
        refusal = assert_refused(
            client, request(flight_offer=changed(path, "M12345678")), "malformed_offer", "unknown_fare_class"
        )
        assert "M12345678" not in refusal.message
