"""The Lambda Runtime API's server side: one lean HTTP/1.1 keep-alive connection (RFC 9112).

AWS Lambda Developer Guide: Using the Lambda runtime API for custom runtimes. Two requests per invocation pass
through here, so it is an `asyncio.Protocol` without a task, a router or header objects.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

BASE = b"/2018-06-01/runtime"
NEXT = BASE + b"/invocation/next"
INIT_ERROR = BASE + b"/init/error"
INVOCATION = BASE + b"/invocation/"

MAX_PAYLOAD = 6 * 1024 * 1024
"""Bytes of a synchronous request or response (AWS Lambda Developer Guide: Lambda quotas)."""
MAX_HEAD = 1_310_720
"""The runtime client may put 1 MB of fault description into one header."""
MAX_DRAIN = 64 * 1024 * 1024
"""Bodies over the limit are read and dropped up to here, so that the sender sees the answer."""

ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def refusal(status: bytes, error_type: str, message: str) -> bytes:
    """An error answer of the Runtime API; the connection closes after it."""
    body = f'{{"errorMessage":"{message}","errorType":"{error_type}"}}'.encode()
    return (
        b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
        % (status, len(body), body)
    )


TOO_LARGE = refusal(
    b"413 Payload Too Large",
    "RequestEntityTooLarge",
    f"Exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes).",
)
NOT_FOUND = refusal(b"404 Not Found", "InvalidPath", "No such operation in the runtime API 2018-06-01.")
BAD_REQUEST = refusal(b"400 Bad Request", "InvalidRequest", "The request is not well-formed HTTP/1.1.")
NO_CHUNKS = refusal(
    b"501 Not Implemented", "InvalidRequest", "Send a Content-Length; chunks are not supported."
)
WRONG_STATE = refusal(b"403 Forbidden", "InvalidStateTransition", "State transition is not allowed.")
WRONG_ID = refusal(b"400 Bad Request", "InvalidRequestID", "Invalid request ID.")


class Environment(Protocol):
    """The execution environment a connection belongs to. Each method returns whether it was in order."""

    def next_asked(self, connection: Connection) -> bool:
        """The runtime asks for work; `connection.send` delivers it, now or later."""

    def answered(self, request_id: str, body: bytes) -> bool:
        """The handler returned."""

    def failed(self, request_id: str, body: bytes) -> bool:
        """The handler raised."""

    def oversized(self, request_id: str) -> bool:
        """The handler returned more than `MAX_PAYLOAD` bytes."""

    def init_failed(self, body: bytes) -> bool:
        """The module could not be loaded."""

    def connection_lost(self, connection: Connection) -> None:
        """A connection of this environment has gone."""


def header(head: bytes, lower: bytes, name: bytes) -> bytes | None:
    """The value of a header, by its lower-case name; None where it is absent. The first one counts."""
    start = lower.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()


class Connection(asyncio.Protocol):
    """One connection of a runtime client. Requests are answered one at a time (no pipelining is needed)."""

    __slots__ = ("_buffer", "_environment", "_length", "_request", "_skip", "_transport")

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._buffer = bytearray()
        self._request: tuple[bytes, bytes] | None = None
        self._length = 0
        self._skip = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        self._environment.connection_lost(self)

    def send(self, data: bytes) -> None:
        """Write a whole answer; nothing happens on a connection that has gone."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Close after what was written."""
        if self._transport is not None:
            self._transport.close()

    def _refuse(self, answer: bytes) -> None:
        self.send(answer)
        self.close()
        self._buffer.clear()

    def data_received(self, data: bytes) -> None:
        if self._skip:
            self._skip -= min(self._skip, len(data))
            if not self._skip:
                self._refuse(TOO_LARGE)
            return
        self._buffer += data
        while self._transport is not None and self._step():
            pass

    def _step(self) -> bool:
        """Take one request out of the buffer; whether another may be there."""
        if self._request is None and not self._read_head():
            return False
        if self._request is None or len(self._buffer) < self._length:
            return False
        method, path = self._request
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._request = None
        self._handle(method, path, body)
        return bool(self._buffer)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or end > MAX_HEAD:
            if end > MAX_HEAD or len(self._buffer) > MAX_HEAD:
                self._refuse(BAD_REQUEST)
            return False
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        line, _, _ = head.partition(b"\r\n")
        parts = line.split(b" ")
        lower = head.lower()
        raw = header(head, lower, b"content-length") or b"0"
        if len(parts) != 3 or parts[2] != b"HTTP/1.1" or not raw.isdigit() or len(raw) > 18:
            self._refuse(BAD_REQUEST)
            return False
        if header(head, lower, b"transfer-encoding"):
            self._refuse(NO_CHUNKS)
            return False
        self._length = int(raw)
        if self._length > MAX_PAYLOAD:
            self._too_large(parts[1])
            return False
        if (header(head, lower, b"expect") or b"").lower() == b"100-continue" and len(
            self._buffer
        ) < self._length:
            self.send(CONTINUE)
        self._request = (parts[0], parts[1])
        return True

    def _too_large(self, path: bytes) -> None:
        request_id, _, kind = path.removeprefix(INVOCATION).partition(b"/")
        if kind == b"response":
            self._environment.oversized(request_id.decode("ascii", "replace"))
        self._skip = self._length - len(self._buffer)
        self._buffer.clear()
        if self._skip <= 0 or self._length > MAX_DRAIN:
            self._skip = 0
            self._refuse(TOO_LARGE)

    def _handle(self, method: bytes, path: bytes, body: bytes) -> None:
        environment = self._environment
        if method == b"GET" and path == NEXT:
            if not environment.next_asked(self):
                self._refuse(WRONG_STATE)
            return
        if method == b"POST" and path.startswith(INVOCATION):
            raw, _, kind = path[len(INVOCATION) :].partition(b"/")
            request_id = raw.decode("ascii", "replace")
            if kind == b"response" or kind == b"error":
                action = environment.answered if kind == b"response" else environment.failed
                if action(request_id, body):
                    self.send(ACCEPTED)
                else:
                    self._refuse(WRONG_ID)
                return
        if method == b"POST" and path == INIT_ERROR:
            if environment.init_failed(body):
                self.send(ACCEPTED)
            else:
                self._refuse(WRONG_STATE)
            return
        self._refuse(NOT_FOUND)
