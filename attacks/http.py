"""HTTP/1.1 by hand over a socket: what is written goes out byte for byte, and every answer is read.

Client libraries refuse or repair exactly the requests that have to be sent here.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_ANSWER = 16 << 20
QUIET = 0.25
"""Seconds of silence after a whole answer for which another one is waited for."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Unreachable(Exception):
    """No connection to the server. The message names the address."""


class NotHttp(Exception):
    """The server answered what is no HTTP/1.1 message."""


@dataclass(frozen=True)
class Endpoint:
    """Where a gateway listens."""

    secure: bool
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        """From an https URL, or http to this machine: tokens do not go out in the clear. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no URL of a gateway: write https://HOST/mcp")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError(f"{parts.hostname}: give scheme, host, port and path only")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(f"{url!r}: tokens are sent over plain http to this machine only; use https")
        secure = parts.scheme == "https"
        return cls(secure, parts.hostname, parts.port or (443 if secure else 80), parts.path or "/")

    @property
    def authority(self) -> str:
        """The `Host` header's value."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def connect(self, timeout: float) -> socket.socket:
        """Raises Unreachable."""
        try:
            plain = socket.create_connection((self.host, self.port), timeout=timeout)
            if not self.secure:
                return plain
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except OSError as error:
            raise Unreachable(f"{self.authority} does not answer ({type(error).__name__}).") from None


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def told(self) -> str:
        """Everything a caller can read in it."""
        head = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return f"{head}\n{self.body.decode('utf-8', 'replace')}"


def request(
    endpoint: Endpoint, method: str, path: str, headers: tuple[tuple[str, str], ...], body: bytes
) -> bytes:
    """One request that asks for the connection's end, so that its answer's end is seen too."""
    own = (("Host", endpoint.authority), ("Connection", "close"), ("Content-Length", str(len(body))))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (*own, *headers)), "", ""]
    return "\r\n".join(lines).encode("utf-8") + body


def exchange(
    endpoint: Endpoint, data: bytes, *, timeout: float = 30.0, patience: float | None = None
) -> list[Answer]:
    """Sends `data` and returns every answer, in order; none where the server closed without a word.

    Reading goes on while sending does, so an early refusal of a long request is seen. `patience` is for
    requests that may get no answer. Raises Unreachable, NotHttp, TimeoutError.
    """
    with endpoint.connect(timeout) as connection:
        received = _converse(connection, data, timeout, patience)
    return parse(received)


def _converse(connection: socket.socket, data: bytes, timeout: float, patience: float | None) -> bytes:
    connection.setblocking(False)
    unsent, received = memoryview(data), b""
    deadline = time.monotonic() + (patience or timeout)
    complete = False
    while len(received) < MAX_ANSWER:
        pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        wait = QUIET if complete else deadline - time.monotonic()
        if wait <= 0:
            break
        readable, writable, _ = select.select(
            [connection], [connection] if unsent else [], [], 0 if pending else min(wait, 0.5)
        )
        if complete and not readable and not pending:
            return received
        try:
            if writable:
                unsent = unsent[connection.send(unsent[:65536]) :]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            unsent = memoryview(b"")  # Refused before it was all sent: the answer is what counts.
        try:
            if readable or pending:
                part = connection.recv(65536)
                if not part:
                    return received
                received += part
                complete = patience is not None and _is_complete(received)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            return received
    if patience is None:
        raise TimeoutError(f"no whole answer within {timeout:g} s")
    return received


def _is_complete(received: bytes) -> bool:
    try:
        return _one(received) is not None
    except NotHttp:
        return False


def parse(received: bytes) -> list[Answer]:
    """Every answer in what was received; interim ones (1xx) are left out. Raises NotHttp."""
    answers: list[Answer] = []
    while received:
        found = _one(received)
        if found is None:
            break
        answer, received = found
        if answer.status >= 200:
            answers.append(answer)
    return answers


def _one(received: bytes) -> tuple[Answer, bytes] | None:
    """The first answer and what follows it; None while its head is not whole."""
    head, separator, rest = received.partition(b"\r\n\r\n")
    if not received.startswith(b"HTTP/1."[: len(received)]):
        raise NotHttp("the answer does not begin with HTTP/1.")
    if not separator:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        raise NotHttp("the answer has no status")
    headers = tuple(
        (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    )
    known = {name.lower(): value for name, value in headers}
    status = int(words[1])
    if status < 200 or status in (204, 304):
        return Answer(status, headers, b""), rest
    if known.get("transfer-encoding", "").lower() == "chunked":
        body, rest = _unchunk(rest)
        return Answer(status, headers, body), rest
    length = known.get("content-length")
    if length is None or not length.isdigit():
        return Answer(status, headers, rest), b""
    return Answer(status, headers, rest[: int(length)]), rest[int(length) :]


def _unchunk(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        line, separator, rest = rest.partition(b"\r\n")
        if not separator:
            return body, b""
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise NotHttp("a chunk without a size") from None
        if size == 0:
            return body, rest.partition(b"\r\n")[2]
        body, rest = body + rest[:size], rest[size + 2 :]
