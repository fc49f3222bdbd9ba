"""Seed rows: read strictly, dated relative to the day of seeding so that they never go stale.

A string `"@+12d 09:10"` stands for that many days after the day of seeding at that local time
(`YYYY-MM-DDTHH:MM`), `"@-30d"` for a day (`YYYY-MM-DD`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn

_RELATIVE = re.compile(r"@([+-])(\d{1,4})d(?: ([01]\d|2[0-3]):([0-5]\d))?", re.ASCII)


class InvalidRow(ValueError):
    """A seed file, or one row of it, that cannot be used."""


def resolve_row(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The row with every relative date resolved, at any depth. Raises `InvalidRow` naming the attribute."""
    return {key: _resolve(value, today, key) for key, value in row.items()}


def _resolve(value: Any, today: date, where: str) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        found = _RELATIVE.fullmatch(value)
        if found is None:
            raise InvalidRow(f"{where}: {value!r} is no relative date; write '@+12d' or '@-3d 09:10'")
        sign, days, hour, minute = found.groups()
        try:
            day = today + timedelta(days=int(sign + days))
        except OverflowError as error:
            raise InvalidRow(f"{where}: {value!r} is outside the calendar") from error
        return day.isoformat() if hour is None else f"{day.isoformat()}T{hour}:{minute}"
    if isinstance(value, Mapping):
        return {key: _resolve(item, today, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, today, f"{where}[{index}]") for index, item in enumerate(value)]
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(
            key
            for index, (key, _) in enumerate(pairs)
            if any(key == later for later, _ in pairs[index + 1 :])
        )
        raise InvalidRow(f"the key {twice!r} stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise InvalidRow(f"{name} is no JSON number")


def load_rows(file: Path, today: date) -> list[dict[str, Any]]:
    """The rows of a seed file (a JSON array of objects), dates resolved.

    Raises `InvalidRow` naming the file, and the row (from 1) where one is at fault.
    """
    if not file.parent.is_dir():
        raise InvalidRow(f"{file.parent}: the data folder is missing; it holds the rows of {file.name}")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InvalidRow(f"{file}: {reason}; the table's rows are expected there") from error
    try:
        rows = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRow(f"{file}: {error}") from error
    if not isinstance(rows, list):
        raise InvalidRow(f"{file}: holds {type(rows).__name__}, not an array of rows")
    resolved = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise InvalidRow(
                f"{file}: row {number} is {json.dumps(row, ensure_ascii=False)[:80]}, not an object"
            )
        try:
            resolved.append(resolve_row(row, today))
        except InvalidRow as error:
            raise InvalidRow(f"{file}: row {number}: {error}") from error
    return resolved
