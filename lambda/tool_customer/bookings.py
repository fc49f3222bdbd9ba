"""Decisions about bookings: their identity, their form in answers, their order, and making one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Protocol

from lambda_common.errors import Refusal, ToolFailure
from lambda_common.items import Row
from tool_customer.airports import Airports
from tool_customer.offer import CURRENCY, Journey, read_offer

HOME = timezone(timedelta(hours=9))
"""The airline's own clock (Korea), in which `booked_at` is written."""
CANDIDATES = 4
SAME = (
    "booking_id", "status", "flight_number", "origin", "destination", "departure_at", "arrival_at",
    "fare_class", "route_kind", "passengers",
)  # fmt: skip
"""Attributes an answer shows as they are in the row."""


class BookingStore(Protocol):
    """What making a booking needs of the tables."""

    def booking(self, booking_id: str) -> Row | None:
        """A booking, or None."""

    def add(self, row: Row) -> tuple[bool, bool]:
        """(the customer exists, the booking's id was free); written only if both."""


def fingerprint(customer_id: str, journey: Journey) -> str:
    """SHA-256 over customer and facts, as hex. Two offers with the same facts are the same request,
    whatever the order of members and however the provider numbered them."""
    facts = {
        "customer_id": customer_id,
        "segments": [
            [s.carrier, s.number, s.origin, s.destination, _minute(s.departure), _minute(s.arrival)]
            for s in journey.segments
        ],
        "fare_class": journey.fare_class,
        "passengers": journey.passengers,
        "price": [journey.price, CURRENCY],
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def identifier(offer_hash: str, attempt: int) -> str:
    """`B` and 8 characters out of A-Z and 0-9; `attempt` gives the next one if another booking has it."""
    number = int.from_bytes(hashlib.sha256(f"{offer_hash}#{attempt}".encode()).digest(), "big")
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    characters = []
    for _ in range(8):
        number, digit = divmod(number, 36)
        characters.append(digits[digit])
    return "B" + "".join(characters)


def answer_form(row: Mapping[str, Any]) -> dict[str, Any]:
    """A booking as answers show it."""
    return {name: row[name] for name in SAME} | {"price": {"amount": row["price"], "currency": CURRENCY}}


def in_order(rows: list[Row], airports: Airports, now: datetime) -> list[Row]:
    """Confirmed bookings that still lie ahead, the next one first; then the others, the latest first."""

    def departs(row: Row) -> datetime:
        return airports[row["origin"]].instants(datetime.fromisoformat(row["departure_at"]))[1]

    def ahead(row: Row) -> bool:
        return row["status"] == "CONFIRMED" and departs(row) > now

    upcoming = sorted((row for row in rows if ahead(row)), key=departs)
    return upcoming + sorted((row for row in rows if not ahead(row)), key=departs, reverse=True)


def create(
    customer_id: str, offer: Mapping[str, Any], store: BookingStore, airports: Airports, now: datetime
) -> dict[str, Any]:
    """Makes a booking from an offer, or finds the one an earlier, equal request made.

    The id follows from the request, so of any number of equal requests, one after the other or at the same
    time, one writes and all answer with the same booking. Should an id belong to another booking, the next
    one of the same sequence is taken; never is another customer's booking shown.
    """
    journey = read_offer(offer, airports, now)
    offer_hash = fingerprint(customer_id, journey)
    for attempt in range(CANDIDATES):
        row = _row(identifier(offer_hash, attempt), customer_id, journey, offer_hash, airports, now)
        exists, free = store.add(row)
        if not exists:
            raise Refusal("unknown_customer", "There is no customer of this number.")
        if free:
            return {"booking": answer_form(row), "created": True}
        found = store.booking(row["booking_id"])
        if found is None:
            raise ToolFailure("a booking vanished between two reads")
        if found.get("offer_hash") == offer_hash and found["customer_id"] == customer_id:
            if found["status"] != "CONFIRMED":
                raise Refusal(
                    "booking_closed", "This offer was booked before and that booking is not active."
                )
            return {"booking": answer_form(found), "created": False}
    raise ToolFailure(f"{CANDIDATES} booking ids in a row belong to other bookings")


def _row(
    booking_id: str, customer_id: str, journey: Journey, offer_hash: str, airports: Airports, now: datetime
) -> Row:
    first, last = journey.segments[0], journey.segments[-1]
    return {
        "booking_id": booking_id,
        "customer_id": customer_id,
        "status": "CONFIRMED",
        "flight_number": journey.flight_number,
        "origin": first.origin,
        "destination": last.destination,
        "departure_at": _minute(first.departure),
        "arrival_at": _minute(last.arrival),
        "fare_class": journey.fare_class,
        "route_kind": airports.route_kind(first.origin, last.destination),
        "passengers": journey.passengers,
        "price": journey.price,
        "booked_at": _minute(now.astimezone(HOME).replace(tzinfo=None)),
        "offer_hash": offer_hash,
    }


def _minute(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def system_clock() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
