"""The airports the generator, the provider and the functions agree on, read from airports.json."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
SHORT_HAUL_REGIONS = frozenset({"korea", "japan", "northeast_asia", "southeast_asia"})
"""A flight between two countries is short haul if both ends lie in these regions, else long haul."""


@dataclass(frozen=True)
class Airport:
    """One row of airports.json; `rank` is its place among the airports of its region.

    `utc_offset` is minutes without daylight saving; `daylight` names the rule that adds an hour, or is None.
    """

    iata: str
    country: str
    region: str
    utc_offset: int
    daylight: str | None
    latitude: float
    longitude: float
    rank: int

    @property
    def korean(self) -> bool:
        return self.country == "KR"


def load() -> dict[str, Airport]:
    """Airports by IATA code, in the file's order."""
    found: dict[str, Airport] = {}
    ranks: dict[str, int] = {}
    for row in json.loads((FOLDER / "airports.json").read_text(encoding="utf-8")):
        rank = ranks[row["region"]] = ranks.get(row["region"], -1) + 1
        found[row["iata"]] = Airport(
            iata=row["iata"],
            country=row["country"],
            region=row["region"],
            utc_offset=row["utc_offset_minutes"],
            daylight=row["daylight_saving"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            rank=rank,
        )
    return found


def route_kind(origin: Airport, destination: Airport) -> str:
    """`domestic`, `short_haul` or `long_haul`."""
    if origin.country == destination.country:
        return "domestic"
    return "short_haul" if {origin.region, destination.region} <= SHORT_HAUL_REGIONS else "long_haul"


def kilometres(origin: Airport, destination: Airport) -> float:
    """Great-circle distance."""
    (a, b), (c, d) = ((math.radians(x.latitude), math.radians(x.longitude)) for x in (origin, destination))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 12742 * math.asin(math.sqrt(half))


def block_minutes(origin: Airport, destination: Airport) -> int:
    """Scheduled time from gate to gate in steps of five minutes; against the jet stream takes longer."""
    east = math.sin(math.radians(destination.longitude - origin.longitude))
    cruise = kilometres(origin, destination) / 14.2 * (1 - 0.05 * east)
    return 5 * round((42 + cruise) / 5)


def function_table(airports: dict[str, Airport]) -> dict[str, object]:
    """The table shipped with tool_customer: what a booking's route kind and its clock need.

    `utc_offset_minutes` is [without, with daylight saving], twice the same where there is none.
    """
    return {
        "short_haul_regions": sorted(SHORT_HAUL_REGIONS),
        "airports": {
            airport.iata: {
                "country": airport.country,
                "region": airport.region,
                "utc_offset_minutes": [
                    airport.utc_offset,
                    airport.utc_offset + (60 if airport.daylight else 0),
                ],
            }
            for airport in airports.values()
        },
    }
