"""Making a booking: once per request, whatever is repeated, reordered or done at the same time."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lambda_common.dynamodb import Database
from lambda_common.errors import Refusal, ToolFailure
from tests.functions.support import tables
from tests.functions.support.offers import offer
from tool_customer import bookings
from tool_customer.airports import load_airports
from tool_customer.bookings import fingerprint, identifier
from tool_customer.offer import read_offer
from tool_customer.settings import Settings
from tool_customer.store import Store
from tool_customer.tools import CustomerTools

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
PEOPLE = [
    {
        "customer_id": "C1001",
        "name_ko": "김민준",
        "name_en": "Kim Minjun",
        "email": "a@example.com",
        "language": "ko",
    },
    {
        "customer_id": "C1002",
        "name_ko": "이서연",
        "name_en": "Lee Seoyeon",
        "email": "b@example.com",
        "language": "ko",
    },
]


def tools(client: Any, now: Callable[[], datetime] = lambda: NOW) -> CustomerTools:
    settings = Settings(tables.name("customers"), tables.name("bookings"))
    return CustomerTools(Store(Database(client, lambda _: None), settings), load_airports(), now)


@pytest.fixture
def client(aws: Any) -> Any:
    tables.put(aws, "customers", PEOPLE)
    return aws


def request(**changes: Any) -> dict[str, Any]:
    return {"customer_id": "C1001", "flight_offer": offer()} | changes


def test_a_booking_carries_the_offers_facts_and_nothing_else(client: Any) -> None:
    chosen = offer()
    segment = chosen["itineraries"][0]["segments"][0]
    answer = tools(client).create_booking(request(flight_offer=chosen))
    booking = answer["booking"]
    assert answer["created"] is True
    assert re.fullmatch(r"B[A-Z0-9]{8}", booking.pop("booking_id"))
    assert booking == {
        "status": "CONFIRMED",
        "flight_number": "KE" + segment["number"],
        "origin": "ICN",
        "destination": "NRT",
        "departure_at": segment["departure"]["at"][:16],
        "arrival_at": segment["arrival"]["at"][:16],
        "fare_class": "STANDARD",
        "route_kind": "short_haul",
        "passengers": 1,
        "price": {"amount": int(chosen["price"]["grandTotal"]), "currency": "KRW"},
    }
    json.dumps(answer, allow_nan=False)


def test_the_row_written_has_every_attribute_the_seed_rows_have(client: Any) -> None:
    tools(client).create_booking(request())
    (row,) = (json.loads(line) for line in tables.snapshot(client)["bookings"])
    assert set(row) == set(tables.seed_rows("bookings")[0]) | {"offer_hash"}
    assert row["booked_at"] == "2026-11-21T12:00"


def test_a_retry_answers_with_the_same_booking_and_writes_nothing(client: Any) -> None:
    first = tools(client).create_booking(request())
    after = tables.snapshot(client)
    later = tools(client, lambda: NOW + timedelta(hours=5)).create_booking(request())
    assert later == {"booking": first["booking"], "created": False}
    assert tables.snapshot(client) == after


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(one) for one in value] if isinstance(value, list) else value


def test_a_retry_that_a_model_reworded_is_still_the_same_request(client: Any) -> None:
    first = tools(client).create_booking(request())
    again = reordered(offer()) | {"id": "17", "numberOfBookableSeats": 3, "note": "please"}
    again["price"]["grandTotal"] = int(again["price"]["grandTotal"])
    del again["lastTicketingDate"]
    answer = tools(client).create_booking(request(flight_offer=again))
    assert answer == {"booking": first["booking"], "created": False}


@pytest.mark.parametrize(
    "other",
    [
        request(customer_id="C1002"),
        request(flight_offer=offer(day=date(2026, 12, 4))),
        request(flight_offer=offer(fare="FLEX")),
        request(flight_offer=offer(adults=2)),
    ],
    ids=["customer", "day", "fare", "travellers"],
)
def test_another_request_is_another_booking(client: Any, other: dict[str, Any]) -> None:
    first = tools(client).create_booking(request())
    second = tools(client).create_booking(other)
    assert second["created"] is True
    assert second["booking"]["booking_id"] != first["booking"]["booking_id"]
    assert len(tables.snapshot(client)["bookings"]) == 2


class Overtaken:
    """A client that lets another equal request finish just before the first transaction is sent."""

    def __init__(self, client: Any, overtaking: Callable[[], None]) -> None:
        self._client = client
        self._overtaking: list[Callable[[], None]] = [overtaking]

    def transact_write_items(self, **request: Any) -> Any:
        if self._overtaking:
            self._overtaking.pop()()
        return self._client.transact_write_items(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_of_two_equal_requests_at_the_same_time_one_writes(client: Any) -> None:
    winner: list[dict[str, Any]] = []
    slow = Overtaken(client, lambda: winner.append(tools(client).create_booking(request())))
    loser = tools(slow).create_booking(request())
    assert winner[0]["created"] is True
    assert loser == {"booking": winner[0]["booking"], "created": False}
    assert len(tables.snapshot(client)["bookings"]) == 1


class Serial:
    """DynamoDB decides one transaction at a time; the emulator needs a lock for that."""

    def __init__(self, client: Any, together: threading.Barrier) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._together = together

    def transact_write_items(self, **request: Any) -> Any:
        self._together.wait(timeout=30)
        with self._lock:
            return self._client.transact_write_items(**request)

    def get_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.get_item(**request)


def test_eight_equal_requests_in_eight_threads_make_one_booking(client: Any) -> None:
    made = tools(Serial(client, threading.Barrier(8)))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(made.create_booking, [request() for _ in range(8)]))
    assert sorted(answer["created"] for answer in answers) == [False] * 7 + [True]
    assert len({json.dumps(answer["booking"], sort_keys=True) for answer in answers}) == 1
    assert len(tables.snapshot(client)["bookings"]) == 1


def occupy(client: Any, count: int, **changes: Any) -> list[str]:
    """Puts foreign bookings under the first ids the request would take."""
    journey = read_offer(offer(), load_airports(), NOW)
    ids = [identifier(fingerprint("C1001", journey), attempt) for attempt in range(count)]
    foreign = tables.seed_rows("bookings")[5] | {"customer_id": "C1002"} | changes
    tables.put(client, "bookings", [foreign | {"booking_id": one} for one in ids])
    return ids


def test_an_id_that_belongs_to_another_customers_booking_is_passed_over(client: Any) -> None:
    ids = occupy(client, 2)
    answer = tools(client).create_booking(request())
    assert answer["created"] is True
    assert answer["booking"]["booking_id"] not in ids
    again = tools(client).create_booking(request())
    assert again == {"booking": answer["booking"], "created": False}


def test_another_booking_of_the_same_customer_under_the_same_id_is_passed_over(client: Any) -> None:
    ids = occupy(client, 1, customer_id="C1001")
    answer = tools(client).create_booking(request())
    assert answer["created"] is True
    assert answer["booking"]["booking_id"] not in ids


def test_an_equal_hash_of_another_customer_never_shows_that_customers_booking(client: Any) -> None:
    journey = read_offer(offer(), load_airports(), NOW)
    ids = occupy(client, 1, offer_hash=fingerprint("C1001", journey))
    answer = tools(client).create_booking(request())
    assert answer["booking"]["booking_id"] not in ids


def test_without_a_free_id_the_call_fails_and_overwrites_nothing(client: Any) -> None:
    occupy(client, bookings.CANDIDATES)
    before = tables.snapshot(client)
    with pytest.raises(ToolFailure):
        tools(client).create_booking(request())
    assert tables.snapshot(client) == before


def test_a_cancelled_booking_is_not_passed_off_as_a_confirmed_one(client: Any) -> None:
    made = tools(client).create_booking(request())["booking"]
    client.update_item(
        TableName=tables.name("bookings"),
        Key={"booking_id": {"S": made["booking_id"]}},
        UpdateExpression="SET #s = :c",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":c": {"S": "CANCELLED"}},
    )
    with pytest.raises(Refusal) as caught:
        tools(client).create_booking(request())
    assert caught.value.code == "booking_closed"


def test_identifiers_are_spread_and_well_formed() -> None:
    found = {identifier(str(n), attempt) for n in range(3000) for attempt in (0, 1)}
    assert len(found) == 6000
    assert all(re.fullmatch(r"B[A-Z0-9]{8}", one) for one in found)


def test_a_connection_is_one_booking_from_first_to_last_airport(client: Any) -> None:
    chosen = offer("NRT", "LAX", date(2026, 12, 3))
    first, last = chosen["itineraries"][0]["segments"]
    booking = tools(client).create_booking(request(flight_offer=chosen))["booking"]
    assert booking["flight_number"] == f"KE{first['number']}/KE{last['number']}"
    assert (booking["origin"], booking["destination"], booking["route_kind"]) == ("NRT", "LAX", "long_haul")
    assert booking["arrival_at"] == last["arrival"]["at"][:16]
