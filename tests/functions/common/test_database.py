"""The database's own conduct: pages, conflicts, faults. The emulator shows its conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from lambda_common.dynamodb import CONFIG, CONFLICT_ATTEMPTS, Database
from lambda_common.errors import ToolFailure

SECRET = "C1001"


def cancelled(*codes: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": f"the row {SECRET}"},
            "CancellationReasons": [{"Code": code} for code in codes],
        },
        "TransactWriteItems",
    )


class Scripted:
    """A client whose answers are given: a value is returned, an error raised."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def _next(self, **request: Any) -> Any:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    get_item = query = transact_write_items = _next


def insert(client: Scripted, pauses: list[float] | None = None) -> tuple[bool, bool]:
    pause: Callable[[float], None] = (pauses if pauses is not None else []).append
    return Database(client, pause).insert_if(
        table="bookings",
        row={"id": "B1"},
        key="id",
        exists_table="customers",
        exists_key={"customer_id": SECRET},
    )


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("ConditionalCheckFailed", "None"), (False, True)),
        (("None", "ConditionalCheckFailed"), (True, False)),
        (("ConditionalCheckFailed", "ConditionalCheckFailed"), (False, False)),
    ],
)
def test_each_failed_condition_is_told_apart(codes: tuple[str, ...], expected: tuple[bool, bool]) -> None:
    assert insert(Scripted(cancelled(*codes))) == expected


def test_a_conflict_is_tried_again_and_decided_by_the_last_answer() -> None:
    pauses: list[float] = []
    client = Scripted(cancelled("None", "TransactionConflict"), cancelled("None", "ConditionalCheckFailed"))
    assert insert(client, pauses) == (True, False)
    assert pauses == [0.0, 0.05]


def test_an_endless_conflict_ends_in_a_fault_and_never_in_a_guess() -> None:
    client = Scripted(*[cancelled("TransactionConflict", "None")] * CONFLICT_ATTEMPTS)
    with pytest.raises(ToolFailure, match="TransactionConflict"):
        insert(client)
    assert client.answers == []


@pytest.mark.parametrize(
    "error",
    [
        cancelled("None", "None"),
        cancelled("ValidationError", "None"),
        cancelled("None", "ProvisionedThroughputExceeded"),
        cancelled(),
        cancelled("None"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": SECRET}}, "TransactWriteItems"),
        ConnectTimeoutError(endpoint_url=f"https://{SECRET}"),
    ],
)
def test_any_other_cancellation_or_error_is_a_fault_without_its_text(error: Exception) -> None:
    with pytest.raises(ToolFailure) as caught:
        insert(Scripted(error))
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_every_page_of_a_query_is_read() -> None:
    client = Scripted(
        {"Items": [{"id": {"S": "1"}}], "LastEvaluatedKey": {"id": {"S": "1"}}},
        {"Items": [], "LastEvaluatedKey": {"id": {"S": "2"}}},
        {"Items": [{"id": {"S": "3"}}]},
    )
    assert Database(client).query("t", "i", "customer_id", SECRET) == [{"id": "1"}, {"id": "3"}]
    assert [request.get("ExclusiveStartKey") for request in client.requests] == [
        None,
        {"id": {"S": "1"}},
        {"id": {"S": "2"}},
    ]


def test_a_row_is_read_consistently() -> None:
    client = Scripted({})
    assert Database(client).get("t", {"id": "1"}) is None
    assert client.requests[0]["ConsistentRead"] is True


def test_timeouts_and_retries_stay_below_the_functions_timeout() -> None:
    attempts = CONFIG.retries["total_max_attempts"]
    assert attempts * (CONFIG.connect_timeout + CONFIG.read_timeout) < 10
