"""The timetable: which carrier flies which route non-stop, when, for how long, and the standard fare.

Everything follows from the airports by hashing, so the timetable of a route never depends on another route.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

from systems.airline.data.generation.airports import Airport, block_minutes, kilometres

HUB = "ICN"
OWN = "KE"
REGIONAL = frozenset({"GMP", "PUS", "CJU", "TAE", "CJJ"})
"""Korean airports besides the hub with flights to Japan and its neighbours; the others fly domestic only."""
NEAR = frozenset({"japan", "northeast_asia"})
HOME: Mapping[str, str] = {
    "OZ": "KR", "7C": "KR", "TW": "KR", "JL": "JP", "NH": "JP", "CA": "CN", "CX": "HK", "CI": "TW",
    "OM": "MN", "VN": "VN", "TG": "TH", "SQ": "SG", "PR": "PH", "GA": "ID", "UA": "US", "DL": "US",
    "BA": "GB", "AF": "FR", "LH": "DE", "QF": "AU", "NZ": "NZ",
}  # fmt: skip
"""Other carriers and the country at one end of all their flights."""
LOW_COST = frozenset({"7C", "TW"})
LOW_COST_REACH = 4500
HUNDREDS = {"americas": 0, "oceania": 4, "southeast_asia": 6, "japan": 7, "northeast_asia": 8, "europe": 9}
"""First digit of Korean Air's three-digit numbers from the hub, by region."""


@dataclass(frozen=True)
class Flight:
    """A daily flight: `departs` is local HH:MM, `minutes` the block time, `aircraft` the IATA type code."""

    carrier: str
    number: str
    departs: str
    minutes: int
    aircraft: str


@dataclass(frozen=True)
class Route:
    """A route's non-stop flights; `fare` is the standard one-way fare of one adult in KRW before tax."""

    origin: str
    destination: str
    fare: int
    flights: tuple[Flight, ...]


def pick(count: int, *parts: object) -> int:
    """A number in [0, count) that depends on the parts only."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") % count


def _served(origin: Airport, destination: Airport) -> bool:
    """Whether the airports have flights to each other: small Korean ones reach only so far."""
    small = {a.iata for a in (origin, destination) if a.korean} - {HUB}
    if not small or (origin.korean and destination.korean):
        return True
    away = destination if origin.korean else origin
    return small <= REGIONAL and away.region in NEAR


def _own_turns(origin: Airport, destination: Airport) -> int:
    """How many daily flights Korean Air has on a route."""
    if not (origin.korean or destination.korean):
        return 0
    if HUB in (origin.iata, destination.iata):
        return 3
    return 2 if origin.korean and destination.korean else 1


def _others(origin: Airport, destination: Airport, distance: float) -> list[str]:
    """At most three other carriers: each has its home at one end."""
    countries = {origin.country, destination.country}
    able = [
        carrier
        for carrier, home in HOME.items()
        if home in countries and not (carrier in LOW_COST and distance > LOW_COST_REACH)
    ]
    return sorted(
        able, key=lambda carrier: pick(10**6, "serves", carrier, *sorted((origin.iata, destination.iata)))
    )[:3]


def _own_number(origin: Airport, destination: Airport, turn: int) -> str:
    """Korean Air's number: unique per route and turn, odd out of Korea, even on the way back."""
    if origin.korean and destination.korean:
        low, high = sorted((origin.rank, destination.rank))
        return str(1001 + (low * 9 + high) * 10 + turn * 2 + (origin.rank > destination.rank))
    home, away = (origin, destination) if origin.korean else (destination, origin)
    serial = HUNDREDS[away.region] * 100 + away.rank * 10 + turn * 2 + (1 if origin.korean else 2)
    return f"{serial:03d}" if home.iata == HUB else str(2000 + home.rank * 800 + serial - 700)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _aircraft(distance: float, *parts: object) -> str:
    fleet = ("223", "739") if distance < 2500 else ("789", "333") if distance < 7000 else ("77W", "388")
    return fleet[pick(2, "aircraft", *parts)]


def route(origin: Airport, destination: Airport) -> Route | None:
    """The route's timetable, Korean Air's flights first and by time; None where nobody flies."""
    distance = kilometres(origin, destination)
    if distance < 100 or not _served(origin, destination):
        return None
    ends = (origin.iata, destination.iata)
    minutes = block_minutes(origin, destination)
    flights: list[Flight] = []
    for turn in range(_own_turns(origin, destination)):
        departs = 425 + 280 * turn + 5 * pick(50, OWN, *ends, turn)
        number = _own_number(origin, destination, turn)
        flights.append(Flight(OWN, number, _time(departs), minutes, _aircraft(distance, OWN, *ends, turn)))
    for carrier in _others(origin, destination, distance):
        number = str(100 + pick(800, "number", carrier, *ends))
        departs = 425 + 5 * pick(160, "departs", carrier, *ends)
        flights.append(Flight(carrier, number, _time(departs), minutes, _aircraft(distance, carrier, *ends)))
    fare = 100 * round((58_000 + 108 * distance) / 100)
    return Route(*ends, fare, tuple(flights)) if flights else None


def timetable(airports: Mapping[str, Airport]) -> dict[tuple[str, str], Route]:
    """Every route somebody flies, by (origin, destination)."""
    routes = (route(a, b) for a, b in permutations(airports.values(), 2))
    return {(found.origin, found.destination): found for found in routes if found}
