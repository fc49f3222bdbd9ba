"""Access to tables over DynamoDB's low-level client, with short timeouts and bounded retries.

Three attempts of at most 1 s to connect and 2 s to read stay below the functions' timeout of 10 s, so a
slow table ends in an error of ours and not in a killed function.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_common.errors import ToolFailure
from lambda_common.items import Row, from_item, to_item

CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=4,
)
CONFLICT_ATTEMPTS = 4
CONDITION_FAILED = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"


def new_client() -> Any:
    """A DynamoDB client; region, credentials and endpoint come from the function's environment."""
    return boto3.client("dynamodb", config=CONFIG)


@contextmanager
def _faults(operation: str) -> Iterator[None]:
    """Turns the client's errors into faults without their text, which may quote keys."""
    try:
        yield
    except ClientError as error:
        raise ToolFailure(f"dynamodb {operation}: {error.response['Error']['Code']}") from None
    except BotoCoreError as error:
        raise ToolFailure(f"dynamodb {operation}: {type(error).__name__}") from None


class Database:
    """The operations the functions need, on plain rows."""

    def __init__(self, client: Any, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause

    def get(self, table: str, key: Mapping[str, str]) -> Row | None:
        """The row of a key, read consistently, or None."""
        with _faults("GetItem"):
            answer = self._client.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def query(self, table: str, index: str, attribute: str, value: str) -> list[Row]:
        """Every row of one partition of an index, in the order of its sort key; all pages are read."""
        rows: list[Row] = []
        request: dict[str, Any] = {
            "TableName": table,
            "IndexName": index,
            "KeyConditionExpression": "#attribute = :value",
            "ExpressionAttributeNames": {"#attribute": attribute},
            "ExpressionAttributeValues": {":value": {"S": value}},
        }
        while True:
            with _faults("Query"):
                answer = self._client.query(**request)
            rows += [from_item(item) for item in answer["Items"]]
            if not (last := answer.get("LastEvaluatedKey")):
                return rows
            request["ExclusiveStartKey"] = last

    def insert_if(
        self, *, table: str, row: Row, key: str, exists_table: str, exists_key: Mapping[str, str]
    ) -> tuple[bool, bool]:
        """Writes a new row, if its key is free and another row exists, in one transaction.

        Answers (the other row exists, the key was free); the row is written only if both are true. Where
        the conditions were not all met DynamoDB reports each. A conflict with a transaction under way is
        tried again, because by then the other one has decided.
        """
        (exists_attribute,) = exists_key
        operations: Sequence[dict[str, Any]] = (
            {
                "ConditionCheck": {
                    "TableName": exists_table,
                    "Key": to_item(exists_key),
                    "ConditionExpression": "attribute_exists(#key)",
                    "ExpressionAttributeNames": {"#key": exists_attribute},
                }
            },
            {
                "Put": {
                    "TableName": table,
                    "Item": to_item(row),
                    "ConditionExpression": "attribute_not_exists(#key)",
                    "ExpressionAttributeNames": {"#key": key},
                }
            },
        )
        for attempt in range(CONFLICT_ATTEMPTS):
            self._pause(0.05 * attempt)
            reasons = self._transact(operations)
            if CONFLICT not in reasons:
                return reasons[0] != CONDITION_FAILED, reasons[1] != CONDITION_FAILED
        raise ToolFailure(f"dynamodb TransactWriteItems: {CONFLICT}")

    def _transact(self, operations: Sequence[dict[str, Any]]) -> list[str]:
        """Why each operation of the transaction was refused; `None` (the text) where it was not."""
        with _faults("TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=list(operations))
            except ClientError as error:
                if error.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
                known = {"None", CONDITION_FAILED, CONFLICT}
                if (
                    len(reasons) != len(operations)
                    or not known.issuperset(reasons)
                    or set(reasons) == {"None"}
                ):
                    raise
                return [str(reason) for reason in reasons]
        return ["None"] * len(operations)
