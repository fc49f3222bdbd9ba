"""The workers of one function: who is free, who waits, when another is started, when none is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from localcloud.functions import documents
from localcloud.functions.api import InvokeResult
from localcloud.functions.worker import Invocation, Worker

Start = Callable[[Worker], Awaitable[None]]


@dataclass(frozen=True)
class Limits:
    """`workers` at most, `queue` calls waiting at most; a module may take `init_seconds` to load.

    10 s is what AWS gives the init phase (AWS Lambda Developer Guide: execution environment lifecycle). While
    workers are busy, another is started only for calls that have waited `patience_seconds`: starting one
    costs more than most calls take.
    """

    workers: int = 4
    queue: int = 100
    init_seconds: float = 10.0
    patience_seconds: float = 0.02
    backoff_seconds: float = 0.1
    backoff_most: float = 5.0


class Group:
    """Gives invocations to free workers, last freed first, and starts workers on demand."""

    def __init__(
        self,
        name: str,
        timeout_seconds: float,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        start: Start,
        line: Callable[[bytes], None],
    ) -> None:
        self.name = name
        self.timeout_seconds = timeout_seconds
        self._limits = limits
        self._loop = loop
        self._start = start
        self._line = line
        self._free: list[Worker] = []
        self._queue: deque[Invocation] = deque()
        self._workers: set[Worker] = set()
        self._starting: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._not_before = 0.0
        self._retry: asyncio.TimerHandle | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._closed = False
        self._keep_one = False
        self.init_error: InvokeResult | None = None
        """Why the last worker could not be started; None once one could."""

    @property
    def pids(self) -> list[int]:
        """The living workers' processes."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def prewarm(self) -> None:
        """Have one worker, from now on; returns when it is ready or could not be started."""
        self._keep_one = True
        self._grow()
        await self.settled()

    async def settled(self) -> None:
        """Wait until no worker is starting."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Fail every caller, kill every worker, wait for their ends."""
        self._closed = True
        for timer in (self._retry, self._soon):
            if timer is not None:
                timer.cancel()
        for invocation in self._queue:
            invocation.finish(documents.stopped(self.name))
        self._queue.clear()
        workers = list(self._workers)
        for worker in workers:
            if worker.invocation is not None:
                worker.invocation.finish(documents.stopped(self.name))
            worker.kill()
        await self.settled()
        for worker in workers:
            worker.kill()
            await worker.closed()

    # -- calls -------------------------------------------------------------------------------------------

    async def invoke(self, payload: bytes, head: bytes) -> InvokeResult:
        """Run one call; never raises but for the caller's own cancellation."""
        if self._closed:
            return documents.stopped(self.name)
        invocation = Invocation(payload, head, self._loop.create_future())
        if self._free:
            self._free.pop().run(invocation)
        elif self._limits.workers == 0 or len(self._queue) >= self._limits.queue:
            return documents.throttled(self.name, self._limits.workers)
        elif self.init_error is not None and not self._workers and self._loop.time() < self._not_before:
            return self.init_error
        else:
            self._queue.append(invocation)
            patience = self.timeout_seconds + self._limits.init_seconds
            invocation.timer = self._loop.call_later(patience, self._give_up, invocation)
            if len(self._workers) == len(self._starting):
                self._grow()
            elif self._soon is None:
                self._soon = self._loop.call_later(self._limits.patience_seconds, self._grow_now)
        try:
            return await invocation.future
        finally:
            if not invocation.delivered and invocation in self._queue:
                self._queue.remove(invocation)  # the caller has gone

    def _give_up(self, invocation: Invocation) -> None:
        invocation.timer = None
        with contextlib.suppress(ValueError):
            self._queue.remove(invocation)
        invocation.finish(documents.throttled(self.name, self._limits.workers))

    # -- workers -----------------------------------------------------------------------------------------

    def _wanted(self) -> int:
        """How many more workers to start now."""
        room = self._limits.workers - len(self._workers)
        missing = len(self._queue) - len(self._starting)
        if self._keep_one and not self._workers:
            missing = max(missing, 1)
        return min(room, missing)

    def _grow(self) -> None:
        if self._closed or self._wanted() <= 0:
            return
        wait = self._not_before - self._loop.time()
        if wait > 0:
            if self._retry is None:
                self._retry = self._loop.call_later(wait, self._try_again)
            return
        for _ in range(self._wanted()):
            worker = Worker(self, self._loop, self._line)
            self._workers.add(worker)
            self._starting.add(worker)
            task = self._loop.create_task(self._bring_up(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _grow_now(self) -> None:
        self._soon = None
        self._grow()

    def _try_again(self) -> None:
        self._retry = None
        self._grow()

    async def _bring_up(self, worker: Worker) -> None:
        try:
            await self._start(worker)
        except Exception as error:  # whatever it is, callers must be told, and nobody may wait for ever
            reason = getattr(error, "strerror", None) or type(error).__name__
            message = f"{self.name}: the worker could not be started: {reason}"
            worker.init_error = documents.result("error", "Runtime.InvalidEntrypoint", message)
            worker.kill()
            return
        if self._closed:
            worker.kill()
        deadline = self._loop.call_later(self._limits.init_seconds, self._init_expired, worker)
        try:
            while worker in self._starting:
                await worker.changed.wait()
        finally:
            deadline.cancel()

    def _init_expired(self, worker: Worker) -> None:
        message = f"{self.name}: Init phase timed out after {self._limits.init_seconds:.2f} seconds"
        worker.init_error = documents.result("timeout", "Sandbox.Timedout", message)
        worker.kill()

    # -- what workers tell -------------------------------------------------------------------------------

    @staticmethod
    def wall_ms() -> int:
        """Milliseconds since the epoch: the deadline is compared with the worker's own clock."""
        return time.time_ns() // 1_000_000

    def succeeded(self) -> None:
        """The function works: forget earlier crashes."""
        self._failures = 0
        self._not_before = 0.0

    def worker_free(self, worker: Worker) -> None:
        """Give it the longest-waiting call, or keep it for the next."""
        if worker in self._starting:
            self._starting.discard(worker)
            worker.changed.set()
            self.init_error = None
        if self._queue:
            worker.run(self._queue.popleft())
        else:
            self._free.append(worker)

    def worker_gone(self, worker: Worker) -> None:
        """Answer for what it held, then replace it; at once the first time, later and later after that."""
        self._workers.discard(worker)
        with contextlib.suppress(ValueError):
            self._free.remove(worker)
        held, worker.invocation = worker.invocation, None
        if self._closed:
            self._starting.discard(worker)
            worker.changed.set()
            if held is not None:
                held.finish(documents.stopped(self.name))
            return
        if held is not None:
            if held.delivered:
                held.finish(documents.exited(held.request_id, worker.exit_code))
            else:
                self._queue.appendleft(held)
        if worker in self._starting:
            self._start_failed(worker)
        elif not worker.timed_out:
            self._failures += 1
            if self._failures > 1:
                self._back_off(self._failures - 2)
        self._grow()

    def _start_failed(self, worker: Worker) -> None:
        self._starting.discard(worker)
        worker.changed.set()
        self.init_error = worker.init_error or documents.exited("", worker.exit_code)
        self._back_off(self._failures)
        self._failures += 1
        # Not tried again until somebody calls: a module that cannot be loaded stays so until it is edited.
        self._keep_one = False
        if not self._workers:
            while self._queue:
                self._queue.popleft().finish(self.init_error)

    def _back_off(self, doublings: int) -> None:
        pause = min(self._limits.backoff_most, self._limits.backoff_seconds * 2 ** min(doublings, 16))
        self._not_before = self._loop.time() + pause
