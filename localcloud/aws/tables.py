"""DynamoDB's wire form in front of the backend: which operations there are, and what a request must hold."""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from botocore.validate import ParamValidator
from moto.core.exceptions import JsonRESTError
from moto.core.request import Request
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.dynamodb.exceptions import DynamodbException
from moto.dynamodb.responses import DynamoHandler

from localcloud.aws.dynamodb import Backend, binary
from localcloud.aws.requests import AwsRequest, AwsResponse, error
from localcloud.aws.store import Attributes, Store

NAMESPACE = "com.amazonaws.dynamodb.v20120810"
TARGET = "DynamoDB_20120810."
MAX_BODY = 16 * 1024 * 1024
"""BatchWriteItem's limit, the largest (Amazon DynamoDB Developer Guide: Service quotas)."""
TOKEN_SECONDS = 600
"""How long a transaction's client token is remembered (DynamoDB API Reference: TransactWriteItems)."""
MAX_TOKENS = 10_000

DATA_PLANE = frozenset(
    {
        *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"),
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
    }
)
SERVED = DATA_PLANE | frozenset(
    {
        *("DescribeTable", "ListTables", "DescribeTimeToLive", "DescribeContinuousBackups"),
        *("ListTagsOfResource", "DescribeLimits", "DescribeEndpoints"),
    }
)
"""The data plane and the reading part of the control plane: tables stay as the assembly defines them."""


class TokenMismatch(DynamodbException):
    """A client token was used again for another transaction."""

    def __init__(self) -> None:
        super().__init__(
            f"{NAMESPACE}#IdempotentParameterMismatchException",
            "The request was rejected because it was retried with the same token but different parameters",
        )


def attribute(value: Any) -> dict[str, Any]:
    """A JSON value as a DynamoDB attribute value. Raises TypeError for a float: numbers are exact."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [attribute(item) for item in value]}
        case Mapping():
            return {"M": {key: attribute(item) for key, item in value.items()}}
    raise TypeError(
        f"{type(value).__name__} {value!r} has no exact DynamoDB form; use an integer or a string"
    )


class DynamoDb:
    """One platform's DynamoDB. Not thread-safe: `emulator` calls it from its one thread."""

    def __init__(self, region: str, account: str, store: Store | None, clock: Callable[[], datetime]) -> None:
        self._region = region
        self._account = account
        self._clock = clock
        self.backend = Backend(region, account, store)
        self._model = get_service_model("dynamodb")
        # moto's serializer takes most of the time of a request, and items have nothing left to convert.
        self._answers = {
            name: frozenset(self._model.operation_model(name).output_shape.members) for name in DATA_PLANE
        }
        self._tokens: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._handler = self._bind()

    def _bind(self) -> type[DynamoHandler]:
        """moto's request handler, bound to this backend instead of the process-wide ones."""
        owner = self

        class Handler(DynamoHandler):
            @property
            def dynamodb_backend(self) -> Backend:
                return owner.backend

            def serialized(self, action_result: ActionResult) -> Any:
                found = action_result.result
                shape = owner._answers.get(self._get_action())
                if shape is None or not isinstance(found, dict):
                    return super().serialized(action_result)
                kept = {name: value for name, value in found.items() if name in shape and value is not None}
                headers = {"Content-Type": "application/x-amz-json-1.0", **self.response_headers}
                return 200, headers, json.dumps(kept, default=binary, ensure_ascii=False)

            def transact_write_items(self) -> ActionResult:
                return owner._once(self.body, super().transact_write_items)

        return Handler

    def _once(self, body: Mapping[str, Any], run: Callable[[], ActionResult]) -> ActionResult:
        """A transaction repeated with its token within ten minutes succeeds without being run again."""
        token = body.get("ClientRequestToken")
        if not token:
            return run()
        now = self._clock().timestamp()
        content = json.dumps(body["TransactItems"], sort_keys=True, default=repr)
        seen = self._tokens.get(token)
        if seen is not None and now - seen[0] < TOKEN_SECONDS:
            if seen[1] != content:
                raise TokenMismatch
            return ActionResult({})
        result = run()
        self._tokens.pop(token, None)
        self._tokens[token] = (now, content)
        while len(self._tokens) > MAX_TOKENS:
            self._tokens.popitem(last=False)
        return result

    # -- set-up ------------------------------------------------------------------------------------------

    def create(self, definition: Mapping[str, Any]) -> None:
        """Create a table by a CreateTable request, then load what the store has of it.

        Raises ValueError with DynamoDB's message where it would refuse the request.
        """
        name = definition.get("TableName")
        try:
            answer = self._call("CreateTable", json.dumps(definition).encode())
        except KeyError as missing:  # the service model does not call every needed member required
            raise ValueError(
                f"table {name}: {missing} is missing; correct the assembly's definition"
            ) from missing
        if answer.status != 200:
            raise ValueError(
                f"table {name}: {json.loads(answer.body)['message']}; correct the assembly's definition"
            )
        try:
            self.backend.restore(definition["TableName"])
        except (JsonRESTError, KeyError, TypeError, ValueError, RecursionError) as problem:
            raise ValueError(
                f"table {name}: a kept item does not fit its definition ({type(problem).__name__}); "
                "delete the data file to start afresh"
            ) from problem

    def count(self, table: str) -> int:
        """How many items a table holds."""
        return len(self.backend.get_table(table).all_items())

    def seed(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Put plain rows into an empty table, all or none; returns how many (0 where it was not empty)."""
        if self.count(table):
            return 0
        items: list[Attributes] = []
        for number, row in enumerate(rows, start=1):
            try:
                items.append({key: attribute(value) for key, value in row.items()})
                self._check_key(table, items[-1])
            except (TypeError, ValueError) as problem:
                raise ValueError(f"table {table}: row {number}: {problem}") from problem
        keys = {self._key(table, item) for item in items}
        if len(keys) != len(items):
            raise ValueError(
                f"table {table}: {len(items) - len(keys)} rows have a key that another row has too"
            )
        return self.backend.insert(table, items)

    def _key(self, table: str, item: Attributes) -> str:
        return json.dumps([item[name] for name in self.backend.get_table(table).table_key_attrs])

    def _check_key(self, table: str, item: Attributes) -> None:
        """Keys and index keys must have the declared type and not be empty, as PutItem demands."""
        found = self.backend.get_table(table)
        types = {entry["AttributeName"]: entry["AttributeType"] for entry in found.attr}
        for name in found.attribute_keys:
            value = item.get(name)
            if value is None and name not in found.table_key_attrs:
                continue  # not in that index
            if value is None or types[name] not in value or value[types[name]] == "":
                raise ValueError(f"the key {name} needs a value of type {types[name]}")

    # -- requests ----------------------------------------------------------------------------------------

    def handle(self, request: AwsRequest) -> AwsResponse:
        """Answer one request; what it changed is on disk by then."""
        target = request.headers.get("x-amz-target", "")
        operation = target.removeprefix(TARGET)
        if request.method != "POST" or request.path != "/" or not target.startswith(TARGET):
            return error(
                400, "UnknownOperationException", f"{target[:80]!r} is no operation of {TARGET[:-1]}"
            )
        if operation not in self._model.operation_names:
            return error(400, "UnknownOperationException", f"{operation[:80]!r} is no operation of DynamoDB")
        if operation not in SERVED:
            return error(
                400,
                "AccessDeniedException",
                f"dynamodb:{operation} is not served locally: tables are as the assembly defines them",
            )
        if len(request.body) > MAX_BODY:
            return error(413, "RequestEntityTooLargeException", f"more than {MAX_BODY} bytes")
        try:
            return self._call(operation, request.body)
        finally:
            self._flush()

    def _flush(self) -> None:
        try:
            self.backend.flush()
        except sqlite3.Error as problem:
            raise RuntimeError(f"the data file could not be written: {problem}") from problem

    def _call(self, operation: str, body: bytes) -> AwsResponse:
        try:
            parameters = json.loads(body)
        except (ValueError, RecursionError):
            return error(400, "SerializationException", "the body is not JSON")
        if not isinstance(parameters, dict):
            return error(400, "SerializationException", "the body is not a JSON object")
        report = ParamValidator().validate(parameters, self._model.operation_model(operation).input_shape)
        if report.has_errors():
            return error(
                400, "ValidationException", report.generate_report(), namespace="com.amazon.coral.validate"
            )
        request = Request.from_primitives(
            "POST",
            f"https://dynamodb.{self._region}.amazonaws.com/",
            {
                "X-Amz-Target": TARGET + operation,
                "Content-Type": "application/x-amz-json-1.0",
                "x-moto-account-id": self._account,
            },
            body,
        )
        status, headers, text = self._handler.dispatch(request)
        kept = {
            name.lower(): value
            for name, value in headers.items()
            if name.lower() not in ("status", "date", "server")
        }
        return AwsResponse(status, kept, text.encode() if isinstance(text, str) else text)
