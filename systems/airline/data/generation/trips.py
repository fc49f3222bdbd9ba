"""Bookings: journeys of the timetable on days relative to the day of seeding."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from systems.airline.data.generation.airports import Airport, route_kind
from systems.airline.data.generation.programme import FARE_CLASSES, FARE_PERCENT
from systems.airline.data.generation.schedule import HUB, OWN, Route

Row = dict[str, Any]
IDENTIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Trip:
    """One booking to be: `day` counts from the day of seeding, `turn` picks the flight of that day."""

    origin: str
    destination: str
    day: int
    fare_class: str
    status: str
    passengers: int
    turn: int


FIXED_TRIPS: Mapping[str, tuple[Trip, ...]] = {
    "C1001": (
        Trip("ICN", "NRT", 12, "STANDARD", "CONFIRMED", 1, 1),
        Trip("GMP", "CJU", -45, "SAVER", "FLOWN", 2, 0),
    ),
}
"""Trips the guides and tests speak of."""


def relative(days: int, minutes: int | None = None) -> str:
    """A date relative to the day of seeding: `@+12d 09:10`; without minutes after midnight `@+12d`."""
    carry, rest = divmod(minutes or 0, 24 * 60)
    day = f"@{days + carry:+d}d"
    return day if minutes is None else f"{day} {rest // 60:02d}:{rest % 60:02d}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class Trips:
    """Draws bookings from Korean Air's part of the timetable.

    A row holds no real date, so arrival times know no daylight saving time: they are the winter schedule's.
    """

    def __init__(
        self,
        random_: random.Random,
        airports: Mapping[str, Airport],
        routes: Mapping[tuple[str, str], Route],
    ) -> None:
        self._random = random_
        self._airports = airports
        self._own = {ends: found for ends, found in routes.items() if found.flights[0].carrier == OWN}
        self._taken: set[str] = set()

    def rows(self, customers: list[Row]) -> list[Row]:
        """Rows of the table `bookings`: none to six for a customer."""
        found: list[Row] = []
        for customer in (row["customer_id"] for row in customers):
            trips = FIXED_TRIPS[customer] if customer in FIXED_TRIPS else self._trips()
            found += [self._row(customer, trip) for trip in trips]
        return found

    def _trips(self) -> list[Trip]:
        trips: list[Trip] = []
        for _ in range(self._random.choices((0, 1, 2, 3), (4, 36, 40, 20))[0]):
            origin, destination = self._random.choices(list(self._own), self._weights())[0]
            day = self._random.choice((self._random.randrange(2, 300), -self._random.randrange(3, 700)))
            fare = self._random.choices(FARE_CLASSES, (30, 42, 18, 10))[0]
            cancelled = self._random.random() < 0.08
            status = "CANCELLED" if cancelled else "CONFIRMED" if day > 0 else "FLOWN"
            party = self._random.choices((1, 2, 3, 4), (55, 28, 9, 8))[0]
            trips.append(Trip(origin, destination, day, fare, status, party, self._random.randrange(6)))
            back = day + self._random.randrange(2, 15)
            if self._random.random() < 0.7 and (day > 0 or back < -1):
                trips.append(Trip(destination, origin, back, fare, status, party, self._random.randrange(6)))
        return trips

    def _weights(self) -> list[int]:
        return [6 if HUB in ends else 1 for ends in self._own]

    def _row(self, customer: str, trip: Trip) -> Row:
        route = self._own[trip.origin, trip.destination]
        own = [flight for flight in route.flights if flight.carrier == OWN]
        flight = own[trip.turn % len(own)]
        start, end = self._airports[trip.origin], self._airports[trip.destination]
        departs = _minutes(flight.departs)
        arrives = departs + flight.minutes + end.utc_offset - start.utc_offset
        percent = FARE_PERCENT[trip.fare_class] * self._random.randrange(85, 136)
        booked = min(trip.day, 0) - self._random.randrange(1, 90)
        return {
            "booking_id": self._identifier(),
            "customer_id": customer,
            "status": trip.status,
            "flight_number": f"{flight.carrier}{flight.number}",
            "origin": trip.origin,
            "destination": trip.destination,
            "departure_at": relative(trip.day, departs),
            "arrival_at": relative(trip.day, arrives),
            "fare_class": trip.fare_class,
            "route_kind": route_kind(start, end),
            "passengers": trip.passengers,
            "price": 100 * (route.fare * percent // 1_000_000) * trip.passengers,
            "booked_at": relative(booked, self._random.randrange(24 * 60)),
        }

    def _identifier(self) -> str:
        while (identifier := "B" + "".join(self._random.choices(IDENTIFIERS, k=8))) in self._taken:
            pass
        self._taken.add(identifier)
        return identifier
