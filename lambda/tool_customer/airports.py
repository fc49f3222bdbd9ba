"""Airports as far as bookings need them; airports.json is generated from the system's data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Airport:
    """`offsets` are the smallest and the largest offset from UTC in the course of a year."""

    country: str
    region: str
    offsets: tuple[timedelta, timedelta]

    def instants(self, local: datetime) -> tuple[datetime, datetime]:
        """The earliest and the latest moment a local wall time can mean; equal without daylight saving.

        Both are kept instead of a time zone database, which a function's image need not have: a check
        that holds for both holds whatever the season.
        """
        aware = local.replace(tzinfo=UTC)
        return aware - self.offsets[1], aware - self.offsets[0]


class Airports:
    """The airports Korean Air's bookings may name."""

    def __init__(self, airports: dict[str, Airport], short_haul_regions: frozenset[str]) -> None:
        self._airports = airports
        self._short_haul = short_haul_regions

    def __contains__(self, code: object) -> bool:
        return code in self._airports

    def __getitem__(self, code: str) -> Airport:
        return self._airports[code]

    def route_kind(self, origin: str, destination: str) -> str:
        """`domestic`, `short_haul` or `long_haul`."""
        start, end = self[origin], self[destination]
        if start.country == end.country:
            return "domestic"
        return "short_haul" if {start.region, end.region} <= self._short_haul else "long_haul"


@cache
def load_airports() -> Airports:
    """The table shipped with the function."""
    table = json.loads(Path(__file__).with_name("airports.json").read_text(encoding="utf-8"))
    airports = {}
    for code, row in table["airports"].items():
        smallest, largest = (timedelta(minutes=minutes) for minutes in row["utc_offset_minutes"])
        airports[code] = Airport(row["country"], row["region"], (smallest, largest))
    return Airports(airports, frozenset(table["short_haul_regions"]))
