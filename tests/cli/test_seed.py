"""`seed`: every row of the system is written once, none that is there is touched, and production is not filled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import seeding
from cli.__main__ import main
from cli.outcome import Failure
from governance.load import load_project
from governance.model import System, Table
from localcloud.aws.emulator import AwsEmulator
from localcloud.spec import Table as LocalTable
from tests.assembly_fixture import ROOT
from tests.local.aws.conftest import serving

DAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def airline() -> System:
    return load_project(ROOT).system("airline")


def definition(table: Table) -> dict[str, Any]:
    keys = [name for name in (table.partition_key, table.sort_key) if name]
    return {
        "TableName": f"airline-dev-{table.name}",
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
        "BillingMode": "PAY_PER_REQUEST",
    }


@pytest.fixture
def dynamodb(airline: System) -> Iterator[Any]:
    emulator = AwsEmulator(region="ap-northeast-2", account="982347102345")
    tables = [LocalTable(each.name, f"airline-dev-{each.name}", definition(each)) for each in airline.tables]
    emulator.create_tables(tables)
    with serving(emulator) as connect:
        yield connect("dynamodb", region="ap-northeast-2")


class Service:
    """DynamoDB's two batch operations with a table in memory; `most` is what it does of a request under load."""

    def __init__(self, most: int = 100) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.most = most
        self.sizes: list[int] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((name, wanted),) = RequestItems.items()
        assert wanted["ConsistentRead"] is True
        assert len(wanted["Keys"]) <= 100
        some = wanted["Keys"][: self.most]
        left = wanted["Keys"][len(some) :]
        found = [key for key in some if json.dumps(key) in self.items]
        return {
            "Responses": {name: found},
            "UnprocessedKeys": {name: {**wanted, "Keys": left}} if left else {},
        }

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((name, requests),) = RequestItems.items()
        assert len(requests) <= 25
        self.sizes.append(len(requests))
        some = requests[: self.most]
        for request in some:
            item = request["PutRequest"]["Item"]
            self.items[json.dumps({"id": item["id"]})] = item
        left = requests[len(some) :]
        return {"UnprocessedItems": {name: left} if left else {}}


@pytest.fixture
def table(airline: System) -> Table:
    first = airline.tables[0]
    return Table("t", "id", first.data, first.source, seed="t.json")


def seeder(client: Any, slept: list[float] | None = None) -> seeding.Seeder:
    waits: list[float] = [] if slept is None else slept
    return seeding.Seeder(client, "here", progress=lambda text: None, sleep=waits.append)


def test_the_systems_tables_are_filled_and_a_second_run_changes_nothing(
    airline: System, dynamodb: Any
) -> None:
    # One with a sort key, and one with more rows than a request takes.
    for each in (airline.table("rules"), airline.table("members")):
        name = f"airline-dev-{each.name}"
        found = seeding.rows(ROOT, airline, each, DAY)
        dry = seeder(dynamodb).fill(each, name, found, dry_run=True)
        assert (dry.there, dry.written) == (0, len(found))
        first = seeder(dynamodb).fill(each, name, found)
        assert (first.rows, first.there, first.written) == (len(found), 0, len(found))
        again = seeder(dynamodb).fill(each, name, found)
        assert (again.there, again.written) == (len(found), 0)
        assert dynamodb.scan(TableName=name, Select="COUNT")["Count"] == len(found)


def test_dates_are_those_of_the_systems_own_day(airline: System) -> None:
    late = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
    assert airline.utc_offset == "+09:00"
    assert seeding.today(airline, late) == date(2026, 11, 22)


def test_a_busy_table_is_filled_all_the_same(table: Table) -> None:
    service = Service(most=20)
    slept: list[float] = []
    rows = [{"id": str(number), "n": number} for number in range(60)]
    done = seeder(service, slept).fill(table, "t", rows)
    assert (done.rows, done.written, len(service.items)) == (60, 60, 60)
    assert slept, "it did not wait"
    assert slept[:2] == [0.1, 0.2]


def test_a_row_that_is_there_is_left_alone(table: Table) -> None:
    service = Service()
    rows = [{"id": str(number), "n": 1} for number in range(3)]
    seeder(service).fill(table, "t", rows)
    service.items['{"id": {"S": "1"}}']["n"] = {"N": "99"}
    del service.items['{"id": {"S": "2"}}']
    done = seeder(service).fill(table, "t", rows)
    assert (done.there, done.written) == (2, 1)
    assert service.items['{"id": {"S": "1"}}']["n"] == {"N": "99"}
    assert seeder(service).fill(table, "t", rows, overwrite=True).written == 3
    assert service.items['{"id": {"S": "1"}}']["n"] == {"N": "1"}


def test_a_table_that_takes_nothing_ends_the_command(table: Table) -> None:
    class Full(Service):
        def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
            return {"UnprocessedItems": RequestItems}

    with pytest.raises(Failure, match="is too busy for batch_write_item"):
        seeder(Full()).fill(table, "t", [{"id": "1"}])


def test_nothing_is_written_in_a_dry_run(table: Table) -> None:
    service = Service()
    assert seeder(service).fill(table, "t", [{"id": "1"}], dry_run=True).written == 1
    assert service.items == {}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"id": "1"}, {"id": "1"}], "row 2: another row has the key 1 too"),
        ([{"n": 1}], "row 1: needs a text for each key of the table: id"),
        ([{"id": 5}], "row 1: needs a text"),
        ([{"id": "1", "at": "@soon"}], "is no relative date"),
    ],
)
def test_rows_that_are_wrong_are_told_before_aws_is_asked(
    tmp_path: Path, airline: System, table: Table, rows: list[Any], told: str
) -> None:
    data = tmp_path / airline.directory / "data"
    data.mkdir(parents=True)
    (data / "t.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(Failure, match=told):
        seeding.rows(tmp_path, airline, table, DAY)


def test_a_number_without_an_exact_form_is_not_rounded(table: Table) -> None:
    with pytest.raises(Failure, match="t: row 1: Float types are not supported"):
        seeder(Service()).fill(table, "t", [{"id": "1", "price": 0.1}])


def test_an_environment_that_keeps_its_data_is_not_filled_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("staging", "prod"):
        assert main(["seed", "--env", name]) == 1
        assert f"{name} keeps its data (retain_data in environments/{name}.yaml)" in capsys.readouterr().out


def test_a_table_without_rows_is_no_table_to_fill(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed", "--table", "gold"]) == 2
    assert "--table gold: is no table with rows. Known: customers," in capsys.readouterr().err
