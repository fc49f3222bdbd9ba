"""One execution environment: a worker process, its own Runtime API, and the invocation it holds.

Every worker has its own port, as every Lambda environment has its own Runtime API: the port says which
process is talking, and an answer for an invocation the process does not hold is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from localcloud import processes
from localcloud.functions import documents, wire
from localcloud.functions.api import InvokeResult
from localcloud.telemetry.pipe import OutputPipe


@dataclass(eq=False, slots=True)
class Invocation:
    """One call: `head` is everything of the answer to `next` but the request id and the deadline."""

    payload: bytes
    head: bytes
    future: asyncio.Future[InvokeResult]
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    timer: asyncio.TimerHandle | None = None
    delivered: bool = False

    def finish(self, result: InvokeResult) -> None:
        """Give the caller its result, once."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if not self.future.done():
            self.future.set_result(result)


class Owner(Protocol):
    """What a worker tells the group it belongs to."""

    timeout_seconds: float

    def wall_ms(self) -> int:
        """Milliseconds since the epoch, for the deadline header."""

    def worker_free(self, worker: Worker) -> None:
        """The worker can be given an invocation."""

    def worker_gone(self, worker: Worker) -> None:
        """The process has ended."""

    def succeeded(self) -> None:
        """An invocation ended with an answer of the function, be it an error."""


class Worker:
    """States: starting → free ⇄ busy → gone. A worker that has answered is free before it asks for more."""

    def __init__(self, owner: Owner, loop: asyncio.AbstractEventLoop, line: Callable[[bytes], None]) -> None:
        self._owner = owner
        self._loop = loop
        self.stdout = OutputPipe(loop, line)
        self.stderr = OutputPipe(loop, line)
        self._server: asyncio.Server | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._waiting: wire.Connection | None = None
        self.invocation: Invocation | None = None
        self.changed = asyncio.Event()
        self.ready = False
        self.gone = False
        self.timed_out = False
        self.exit_code: int | None = None
        self.init_error: InvokeResult | None = None

    @property
    def pid(self) -> int | None:
        """The process, once started."""
        return None if self._process is None else self._process.pid

    async def listen(self) -> str:
        """Open this worker's Runtime API; returns its `host:port`."""
        self._server = await self._loop.create_server(lambda: wire.Connection(self), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def launch(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        """Start the process; raises OSError."""
        self._process = await processes.spawn(
            argv, env=env, cwd=cwd, stdout=self.stdout.write_end, stderr=self.stderr.write_end
        )
        self.stdout.started()
        self.stderr.started()
        self._watch = self._loop.create_task(self._until_exit())

    async def _until_exit(self) -> None:
        assert self._process is not None  # noqa: S101 - set by the only caller
        self.exit_code = await self._process.wait()
        self._end()

    def _end(self) -> None:
        if self.gone:
            return
        self.gone = True
        self.stdout.close()
        self.stderr.close()
        if self._server is not None:
            self._server.close()
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None
        self._owner.worker_gone(self)

    def kill(self) -> None:
        """End the process and whatever it started, at once."""
        if self._process is not None:
            if self._process.returncode is None:
                processes.signal_group(self._process.pid, signal.SIGKILL)
        else:
            self._end()

    async def closed(self) -> None:
        """Wait until the process has ended."""
        if self._watch is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    # -- giving work -------------------------------------------------------------------------------------

    def run(self, invocation: Invocation) -> None:
        """Take an invocation; its timeout starts now."""
        self.invocation = invocation
        if invocation.timer is not None:
            invocation.timer.cancel()
        invocation.timer = self._loop.call_later(self._owner.timeout_seconds, self._expire, invocation)
        if self._waiting is not None:
            connection, self._waiting = self._waiting, None
            self._deliver(connection, invocation)

    def _deliver(self, connection: wire.Connection, invocation: Invocation) -> None:
        invocation.delivered = True
        deadline = self._owner.wall_ms() + int(self._owner.timeout_seconds * 1000)
        connection.send(
            b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: %s\r\nLambda-Runtime-Deadline-Ms: %d\r\n%s"
            b"content-length: %d\r\n\r\n%s"
            % (
                invocation.request_id.encode(),
                deadline,
                invocation.head,
                len(invocation.payload),
                invocation.payload,
            )
        )

    def _expire(self, invocation: Invocation) -> None:
        self.timed_out = True
        self.stdout.drain()
        invocation.timer = None
        self.invocation = None
        invocation.finish(documents.timed_out(invocation.request_id, self._owner.timeout_seconds))
        self.kill()

    # -- wire.Environment --------------------------------------------------------------------------------

    def next_asked(self, connection: wire.Connection) -> bool:
        """A second `next`, or one while an invocation is unanswered, is not in order."""
        if (
            self.gone
            or self._waiting is not None
            or (self.invocation is not None and self.invocation.delivered)
        ):
            return False
        if self.invocation is not None:
            self._deliver(connection, self.invocation)
            return True
        self._waiting = connection
        if not self.ready:
            self.ready = True
            self._owner.worker_free(self)
        return True

    def answered(self, request_id: str, body: bytes) -> bool:
        """The handler returned `body`."""
        return self._complete(request_id, InvokeResult("ok", body))

    def failed(self, request_id: str, body: bytes) -> bool:
        """The handler raised; `body` is Lambda's error document."""
        return self._complete(request_id, documents.from_function(body, "Runtime.Unknown"))

    def oversized(self, request_id: str) -> bool:
        """The handler returned too much; AWS's client ends the process on the answer it gets."""
        invocation = self.invocation
        if invocation is None or invocation.request_id != request_id or not invocation.delivered:
            return False
        self.invocation = None
        self.stdout.drain()
        self._owner.succeeded()
        message = f"Response payload size exceeded maximum allowed payload size ({wire.MAX_PAYLOAD} bytes)."
        invocation.finish(documents.result("too_large", "Function.ResponseSizeTooLarge", message))
        self.timed_out = True  # its end is expected, and no crash
        return True

    def _complete(self, request_id: str, result: InvokeResult) -> bool:
        invocation = self.invocation
        if invocation is None or invocation.request_id != request_id or not invocation.delivered:
            return False
        self.invocation = None
        self.stdout.drain()
        self._owner.succeeded()
        invocation.finish(result)
        self._owner.worker_free(self)
        return True

    def init_failed(self, body: bytes) -> bool:
        """The module could not be loaded; the process ends by itself."""
        if self.ready or self.init_error is not None:
            return False
        self.init_error = documents.from_function(body, "Runtime.Unknown")
        return True

    def connection_lost(self, connection: wire.Connection) -> None:
        """A runtime that hangs up while it waits for work will not come back."""
        if connection is self._waiting:
            self._waiting = None
            self.kill()
