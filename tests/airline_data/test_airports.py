"""Airports: what provider, functions and questions have in common."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from systems.airline.data.generation import airports as generation
from tool_customer.airports import load_airports

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "systems/airline/data/airports.json").read_text(encoding="utf-8")
)
YEAR = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(0, 4 * 366, 3)]


def test_there_are_forty_airports_and_no_code_twice() -> None:
    assert len({row["iata"] for row in ROWS}) == len(ROWS) == 40
    assert all(re.fullmatch(r"[A-Z]{3}", row["iata"]) for row in ROWS)
    assert len({tuple(row) for row in ROWS}) == 1, "every row has the same members in the same order"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["iata"])
def test_offset_and_daylight_saving_are_those_of_the_named_zone(row: dict[str, Any]) -> None:
    zone = ZoneInfo(row["time_zone"])
    offsets = {moment.astimezone(zone).utcoffset() for moment in YEAR}
    standard = timedelta(minutes=row["utc_offset_minutes"])
    assert offsets == ({standard, standard + timedelta(hours=1)} if row["daylight_saving"] else {standard})


def test_no_alias_means_two_airports() -> None:
    names = Counter(alias.casefold() for row in ROWS for alias in row["aliases"])
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("word", "iata"),
    [
        ("인천", "ICN"), ("서울", "ICN"), ("김포", "GMP"), ("나리타", "NRT"), ("도쿄", "NRT"),
        ("하네다", "HND"), ("제주", "CJU"), ("부산", "PUS"), ("Tokyo", "NRT"), ("Incheon", "ICN"),
        ("Narita", "NRT"), ("Seoul", "ICN"), ("오사카", "KIX"), ("방콕", "BKK"), ("LA", "LAX"),
        ("뉴욕", "JFK"), ("Paris", "CDG"), ("하와이", "HNL"),
    ],
)  # fmt: skip
def test_words_of_questions_name_the_airport_people_mean(word: str, iata: str) -> None:
    assert [row["iata"] for row in ROWS if word in row["aliases"]] == [iata]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["iata"])
def test_an_airport_is_found_by_its_code_and_in_both_languages(row: dict[str, Any]) -> None:
    assert row["aliases"][0] == row["iata"]
    assert any(re.search(r"[가-힣]", alias) for alias in row["aliases"])
    assert any(alias.isascii() and alias != row["iata"] for alias in row["aliases"])


def test_the_functions_table_gives_the_generators_route_kind_for_every_pair() -> None:
    table, rows = load_airports(), generation.load()
    kinds: Counter[str] = Counter()
    for a, b in permutations(rows.values(), 2):
        assert table.route_kind(a.iata, b.iata) == generation.route_kind(a, b)
        kinds[table.route_kind(a.iata, b.iata)] += 1
    assert set(kinds) == {"domestic", "short_haul", "long_haul"}
    assert table.route_kind("GMP", "CJU") == table.route_kind("LAX", "JFK") == "domestic"
    assert table.route_kind("ICN", "NRT") == table.route_kind("ICN", "BKK") == "short_haul"
    assert table.route_kind("ICN", "LAX") == table.route_kind("SYD", "ICN") == "long_haul"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["iata"])
def test_the_functions_moments_enclose_the_true_one_all_year(row: dict[str, Any]) -> None:
    airport, zone = load_airports()[row["iata"]], ZoneInfo(row["time_zone"])
    for moment in YEAR:
        earliest, latest = airport.instants(moment.astimezone(zone).replace(tzinfo=None))
        assert earliest <= moment <= latest
        assert latest - earliest == (timedelta(hours=1) if row["daylight_saving"] else timedelta())


@pytest.mark.parametrize(
    ("origin", "destination", "km"),
    [
        ("ICN", "NRT", 1260),
        ("ICN", "LAX", 9620),
        ("GMP", "CJU", 450),
        ("LHR", "JFK", 5540),
        ("SYD", "AKL", 2160),
    ],
)
def test_coordinates_give_the_known_distances(origin: str, destination: str, km: int) -> None:
    rows = generation.load()
    assert abs(generation.kilometres(rows[origin], rows[destination]) - km) < km * 0.02
