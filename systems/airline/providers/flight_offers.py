"""The flights provider's stand-in: which flights a day has, and the offers for them.

Flights come from the timetable (data/schedule.json), prices from a hash of flight, day and number of
travellers: nothing is random. Only starlette and the standard library may be imported here.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

MAX_OFFERS = 60
OWN, HUB = "KE", "ICN"
CONNECTION = timedelta(minutes=70)
FARES = {
    "SAVER": (80, "ECONOMY", "Q"),
    "STANDARD": (100, "ECONOMY", "M"),
    "FLEX": (135, "ECONOMY", "Y"),
    "PRESTIGE": (290, "BUSINESS", "C"),
}
"""Brand → per cent of the standard fare, cabin, booking class. Other carriers sell the first two only."""
TAX = {True: 8_000, False: 38_000}
"""Taxes and charges of one traveller in KRW, by whether the flight stays in one country."""
DAYLIGHT = {
    "us": ((3, 2, 2), (11, 1, 1)), "eu": ((3, -1, 1), (10, -1, 1)),
    "au": ((10, 1, 2), (4, 1, 2)), "nz": ((9, -1, 2), (4, 1, 2)),
}  # fmt: skip
"""Rule → begin and end as (month, n-th Sunday, hour); hours of local standard time, for `eu` of UTC."""


@dataclass(frozen=True)
class Airport:
    """`offset` is without daylight saving time; `daylight` names the rule that adds an hour, or is None."""

    country: str
    offset: timedelta
    daylight: str | None

    def at(self, moment: datetime) -> datetime:
        """The local wall time at a naive UTC moment."""
        if self.daylight is None:
            return moment + self.offset
        reference = moment if self.daylight == "eu" else moment + self.offset
        begin, end = (
            datetime.combine(_sunday(reference.year, month, nth), datetime.min.time()) + timedelta(hours=hour)
            for month, nth, hour in DAYLIGHT[self.daylight]
        )
        summer = begin <= reference < end if begin < end else not end <= reference < begin
        return moment + self.offset + timedelta(hours=summer)

    def utc(self, local: datetime) -> datetime:
        """The naive UTC moment of a local wall time; of two possible ones the earlier."""
        summer = local - self.offset - timedelta(hours=1)
        return summer if self.at(summer) == local else local - self.offset


@dataclass(frozen=True)
class Leg:
    """A flight on a day, non-stop. Times are naive: local wall times, and UTC of the arrival."""

    carrier: str
    number: str
    origin: str
    destination: str
    departure: datetime
    arrival: datetime
    departure_utc: datetime
    arrival_utc: datetime
    aircraft: str
    fare: int


def _sunday(year: int, month: int, nth: int) -> date:
    sundays = [week[calendar.SUNDAY] for week in calendar.monthcalendar(year, month) if week[calendar.SUNDAY]]
    return date(year, month, sundays[nth - 1 if nth > 0 else nth])


def _share(parts: int, *of: object) -> int:
    """A number in [0, parts) that depends on `of` only."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, of)).encode()).digest()[:8], "big") % parts


class Timetable:
    """Airports and daily flights, from the system's data folder."""

    def __init__(self, folder: Path) -> None:
        airports = json.loads((folder / "airports.json").read_text(encoding="utf-8"))
        self.airports = {
            row["iata"]: Airport(
                row["country"], timedelta(minutes=row["utc_offset_minutes"]), row["daylight_saving"]
            )
            for row in airports
        }
        routes = json.loads((folder / "schedule.json").read_text(encoding="utf-8"))
        self._routes = {(row["origin"], row["destination"]): row for row in routes}

    def legs(self, origin: str, destination: str, day: date) -> list[Leg]:
        """The non-stop flights that leave on a local day."""
        row = self._routes.get((origin, destination), {"fare": 0, "flights": []})
        found = []
        for carrier, number, departs, minutes, aircraft in row["flights"]:
            departure = datetime.fromisoformat(f"{day.isoformat()}T{departs}")
            left = self.airports[origin].utc(departure)
            landed = left + timedelta(minutes=minutes)
            arrival = self.airports[destination].at(landed)
            times = (departure, arrival, left, landed)
            found.append(Leg(carrier, number, origin, destination, *times, aircraft, row["fare"]))
        return found

    def journeys(self, origin: str, destination: str, day: date) -> list[list[Leg]]:
        """Non-stop flights, and where Korean Air has none its connections at the hub."""
        direct = [[leg] for leg in self.legs(origin, destination, day)]
        if any(leg.carrier == OWN for (leg,) in direct) or HUB in (origin, destination):
            return direct
        return direct + [
            [first, second]
            for first in self.legs(origin, HUB, day)
            if first.carrier == OWN and (second := self._onward(first, destination))
        ]

    def _onward(self, first: Leg, destination: str) -> Leg | None:
        """The first own flight out of the hub that a traveller can reach, on the same day or the next."""
        ready = first.arrival + CONNECTION
        days = (first.arrival.date() + timedelta(days=n) for n in (0, 1))
        onward = (leg for day in days for leg in self.legs(HUB, destination, day) if leg.carrier == OWN)
        return min(
            (leg for leg in onward if leg.departure >= ready), key=lambda leg: leg.departure, default=None
        )


def _duration(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes or not hours else "")


def _segment(number: int, leg: Leg) -> dict[str, Any]:
    return {
        "departure": {"iataCode": leg.origin, "at": leg.departure.isoformat()},
        "arrival": {"iataCode": leg.destination, "at": leg.arrival.isoformat()},
        "carrierCode": leg.carrier,
        "number": leg.number,
        "aircraft": {"code": leg.aircraft},
        "operating": {"carrierCode": leg.carrier},
        "duration": _duration(leg.arrival_utc - leg.departure_utc),
        "id": str(number),
        "numberOfStops": 0,
        "blacklistedInEU": False,
    }


def _price(base: int, total: int) -> dict[str, str]:
    return {"currency": "KRW", "total": str(total), "base": str(base)}


def offer(legs: list[Leg], brand: str, adults: int, domestic: bool) -> dict[str, Any]:
    """One flight offer, still without its id. Prices are whole KRW in steps of 100."""
    percent, cabin, booking_class = FARES[brand]
    first = legs[0]
    demand = 88 + _share(45, first.carrier, first.number, first.destination, first.departure, adults)
    base = 100 * (sum(leg.fare for leg in legs) * percent * demand // 1_000_000)
    total = base + TAX[domestic] * len(legs)
    basis = f"{booking_class}{brand[:2]}{'K' if first.carrier == OWN else 'X'}R"
    details = [
        {
            "segmentId": str(n),
            "cabin": cabin,
            "fareBasis": basis,
            "brandedFare": brand,
            "class": booking_class,
        }
        for n, _ in enumerate(legs, 1)
    ]
    return {
        "type": "flight-offer",
        "source": "GDS",
        "instantTicketingRequired": False,
        "oneWay": True,
        "lastTicketingDate": first.departure.date().isoformat(),
        "numberOfBookableSeats": max(adults, 1 + _share(9, brand, first.number, first.departure)),
        "itineraries": [
            {
                "duration": _duration(legs[-1].arrival_utc - first.departure_utc),
                "segments": [_segment(n, leg) for n, leg in enumerate(legs, 1)],
            }
        ],
        "price": _price(base * adults, total * adults) | {"grandTotal": str(total * adults)},
        "validatingAirlineCodes": [first.carrier],
        "travelerPricings": [
            {
                "travelerId": str(traveller),
                "fareOption": "STANDARD",
                "travelerType": "ADULT",
                "price": _price(base, total),
                "fareDetailsBySegment": details,
            }
            for traveller in range(1, adults + 1)
        ],
    }


def find(
    timetable: Timetable, origin: str, destination: str, day: date, adults: int, now: datetime
) -> list[dict[str, Any]]:
    """The offers of a question, cheapest first, at most 60, of flights leaving after `now` (naive UTC)."""
    places = timetable.airports
    domestic = places[origin].country == places[destination].country
    offers = [
        offer(legs, brand, adults, domestic)
        for legs in timetable.journeys(origin, destination, day)
        if legs[0].departure_utc > now
        for brand in (FARES if legs[0].carrier == OWN else list(FARES)[:2])
    ]

    def rank(one: dict[str, Any]) -> tuple[int, str, str]:
        first = one["itineraries"][0]["segments"][0]
        return (
            int(one["price"]["grandTotal"]),
            first["departure"]["at"],
            first["carrierCode"] + first["number"],
        )

    numbered = enumerate(sorted(offers, key=rank)[:MAX_OFFERS], 1)
    return [{"type": "flight-offer", "id": str(number)} | one for number, one in numbered]
