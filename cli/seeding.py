"""Fills deployed tables with a system's rows: what is missing is written, what is there is left alone.

Source: Amazon DynamoDB API Reference, BatchGetItem (100 keys) and BatchWriteItem (25 items): both may leave a part of
a request undone under load, which has to be asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.aws import worded
from cli.outcome import Failure

if TYPE_CHECKING:
    from governance.model import System, Table

READ_AT_ONCE, WRITE_AT_ONCE = 100, 25
ATTEMPTS = 8
"""How often what the service left undone is asked for again, with twice the pause each time."""
FIRST_PAUSE_SECONDS = 0.1

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Filled:
    """What came of one table: rows in the file, those already there, those written (or that would be)."""

    table: str
    rows: int
    there: int
    written: int


def today(system: System, now: datetime) -> date:
    """The day where the system is: its rows are dated relative to it."""
    sign = -1 if system.utc_offset.startswith("-") else 1
    hours, minutes = map(int, system.utc_offset[1:].split(":"))
    return now.astimezone(timezone(sign * timedelta(hours=hours, minutes=minutes))).date()


def rows(root: Path, system: System, table: Table, day: date) -> list[dict[str, Any]]:
    """A table's rows, dates resolved, no key twice. Raises Failure naming the file and the row."""
    from localcloud.aws.seed import InvalidRow, load_rows

    file = root / system.directory / "data" / str(table.seed)
    try:
        found = load_rows(file, day)
    except InvalidRow as error:
        raise Failure(str(error)) from None
    seen: set[tuple[Any, ...]] = set()
    for number, row in enumerate(found, start=1):
        names = _key_names(table)
        if any(not isinstance(row.get(name), str) or not row[name] for name in names):
            raise Failure(
                f"{file}: row {number}: needs a text for each key of the table: {', '.join(names)}."
            )
        key = tuple(row[name] for name in names)
        if key in seen:
            raise Failure(f"{file}: row {number}: another row has the key {'/'.join(map(str, key))} too.")
        seen.add(key)
    return found


class Seeder:
    """`client` is boto3's for DynamoDB; `where` says which account that is."""

    def __init__(
        self,
        client: Any,
        where: str,
        *,
        progress: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._where = where
        self._progress = progress
        self._sleep = sleep

    def fill(
        self,
        table: Table,
        name: str,
        found: Sequence[Mapping[str, Any]],
        *,
        overwrite: bool = False,
        dry_run: bool = False,
    ) -> Filled:
        """Writes the rows whose key `name` does not hold yet; all of them with `overwrite`. Raises Failure."""
        items = [_item(name, number, row) for number, row in enumerate(found, start=1)]
        keys = [{key: item[key] for key in _key_names(table)} for item in items]
        there = self._there(name, keys)
        wanted = [
            item for item, key in zip(items, keys, strict=True) if overwrite or _hashable(key) not in there
        ]
        if not dry_run:
            done = 0
            for some in _slices(wanted, WRITE_AT_ONCE):
                self._write(name, some)
                done += len(some)
                if done == len(wanted) or done % (WRITE_AT_ONCE * 10) == 0:
                    self._progress(f"{name}: {done} of {len(wanted)} rows written")
        return Filled(name, len(items), len(there), len(wanted))

    def _there(self, name: str, keys: Sequence[Item]) -> set[tuple[Any, ...]]:
        found: set[tuple[Any, ...]] = set()
        for some in _slices(keys, READ_AT_ONCE):
            names = {f"#k{index}": key for index, key in enumerate(some[0])}
            wanted: dict[str, Any] = {
                name: {
                    "Keys": list(some),
                    "ConsistentRead": True,
                    "ProjectionExpression": ", ".join(names),
                    "ExpressionAttributeNames": names,
                }
            }
            for answer in self._until_done("batch_get_item", name, wanted, "UnprocessedKeys"):
                found |= {_hashable(item) for item in answer["Responses"].get(name, ())}
        return found

    def _write(self, name: str, items: Sequence[Item]) -> None:
        wanted = {name: [{"PutRequest": {"Item": item}} for item in items]}
        for _ in self._until_done("batch_write_item", name, wanted, "UnprocessedItems"):
            pass

    def _until_done(
        self, operation: str, name: str, wanted: Mapping[str, Any], left: str
    ) -> Iterator[dict[str, Any]]:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(ATTEMPTS):
            with worded(self._where, f"{operation} of {name}", " docs/deploying.md has what it needs."):
                answer: dict[str, Any] = getattr(self._client, operation)(RequestItems=wanted)
            yield answer
            wanted = answer.get(left) or {}
            if not wanted:
                return
            self._sleep(pause)
            pause *= 2
        raise Failure(
            f"{self._where}: {name} is too busy for {operation}. Run it again: it goes on where it stopped."
        )


def _key_names(table: Table) -> list[str]:
    return [name for name in (table.partition_key, table.sort_key) if name]


def _item(table: str, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeSerializer

    try:
        return {key: TypeSerializer().serialize(value) for key, value in row.items()}
    except TypeError as error:
        raise Failure(f"{table}: row {number}: {error} Write an integer or a text.") from None


def _hashable(key: Item) -> tuple[Any, ...]:
    return tuple((name, next(iter(value.items()))) for name, value in sorted(key.items()))


def _slices(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))
