"""Generates the airline's committed rows: `python -m systems.airline.data.generate` from the project's root.

Input is airports.json, which is written by hand, and a fixed seed; the same input gives the same bytes.
Written are the seeds of the tables (customers, bookings, members, tiers, rules), the timetable of the
flights provider's stand-in (schedule.json) and the airport table shipped with the function tool_customer.

Dates in rows are relative to the day of seeding, so that rows never go stale. An attribute value of exactly
the form `@[+-]Nd` or `@[+-]Nd HH:MM` is a date: `@+300d` is the day 300 days after seeding (`YYYY-MM-DD`),
`@-30d 18:00` is 18:00 local time of the airport concerned 30 days before it (`YYYY-MM-DDTHH:MM`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from systems.airline.data.generation import airports, people, programme, schedule, trips

SEED = 20261120
FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent.parent


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def rows_text(rows: Iterable[object]) -> str:
    """A JSON list with one row a line, so that a change of one row is a diff of one line."""
    return "[\n" + ",\n".join(map(_line, rows)) + "\n]\n"


def _table_text(table: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"    {_line(code)}: {_line(row)}" for code, row in table["airports"].items())
    regions = _line(table["short_haul_regions"])
    return f'{{\n  "short_haul_regions": {regions},\n  "airports": {{\n{lines}\n  }}\n}}\n'


def _route_row(route: schedule.Route) -> dict[str, Any]:
    return {
        "origin": route.origin,
        "destination": route.destination,
        "fare": route.fare,
        "flights": [[f.carrier, f.number, f.departs, f.minutes, f.aircraft] for f in route.flights],
    }


def render() -> dict[Path, str]:
    """Every generated file's text, by path below the project's root."""
    random_ = random.Random(SEED)  # noqa: S311 - invented people, not secrets
    known = airports.load()
    routes = schedule.timetable(known)
    customers = people.customer_rows(random_)
    data = FOLDER.relative_to(ROOT)
    return {
        data / "customers.json": rows_text(customers),
        data / "members.json": rows_text(people.member_rows(random_, customers)),
        data / "bookings.json": rows_text(trips.Trips(random_, known, routes).rows(customers)),
        data / "tiers.json": rows_text(programme.tier_rows()),
        data / "rules.json": rows_text(programme.rule_rows()),
        data / "schedule.json": rows_text(map(_route_row, routes.values())),
        Path("lambda/tool_customer/airports.json"): _table_text(airports.function_table(known)),
    }


def main() -> None:
    for path, text in render().items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        print(f"{path}: {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
