"""Flight offers as the provider's stand-in makes them; every call gives a copy that a test may change."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from typing import Any

from systems.airline.providers.flight_offers import Timetable, find
from tests.functions.support.tables import AIRLINE


@cache
def _timetable() -> Timetable:
    return Timetable(AIRLINE / "data")


@cache
def _answer(origin: str, destination: str, day: date, adults: int) -> str:
    offers = find(_timetable(), origin, destination, day, adults, datetime(2020, 1, 1))
    return json.dumps(offers)


def offers(origin: str, destination: str, day: date, adults: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_answer(origin, destination, day, adults))
    return found


def offer(
    origin: str = "ICN",
    destination: str = "NRT",
    day: date = date(2026, 12, 3),
    adults: int = 1,
    fare: str = "STANDARD",
    carrier: str = "KE",
) -> dict[str, Any]:
    """The cheapest offer of a carrier and a fare."""
    return next(
        one
        for one in offers(origin, destination, day, adults)
        if one["validatingAirlineCodes"] == [carrier]
        and one["travelerPricings"][0]["fareDetailsBySegment"][0]["brandedFare"] == fare
    )
