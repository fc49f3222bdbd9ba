"""The airline's tables in an emulator, made from the declaration, so that a wrong key or index name shows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lambda_common.items import from_item, to_item
from localcloud.aws.seed import load_rows

AIRLINE = Path(__file__).resolve().parents[3] / "systems" / "airline"
TODAY = date(2026, 11, 21)
"""The day of seeding in tests."""

Row = dict[str, Any]
Snapshot = dict[str, list[str]]


@cache
def declared() -> Mapping[str, Any]:
    tables: Mapping[str, Any] = yaml.safe_load((AIRLINE / "system.yaml").read_text(encoding="utf-8"))[
        "tables"
    ]
    return tables


def name(table: str) -> str:
    return f"airline-test-{table}"


def environment() -> dict[str, str]:
    return {f"TABLE_{table.upper()}": name(table) for table in declared()}


def _schema(keys: Mapping[str, Any]) -> list[dict[str, str]]:
    schema = [{"AttributeName": keys["partition_key"], "KeyType": "HASH"}]
    if "sort_key" in keys:
        schema.append({"AttributeName": keys["sort_key"], "KeyType": "RANGE"})
    return schema


def create(client: Any, only: Collection[str] = ()) -> None:
    for table, keys in declared().items():
        if only and table not in only:
            continue
        indexes = [
            {"IndexName": index, "KeySchema": _schema(of), "Projection": {"ProjectionType": "ALL"}}
            for index, of in keys.get("indexes", {}).items()
        ]
        attributes = {
            part["AttributeName"]
            for one in (keys, *keys.get("indexes", {}).values())
            for part in _schema(one)
        }
        client.create_table(
            TableName=name(table),
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_schema(keys),
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in sorted(attributes)],
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        )


def put(client: Any, table: str, rows: Iterable[Row]) -> None:
    requests = [{"PutRequest": {"Item": to_item(row)}} for row in rows]
    for start in range(0, len(requests), 25):
        client.batch_write_item(RequestItems={name(table): requests[start : start + 25]})


def seed_rows(table: str) -> list[Row]:
    return load_rows(AIRLINE / "data" / f"{table}.json", TODAY)


def snapshot(client: Any) -> Snapshot:
    """Everything in every table, in a form that compares."""
    state: Snapshot = {}
    for table in declared():
        pages = client.get_paginator("scan").paginate(TableName=name(table))
        rows = [from_item(item) for page in pages for item in page["Items"]]
        state[table] = sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    return state


def clear(client: Any) -> None:
    """Deletes every row."""
    for table, keys in declared().items():
        names = [part["AttributeName"] for part in _schema(keys)]
        pages = client.get_paginator("scan").paginate(TableName=name(table))
        for item in [item for page in pages for item in page["Items"]]:
            client.delete_item(TableName=name(table), Key={one: item[one] for one in names})
