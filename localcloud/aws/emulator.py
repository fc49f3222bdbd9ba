"""AWS's data services on one address: an ASGI application that dispatches on the signed service name.

Requests are served one after another by one thread, so that each is atomic and none holds up the event loop.
moto is imported by that thread when it is first needed (DynamoDB takes about a second).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from localcloud.aws.requests import AwsRequest, AwsResponse, error
from localcloud.sigv4 import Credential, InvalidSignature, parse
from localcloud.spec import Table

if TYPE_CHECKING:
    from localcloud.aws.services import Services
    from localcloud.aws.tables import DynamoDb

MAX_BODY = 32 * 1024 * 1024
MAX_WAITING = 256
"""Requests waiting for the thread; more are told to slow down."""
LAZY = frozenset({"ssm", "secretsmanager", "s3", "logs", "monitoring"})
"""Signing names besides `dynamodb`; a test holds them against `services.SIGNING_NAMES`."""
_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Scope = Mapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Mapping[str, Any]], Any]


class TooLarge(Exception):
    """The body is larger than any service here takes."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AwsEmulator:
    """DynamoDB, SSM, Secrets Manager, S3, CloudWatch Logs and metrics of one region and account.

    With `data_file` DynamoDB's items are kept there and survive the process, however it ends; else everything
    is in memory. Set-up methods block: call them before serving, or from another thread.
    """

    def __init__(
        self,
        *,
        region: str,
        account: str,
        data_file: Path | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._region = region
        self._account = account
        self._data_file = data_file
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="airside-aws")
        self._waiting = 0
        self._closed = False
        self._parameters: dict[str, str] = {}
        self._secrets: dict[str, tuple[str, str]] = {}
        # Touched by the one thread only.
        self._tables: DynamoDb | None = None
        self._services: Services | None = None
        self._store: Any = None

    @property
    def services(self) -> frozenset[str]:
        """The SigV4 signing names served here."""
        return LAZY | {"dynamodb"}

    # -- set-up (blocking) -------------------------------------------------------------------------------

    def create_tables(self, tables: Iterable[Table]) -> None:
        """Create tables from their definitions and load what the data file has of them.

        Raises ValueError for a definition DynamoDB refuses, `store.UnusableStore` for the data file.
        """
        wanted = tuple(tables)

        def create() -> None:
            dynamodb = self._dynamodb()
            for table in wanted:
                named = table.definition.get("TableName")
                if named != table.name:
                    raise ValueError(
                        f"table {table.logical_name}: its definition is of {named!r}, "
                        f"not {table.name!r}; resolve the definition before creating the table"
                    )
                dynamodb.create(table.definition)

        self._run(create)

    def seed(self, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Put rows (plain JSON values; see `seed.load_rows`) into an empty table, all or none.

        Returns how many were put: 0 where the table already held items. Raises ValueError naming the row.
        """
        given = list(rows)
        return self._run(lambda: self._dynamodb().seed(table, given))

    def item_count(self, table: str) -> int:
        """How many items a table holds."""
        return self._run(lambda: self._dynamodb().count(table))

    def put_parameters(self, parameters: Mapping[str, str]) -> None:
        """SSM parameters of the assembly. Applied when SSM is first called, so that moto's SSM is loaded only
        for systems that read one."""

        def put() -> None:
            if self._services is None:
                self._parameters.update(parameters)
            else:
                for name, value in parameters.items():
                    self._services.put_parameter(name, value)

        self._run(put)

    def put_secrets(self, secrets: Mapping[str, tuple[str, str]]) -> None:
        """Secrets Manager secrets of the assembly, by ARN: name and text. Applied when first needed."""
        self._run(lambda: self._secrets.update(secrets))

    def close(self) -> None:
        """Finish the requests under way and close the data file. May be called twice."""
        if self._closed:
            return
        self._closed = True

        def release() -> None:
            if self._store is not None:
                self._store.close()

        self._run(release)
        self._thread.shutdown()

    def _run(self, work: Callable[[], Result]) -> Result:
        return self._thread.submit(work).result()

    def _dynamodb(self) -> DynamoDb:
        if self._tables is None:
            from localcloud.aws.store import Store
            from localcloud.aws.tables import DynamoDb

            if self._data_file is not None and self._store is None:
                self._store = Store(self._data_file)
            self._tables = DynamoDb(self._region, self._account, self._store, self._clock)
        return self._tables

    def _other(self) -> Services:
        if self._services is None:
            from localcloud.aws.services import Services

            self._services = Services(self._region, self._account)
            for name, value in self._parameters.items():
                self._services.put_parameter(name, value)
        return self._services

    def _with_secrets(self) -> Services:
        services = self._other()
        while self._secrets:
            arn, (name, text) = self._secrets.popitem()
            services.put_secret(arn, name, text)
        return services

    async def read_secret(self, secret_id: str, key: str) -> str:
        """What stands under a key of a secret's live version now. Raises LookupError."""

        def read() -> str:
            try:
                found = json.loads(self._with_secrets().live_secret(secret_id))
            except ValueError:
                raise LookupError("no JSON") from None
            value = found.get(key) if isinstance(found, dict) else None
            if not isinstance(value, str):
                raise LookupError("no text")
            return value

        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    # -- serving -----------------------------------------------------------------------------------------

    @property
    def app(self) -> AwsEmulator:
        """The ASGI application: the emulator itself (servers do not take a bound method for one)."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application (HTTP only)."""
        if scope["type"] != "http":
            raise RuntimeError(f"{scope['type']}: only HTTP is served here")
        headers: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name = raw.decode("latin-1").lower()
            headers[name] = value.decode("latin-1") if name not in headers or name != "authorization" else ""
        try:
            body = await _body(receive)
        except TooLarge:
            answer = error(413, "RequestEntityTooLargeException", f"more than {MAX_BODY} bytes")
        else:
            answer = await self._answer(scope, headers, body)
        length = str(len(answer.body))
        if scope["method"] == "HEAD":  # tells the length of what is not sent
            length = answer.headers.get("content-length", length)
        sent = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in (answer.headers | {"content-length": length}).items()
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _answer(self, scope: Scope, headers: Mapping[str, str], body: bytes) -> AwsResponse:
        refused, credential = self._authenticate(headers)
        if credential is None:
            return refused
        if self._closed:
            return error(503, "ServiceUnavailableException", "The platform is stopping.")
        if self._waiting >= MAX_WAITING:
            return error(400, "ThrottlingException", "Rate of requests exceeds the allowed throughput.")
        raw_path: bytes | None = scope.get("raw_path")
        request = AwsRequest(
            method=scope["method"],
            path=raw_path.decode("latin-1").split("?")[0] if raw_path else scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            credential=credential,
        )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._serve, request)
        finally:
            self._waiting -= 1

    def _authenticate(self, headers: Mapping[str, str]) -> tuple[AwsResponse, Credential | None]:
        authorization = headers.get("authorization")
        if authorization is None:
            return error(403, "MissingAuthenticationTokenException", "Missing Authentication Token"), None
        try:
            credential = parse(authorization)
        except InvalidSignature as problem:
            return error(400, "IncompleteSignatureException", str(problem)), None
        if not headers.get("x-amz-date", "").startswith(credential.date + "T"):
            return error(400, "IncompleteSignatureException", "X-Amz-Date is missing or of another day"), None
        if credential.region != self._region:
            message = f"Credential should be scoped to a valid region, not '{credential.region}'."
            return error(400, "InvalidSignatureException", message), None
        if credential.service not in self.services:
            message = f"{credential.service}: this service is not served locally"
            return error(400, "UnknownOperationException", message), None
        return error(500, "InternalServerError", ""), credential

    def _serve(self, request: AwsRequest) -> AwsResponse:
        service = request.credential.service
        try:
            if service == "dynamodb":
                return self._dynamodb().handle(request)
            services = self._with_secrets() if service == "secretsmanager" else self._other()
            return services.handle(request)
        except NotImplementedError:
            return error(501, "NotImplementedException", f"{service}: this operation is not served locally")
        except Exception as problem:
            # Only the type: a message may repeat the request.
            _log.error("service=<%s>, error=<%s> | request failed", service, type(problem).__name__)
            return error(
                500, "InternalServerError", "The request processing has failed because of an internal error."
            )


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # the client has gone: nobody reads the answer
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise TooLarge
        if not message.get("more_body", False):
            return b"".join(parts)
