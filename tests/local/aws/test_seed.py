"""Seed rows: dates that never go stale, errors that say where, all rows or none."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from localcloud.aws.emulator import AwsEmulator
from localcloud.aws.seed import InvalidRow, load_rows, resolve_row

TODAY = date(2026, 2, 27)
BOOKINGS = "airline-dev-bookings"


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("@+12d 09:10", "2026-03-11T09:10"),
        ("@-30d 18:00", "2026-01-28T18:00"),
        ("@+300d", "2026-12-24"),
        ("@-0d", "2026-02-27"),
        ("@+2d 00:00", "2026-03-01T00:00"),
        ("ordinary", "ordinary"),
        ("a@b.example", "a@b.example"),
        (5, 5),
        (None, None),
    ],
)
def test_relative_dates_are_counted_from_the_day_of_seeding(value: Any, resolved: Any) -> None:
    row = {"a": value, "deep": [{"b": value}]}
    assert resolve_row(row, TODAY) == {"a": resolved, "deep": [{"b": resolved}]}


@pytest.mark.parametrize(
    "value", ["@12d", "@+12", "@+1d 24:00", "@+1d 9:10", "@+1d 09:60", "@", "@+99999d", "@+１d"]
)
def test_relative_date_that_is_misspelt_is_refused_with_its_place(value: str) -> None:
    with pytest.raises(InvalidRow, match=r"flights\[0\]\.at: '@"):
        resolve_row({"flights": [{"at": value}]}, TODAY)


def test_rows_of_a_file_are_read_with_their_dates_resolved(tmp_path: Path) -> None:
    file = tmp_path / "bookings.json"
    file.write_text('[{"booking_id": "B1", "이름": "김하늘", "at": "@+1d", "rate": 1.5}]', encoding="utf-8")
    rows = load_rows(file, TODAY)
    assert rows == [{"booking_id": "B1", "이름": "김하늘", "at": "2026-02-28", "rate": Decimal("1.5")}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "bookings.json"),
        ('{"a": 1}', "not an array"),
        ('[{"a": 1}, ["b"]]', "row 2"),
        ('[{"a": 1}, {"at": "@x"}]', r"row 2: at: '@x'"),
        ('[{"a": 1, "a": 2}]', "'a' stands twice"),
        ('[{"a": NaN}]', "NaN"),
        ("[" * 100_000, "bookings.json"),
    ],
)
def test_broken_seed_file_is_refused_with_file_and_row(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bookings.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRow, match=message) as caught:
        load_rows(file, TODAY)
    assert str(file) in str(caught.value)


def test_missing_folder_and_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InvalidRow, match="data folder is missing"):
        load_rows(tmp_path / "data" / "bookings.json", TODAY)
    with pytest.raises(InvalidRow, match="No such file"):
        load_rows(tmp_path / "bookings.json", TODAY)
    (tmp_path / "latin.json").write_bytes('["é"]'.encode("latin-1"))
    with pytest.raises(InvalidRow, match="not UTF-8"):
        load_rows(tmp_path / "latin.json", TODAY)


def test_seeded_rows_are_what_boto3_reads(emulator: AwsEmulator, connect: Any) -> None:
    row = {
        "booking_id": "B1",
        "customer_id": "C1",
        "departure_at": "2026",
        "price": 312400,
        "ok": True,
        "x": [None],
    }
    assert emulator.seed(BOOKINGS, [row]) == 1
    found = connect("dynamodb").get_item(TableName=BOOKINGS, Key={"booking_id": {"S": "B1"}})["Item"]
    assert found["price"] == {"N": "312400"}
    assert found["ok"] == {"BOOL": True}
    assert found["x"] == {"L": [{"NULL": True}]}


def test_table_that_holds_items_is_not_seeded_again(emulator: AwsEmulator, connect: Any) -> None:
    connect("dynamodb").put_item(TableName=BOOKINGS, Item={"booking_id": {"S": "MINE"}})
    assert emulator.seed(BOOKINGS, [{"booking_id": "B1"}]) == 0
    assert emulator.item_count(BOOKINGS) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"booking_id": "B2", "rate": 1.5}, "row 2: float 1.5"),
        ({"customer_id": "C1"}, "row 2: the key booking_id"),
        ({"booking_id": 2}, "row 2: the key booking_id"),
        ({"booking_id": ""}, "row 2: the key booking_id"),
        ({"booking_id": "B2", "customer_id": None}, "row 2: the key customer_id"),
        ({"booking_id": "B1"}, "key that another row has"),
    ],
)
def test_one_bad_row_leaves_the_table_empty(emulator: AwsEmulator, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        emulator.seed(BOOKINGS, [{"booking_id": "B1"}, bad])
    assert emulator.item_count(BOOKINGS) == 0


def test_a_thousand_rows_are_seeded_in_one_transaction(tmp_path: Path, tables: Any) -> None:
    emulator = AwsEmulator(region="us-east-1", account="111122223333", data_file=tmp_path / "data.db")
    try:
        emulator.create_tables(tables)
        rows = [json.loads(f'{{"booking_id": "B{n}", "customer_id": "C{n % 7}"}}') for n in range(1000)]
        assert emulator.seed(BOOKINGS, rows) == 1000
        assert emulator.item_count(BOOKINGS) == 1000
    finally:
        emulator.close()
