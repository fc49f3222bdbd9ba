"""Kept data: what a caller was told is there after `kill -9`, and nothing else is."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.aws.emulator import AwsEmulator
from localcloud.aws.store import UnusableStore
from localcloud.spec import Table

ROOT = Path(__file__).resolve().parents[3]
BOOKINGS, RULES = "airline-dev-bookings", "airline-dev-rules"

WRITER = """
import sys, time
from pathlib import Path
from localcloud.aws.emulator import AwsEmulator
from tests.local.aws.conftest import TABLES, serving
emulator = AwsEmulator(region="us-east-1", account="111122223333", data_file=Path(sys.argv[1]))
emulator.create_tables(TABLES)
with serving(emulator) as connect:
    db = connect("dynamodb")
    name = "airline-dev-bookings"
    n = 0
    while True:
        item = {"booking_id": {"S": f"B{n}"}, "이름": {"S": "김하늘"}, "b": {"B": b"x"}, "bs": {"BS": [b"y"]}}
        put = {"TableName": name, "Item": item}
        twin = {"TableName": "airline-dev-rules", "Item": {"topic": {"S": f"T{n}"}, "rule_key": {"S": "k"}}}
        db.transact_write_items(TransactItems=[{"Put": put}, {"Put": twin}])
        if n:
            db.delete_item(TableName=name, Key={"booking_id": {"S": f"B{n - 1}"}})
        print(n, flush=True)
        n += 1
"""


@pytest.fixture
def keep(tmp_path: Path, tables: Any) -> Any:
    made: list[AwsEmulator] = []

    def open_again() -> AwsEmulator:
        for emulator in made:
            emulator.close()
        made.clear()
        emulator = AwsEmulator(
            region="us-east-1", account="111122223333", data_file=tmp_path / "keep" / "data.db"
        )
        made.append(emulator)
        emulator.create_tables(tables)
        return emulator

    yield open_again
    for emulator in made:
        emulator.close()


def test_everything_confirmed_before_kill_9_is_there_afterwards(
    tmp_path: Path, keep: Any, serve: Any
) -> None:
    file = tmp_path / "keep" / "data.db"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        confirmed = -1
        while confirmed < 25:
            confirmed = int(writer.stdout.readline())
    finally:
        writer.kill()
        rest, _ = writer.communicate()
    confirmed = int(rest.split()[-1]) if rest.split() else confirmed

    emulator = keep()
    with serve(emulator) as connect:
        db = connect("dynamodb")
        names = {item["booking_id"]["S"] for item in db.scan(TableName=BOOKINGS)["Items"]}
        twins = {item["topic"]["S"] for item in db.scan(TableName=RULES)["Items"]}
        item = db.get_item(TableName=BOOKINGS, Key={"booking_id": {"S": f"B{confirmed}"}})["Item"]
    # At most one transaction more than was confirmed, and each one whole.
    assert twins - {f"T{confirmed + 1}"} == {f"T{n}" for n in range(confirmed + 1)}
    assert names <= {f"B{confirmed}", f"B{confirmed + 1}"}
    assert (f"B{confirmed + 1}" in names) == (f"T{confirmed + 1}" in twins)
    assert item["이름"] == {"S": "김하늘"}
    assert item["b"] == {"B": b"x"}
    assert item["bs"] == {"BS": [b"y"]}


def test_refused_writes_leave_no_trace_on_disk(keep: Any, serve: Any) -> None:
    with serve(keep()) as connect:
        db = connect("dynamodb")
        db.put_item(TableName=BOOKINGS, Item={"booking_id": {"S": "OLD"}, "n": {"N": "1"}})
        update = {
            "TableName": BOOKINGS,
            "Key": {"booking_id": {"S": "OLD"}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "2"}},
        }
        never = {
            "TableName": BOOKINGS,
            "Key": {"booking_id": {"S": "NOBODY"}},
            "ConditionExpression": "attribute_exists(booking_id)",
        }
        new = {"TableName": BOOKINGS, "Item": {"booking_id": {"S": "NEW"}}}
        with pytest.raises(ClientError):
            db.transact_write_items(
                TransactItems=[{"Update": update}, {"Put": new}, {"ConditionCheck": never}]
            )
        with pytest.raises(ClientError):
            db.update_item(**{**update, "UpdateExpression": "SET n = :n, missing.part = :n"})
    with serve(keep()) as connect:
        items = connect("dynamodb").scan(TableName=BOOKINGS)["Items"]
    assert items == [{"booking_id": {"S": "OLD"}, "n": {"N": "1"}}]


def test_seed_rows_are_kept_and_a_deleted_row_does_not_come_back(keep: Any, serve: Any) -> None:
    emulator = keep()
    rows = [{"booking_id": "B1"}, {"booking_id": "B2"}]
    assert emulator.seed(BOOKINGS, rows) == 2
    with serve(emulator) as connect:
        connect("dynamodb").delete_item(TableName=BOOKINGS, Key={"booking_id": {"S": "B1"}})
    again = keep()
    assert again.seed(BOOKINGS, rows) == 0
    assert again.item_count(BOOKINGS) == 1


def test_without_a_data_file_nothing_is_written(tmp_path: Path, tables: Any) -> None:
    emulator = AwsEmulator(region="us-east-1", account="111122223333")
    emulator.create_tables(tables)
    emulator.seed(BOOKINGS, [{"booking_id": "B1"}])
    emulator.close()
    assert list(tmp_path.iterdir()) == []


def test_second_platform_on_the_same_file_is_refused(tmp_path: Path, keep: Any, tables: Any) -> None:
    keep()
    second = AwsEmulator(region="us-east-1", account="111122223333", data_file=tmp_path / "keep" / "data.db")
    try:
        with pytest.raises(UnusableStore, match=r"data\.db: database is locked; stop the platform"):
            second.create_tables(tables)
    finally:
        second.close()


def test_damaged_or_foreign_file_is_refused_by_name(tmp_path: Path, tables: Any) -> None:
    damaged, foreign = tmp_path / "damaged.db", tmp_path / "foreign.db"
    damaged.write_bytes(b"not a database " * 200)
    with sqlite3.connect(foreign) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    for file in (damaged, foreign):
        emulator = AwsEmulator(region="us-east-1", account="111122223333", data_file=file)
        try:
            with pytest.raises(UnusableStore, match=file.name):
                emulator.create_tables(tables)
        finally:
            emulator.close()


def test_kept_item_that_no_longer_fits_the_assembly_stops_the_start(tmp_path: Path, keep: Any) -> None:
    keep().seed(BOOKINGS, [{"booking_id": "B1"}])
    definition = {
        "TableName": BOOKINGS,
        "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "number", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    keep().close()
    changed = AwsEmulator(region="us-east-1", account="111122223333", data_file=tmp_path / "keep" / "data.db")
    try:
        with pytest.raises(ValueError, match="airline-dev-bookings: a kept item does not fit"):
            changed.create_tables([Table("bookings", BOOKINGS, definition)])
    finally:
        changed.close()


def test_write_that_cannot_be_kept_is_not_confirmed(keep: Any, serve: Any) -> None:
    emulator = keep()
    with serve(emulator) as connect:
        db = connect("dynamodb")
        emulator._store._db.execute("PRAGMA query_only=ON")
        with pytest.raises(ClientError) as caught:
            db.put_item(TableName=BOOKINGS, Item={"booking_id": {"S": "B1"}})
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        emulator._store._db.execute("PRAGMA query_only=OFF")
        db.put_item(TableName=BOOKINGS, Item={"booking_id": {"S": "B2"}})
    assert keep().item_count(BOOKINGS) == 2
