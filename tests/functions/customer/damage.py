"""Offers with something wrong in them, and what must be true of every refusal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from lambda_common.errors import Refusal
from tests.functions.customer.test_create_booking import NOW, PEOPLE, tools
from tests.functions.support import tables
from tests.functions.support.offers import offer

DROP = object()
SEGMENT = ("itineraries", 0, "segments", 0)
TRAVELLER = ("travelerPricings", 0)
FARE = (*TRAVELLER, "fareDetailsBySegment", 0)


def changed(path: tuple[str | int, ...], value: object, of: dict[str, Any] | None = None) -> dict[str, Any]:
    """An offer with one member set to a value, or dropped."""
    document = offer() if of is None else of
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if value is DROP:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


MEMBERS: list[tuple[str | int, ...]] = [
    ("type",),
    ("itineraries",),
    ("itineraries", 0),
    ("itineraries", 0, "segments"),
    SEGMENT,
    (*SEGMENT, "departure"),
    (*SEGMENT, "departure", "iataCode"),
    (*SEGMENT, "departure", "at"),
    (*SEGMENT, "arrival"),
    (*SEGMENT, "arrival", "iataCode"),
    (*SEGMENT, "arrival", "at"),
    (*SEGMENT, "carrierCode"),
    (*SEGMENT, "number"),
    ("price",),
    ("price", "currency"),
    ("price", "total"),
    ("price", "grandTotal"),
    ("validatingAirlineCodes",),
    ("validatingAirlineCodes", 0),
    ("travelerPricings",),
    TRAVELLER,
    (*TRAVELLER, "travelerType"),
    (*TRAVELLER, "price"),
    (*TRAVELLER, "price", "currency"),
    (*TRAVELLER, "price", "total"),
    (*TRAVELLER, "fareDetailsBySegment"),
    FARE,
    (*FARE, "brandedFare"),
]
"""Everything a booking is made of."""
WRONG: list[object] = [
    DROP,
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "",
    " ",
    "x" * 999,
    [],
    {},
    [[]],
    "KE\n",
    "\ud800",
    "＿",
]


def assert_refused(client: Any, event: dict[str, Any], *codes: str, now: datetime = NOW) -> Refusal:
    before = tables.snapshot(client)
    with pytest.raises(Refusal) as caught:
        tools(client, lambda: now).create_booking(event)
    assert caught.value.code in codes
    assert tables.snapshot(client) == before
    return caught.value


def fill(emulator: Any) -> Any:
    """Tables to refuse bookings by. Filled once: each test holds them against what they were before it."""
    tables.clear(emulator)
    tables.put(emulator, "customers", PEOPLE)
    tables.put(emulator, "bookings", tables.seed_rows("bookings")[:3])
    return emulator
