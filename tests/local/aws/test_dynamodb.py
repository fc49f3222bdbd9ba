"""DynamoDB as the functions use it, by boto3 over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

BOOKINGS, RULES = "airline-dev-bookings", "airline-dev-rules"
NEW = "attribute_not_exists(booking_id)"


@pytest.fixture
def dynamodb(connect: Any) -> Any:
    return connect("dynamodb")


def booking(
    number: str, customer: str = "C1001", departure: str = "2026-12-03T09:10", **more: Any
) -> dict[str, Any]:
    return {
        "booking_id": {"S": number},
        "customer_id": {"S": customer},
        "departure_at": {"S": departure},
        **more,
    }


def key(number: str) -> dict[str, Any]:
    return {"booking_id": {"S": number}}


def get(dynamodb: Any, number: str) -> Any:
    return dynamodb.get_item(TableName=BOOKINGS, Key=key(number), ConsistentRead=True).get("Item")


def test_every_kind_of_value_comes_back_as_it_was_put(dynamodb: Any) -> None:
    value = {
        "booking_id": "B1",
        "text": "김하늘 ✈",
        "number": Decimal("312400"),
        "exact": Decimal("0.1"),
        "yes": True,
        "no": None,
        "bytes": Binary(b"\x00\xff"),
        "list": [Decimal(1), "둘", {"deep": [Binary(b"x"), {"n": Decimal("-1E-5")}]}],
        "map": {"a": {"b": "c"}},
        "texts": {"a", "b"},
        "numbers": {Decimal(1), Decimal(2)},
        "blobs": {Binary(b"1"), Binary(b"2")},
        "empty": "",
    }
    serialize, deserialize = TypeSerializer(), TypeDeserializer()
    item = {name: serialize.serialize(part) for name, part in value.items()}
    dynamodb.put_item(TableName=BOOKINGS, Item=item)
    found = get(dynamodb, "B1")
    assert {name: deserialize.deserialize(part) for name, part in found.items()} == value


def test_conditional_put_does_not_overwrite(dynamodb: Any) -> None:
    dynamodb.put_item(TableName=BOOKINGS, Item=booking("B1", price={"N": "1"}), ConditionExpression=NEW)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        dynamodb.put_item(
            TableName=BOOKINGS,
            Item=booking("B1", price={"N": "2"}),
            ConditionExpression=NEW,
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"]["price"] == {"N": "1"}
    assert caught.value.response["Error"]["Message"] == "The conditional request failed"
    assert get(dynamodb, "B1")["price"] == {"N": "1"}


def test_only_one_of_many_simultaneous_conditional_puts_wins(connect: Any) -> None:
    client = connect("dynamodb")

    def attempt(number: int) -> bool:
        try:
            item = booking("B1", price={"N": str(number)})
            client.put_item(TableName=BOOKINGS, Item=item, ConditionExpression=NEW)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(attempt, range(24)))
    assert outcomes.count(True) == 1
    assert get(client, "B1")["price"] == {"N": str(outcomes.index(True))}


def check(number: str) -> dict[str, Any]:
    return {
        "ConditionCheck": {
            "TableName": BOOKINGS,
            "Key": key(number),
            "ConditionExpression": "attribute_exists(booking_id)",
        }
    }


def put(number: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": BOOKINGS, "Item": booking(number, **more), "ConditionExpression": NEW}}


def test_transaction_is_done_whole(dynamodb: Any) -> None:
    dynamodb.put_item(TableName=BOOKINGS, Item=booking("CUSTOMER"))
    dynamodb.transact_write_items(TransactItems=[check("CUSTOMER"), put("B1"), put("B2")])
    assert get(dynamodb, "B1")
    assert get(dynamodb, "B2")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_failed_transaction_changes_nothing_and_says_which_part_failed(
    dynamodb: Any, order: tuple[int, ...]
) -> None:
    dynamodb.put_item(TableName=BOOKINGS, Item=booking("OLD", price={"N": "1"}))
    change = {
        "Update": {
            "TableName": BOOKINGS,
            "Key": key("OLD"),
            "UpdateExpression": "SET price = price + :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    parts = [check("NOBODY"), put("B1"), change]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=[parts[index] for index in order])
    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["ConditionalCheckFailed" if index == 0 else "None" for index in order]
    assert get(dynamodb, "B1") is None
    assert get(dynamodb, "OLD")["price"] == {"N": "1"}


def test_transaction_repeated_with_its_token_is_not_done_twice(dynamodb: Any) -> None:
    dynamodb.put_item(TableName=BOOKINGS, Item=booking("B1", price={"N": "0"}))

    def add(amount: str, token: str) -> None:
        update = {
            "TableName": BOOKINGS,
            "Key": key("B1"),
            "UpdateExpression": "SET price = price + :n",
            "ExpressionAttributeValues": {":n": {"N": amount}},
        }
        dynamodb.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=token)

    add("5", "token-1")
    add("5", "token-1")
    assert get(dynamodb, "B1")["price"] == {"N": "5"}
    with pytest.raises(ClientError) as caught:
        add("6", "token-1")
    assert caught.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
    add("5", "token-2")
    assert get(dynamodb, "B1")["price"] == {"N": "10"}


def test_update_that_fails_half_way_leaves_the_item_as_it_was(dynamodb: Any) -> None:
    before = booking("B1", price={"N": "1"}, nickname={"S": "x"})
    dynamodb.put_item(TableName=BOOKINGS, Item=before)
    too_large = {"S": "x" * 400_000}
    for number, expression, value in (
        ("B1", "SET price = :n, missing.part = :n", {"N": "2"}),
        ("B2", "SET price = :n, missing.part = :n", {"N": "2"}),
        ("B1", "SET price = :n ADD nickname :n", {"N": "2"}),
        ("B1", "SET price = :n, extra = :n", too_large),
        ("B2", "SET price = :n, extra = :n", too_large),
    ):
        with pytest.raises(ClientError) as caught:
            dynamodb.update_item(
                TableName=BOOKINGS,
                Key=key(number),
                UpdateExpression=expression,
                ExpressionAttributeValues={":n": value},
            )
        assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert get(dynamodb, "B1") == before
    assert get(dynamodb, "B2") is None


def test_query_by_index_returns_that_customers_items_in_order(dynamodb: Any) -> None:
    for number, customer, departure in (
        ("B1", "C1001", "2026-12-05T10:00"),
        ("B2", "C1002", "2026-12-01T10:00"),
        ("B3", "C1001", "2026-11-01T10:00"),
        ("B4", "C1001", "2027-01-01T10:00"),
    ):
        dynamodb.put_item(TableName=BOOKINGS, Item=booking(number, customer, departure))
    without_date = {"booking_id": {"S": "B5"}, "customer_id": {"S": "C1001"}}
    dynamodb.put_item(TableName=BOOKINGS, Item=without_date)

    def query(condition: str, values: dict[str, Any], **more: Any) -> list[str]:
        answer = dynamodb.query(
            TableName=BOOKINGS,
            IndexName="by-customer",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            **more,
        )
        return [item["booking_id"]["S"] for item in answer["Items"]]

    mine = {":c": {"S": "C1001"}}
    assert query("customer_id = :c", mine) == ["B3", "B1", "B4"]
    assert query("customer_id = :c", mine, ScanIndexForward=False) == ["B4", "B1", "B3"]
    later = {**mine, ":d": {"S": "2026-12-01"}}
    assert query("customer_id = :c AND departure_at >= :d", later) == ["B1", "B4"]
    assert query("customer_id = :c", {":c": {"S": "C9999"}}) == []
    dynamodb.update_item(
        TableName=BOOKINGS,
        Key=key("B1"),
        UpdateExpression="SET customer_id = :c",
        ExpressionAttributeValues={":c": {"S": "C1002"}},
    )
    assert query("customer_id = :c", mine) == ["B3", "B4"]
    dynamodb.delete_item(TableName=BOOKINGS, Key=key("B3"))
    assert query("customer_id = :c", mine) == ["B4"]


def test_query_by_partition_and_sort_key_reads_only_its_partition(dynamodb: Any) -> None:
    for topic, rule in (
        ("baggage", "FLEX#domestic"),
        ("baggage", "SAVER#domestic"),
        ("change", "SAVER#domestic"),
    ):
        dynamodb.put_item(TableName=RULES, Item={"topic": {"S": topic}, "rule_key": {"S": rule}})
    answer = dynamodb.query(
        TableName=RULES,
        KeyConditionExpression="topic = :t AND begins_with(rule_key, :k)",
        ExpressionAttributeValues={":t": {"S": "baggage"}, ":k": {"S": "SAVER"}},
    )
    assert (answer["Count"], answer["ScannedCount"]) == (1, 1)
    paged = dynamodb.get_paginator("query").paginate(
        TableName=RULES,
        KeyConditionExpression="topic = :t",
        ExpressionAttributeValues={":t": {"S": "baggage"}},
        PaginationConfig={"PageSize": 1},
    )
    found = [item["rule_key"]["S"] for page in paged for item in page["Items"]]
    assert found == ["FLEX#domestic", "SAVER#domestic"]


def test_batch_and_scan_and_projection_answer_in_their_forms(dynamodb: Any) -> None:
    requests = [{"PutRequest": {"Item": booking(f"B{n}", price={"N": str(n)})}} for n in range(20)]
    assert dynamodb.batch_write_item(RequestItems={BOOKINGS: requests})["UnprocessedItems"] == {}
    answer = dynamodb.batch_get_item(RequestItems={BOOKINGS: {"Keys": [key("B3"), key("nobody")]}})
    assert [item["booking_id"]["S"] for item in answer["Responses"][BOOKINGS]] == ["B3"]
    assert dynamodb.scan(TableName=BOOKINGS, Select="COUNT")["Count"] == 20
    projected = dynamodb.get_item(TableName=BOOKINGS, Key=key("B3"), ProjectionExpression="price")["Item"]
    assert projected == {"price": {"N": "3"}}
    both = dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": BOOKINGS, "Key": key(number)}} for number in ("B1", "nobody")]
    )
    assert [part.get("Item", {}).get("price") for part in both["Responses"]] == [{"N": "1"}, None]
    old = dynamodb.delete_item(TableName=BOOKINGS, Key=key("B3"), ReturnValues="ALL_OLD")["Attributes"]
    assert old["price"] == {"N": "3"}


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_item", {"TableName": "other", "Key": key("B1")}, "ResourceNotFoundException"),
        ("get_item", {"TableName": BOOKINGS, "Key": {"customer_id": {"S": "C1"}}}, "ValidationException"),
        ("put_item", {"TableName": BOOKINGS, "Item": {"booking_id": {"N": "1"}}}, "ValidationException"),
        ("put_item", {"TableName": BOOKINGS, "Item": booking("")}, "ValidationException"),
        ("put_item", {"TableName": BOOKINGS, "Item": booking("B", customer="")}, "ValidationException"),
        ("delete_table", {"TableName": BOOKINGS}, "AccessDeniedException"),
        ("execute_statement", {"Statement": "SELECT * FROM bookings"}, "AccessDeniedException"),
        ("update_table", {"TableName": BOOKINGS, "BillingMode": "PROVISIONED"}, "AccessDeniedException"),
    ],
)
def test_request_that_dynamodb_refuses_is_refused_with_its_code(
    dynamodb: Any, operation: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(dynamodb, operation)(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_table_is_described_with_the_assemblys_account_and_region(dynamodb: Any) -> None:
    table = dynamodb.describe_table(TableName=BOOKINGS)["Table"]
    assert table["TableArn"] == f"arn:aws:dynamodb:us-east-1:111122223333:table/{BOOKINGS}"
    assert table["TableStatus"] == "ACTIVE"
    assert dynamodb.list_tables()["TableNames"] == [BOOKINGS, RULES]
