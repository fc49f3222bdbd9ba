"""The platform's one list of events: decisions, invocations, model turns, target calls, changes, log notes.

Bounded in number and in size, thread-safe, and followed live by the control API and the command line.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

KINDS = frozenset({"control", "decision", "invocation", "log", "model", "target"})
LAYERS = frozenset(
    {"authorizer", "rate_limit", "interceptor", "policy", "target", "runtime", "model", "function"}
)
MAX_EVENT_BYTES = 65_536
_TRACE = re.compile(r"[0-9a-f]{32}")


class InvalidEvent(ValueError):
    """An event the log does not take: unknown kind or layer, malformed trace id, not JSON, or too large."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def check(event: Mapping[str, Any]) -> str:
    """The event as one line of JSON; raises `InvalidEvent` naming the key at fault, never its neighbours."""
    if event.get("event") not in KINDS:
        raise InvalidEvent(f"event: {event.get('event')!r} is none of {', '.join(sorted(KINDS))}")
    if event.get("layer") not in LAYERS:
        raise InvalidEvent(f"layer: {event.get('layer')!r} is none of {', '.join(sorted(LAYERS))}")
    trace_id = event.get("trace_id")
    if trace_id is not None and not (isinstance(trace_id, str) and _TRACE.fullmatch(trace_id)):
        raise InvalidEvent("trace_id: neither null nor 32 lower-case hex digits")
    for reserved in ("seq", "time"):
        if reserved in event:
            raise InvalidEvent(f"{reserved}: is set by the log itself")
    try:
        line = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidEvent(f"not JSON: {type(error).__name__}") from error
    # A character is at most four bytes: only long lines need to be encoded to be measured.
    if len(line) * 4 > MAX_EVENT_BYTES and len(line.encode("utf-8", "replace")) > MAX_EVENT_BYTES:
        raise InvalidEvent(f"{len(line)} characters: more than {MAX_EVENT_BYTES} bytes")
    return line


class EventLog:
    """A ring of the last `capacity` events, numbered from 1 without gaps.

    `record` may be called from any thread; `wait` from any event loop. `export`, if given, is a JSONL file to
    which every event is appended as well (created with its folder, mode 0600). `listener` is given every event as
    it is kept; it must neither change it nor wait.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = _utc_now,
        capacity: int = 10_000,
        export: Path | None = None,
        listener: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: {capacity} is less than 1")
        self._clock = clock
        self._events: deque[dict[str, Any]] = deque(maxlen=capacity)
        self._last = 0
        self._lock = threading.Lock()
        self._waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = set()
        self.ended = False
        """Whether `end` has been called: nobody need wait any longer."""
        self._listener = listener
        self._export = None
        if export is not None:
            export.parent.mkdir(parents=True, exist_ok=True)
            self._export = export.open("a", encoding="utf-8", errors="replace")
            export.chmod(0o600)

    @property
    def last(self) -> int:
        """The number of the newest event; 0 where there is none."""
        return self._last

    @property
    def first(self) -> int:
        """The number of the oldest event still kept: a follower that asks for less has missed some."""
        with self._lock:
            return self._last - len(self._events) + 1

    def record(self, event: Mapping[str, Any]) -> None:
        """Append a copy of the event with `seq` and `time` (UTC, milliseconds). Raises `InvalidEvent`."""
        # Through JSON, so that what the caller changes later, or nests, cannot reach what is kept.
        kept: dict[str, Any] = json.loads(check(event))
        with self._lock:
            now = self._clock().astimezone(UTC)
            self._last += 1
            kept["seq"] = self._last
            kept["time"] = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._events.append(kept)
            if self._export is not None:
                self._export.write(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")
                self._export.flush()
            if self._listener is not None:
                self._listener(kept)
        self._wake_all()

    def end(self) -> None:
        """Whoever waits, or will, is answered at once with what there is. Events are still recorded."""
        self.ended = True
        self._wake_all()

    def _wake_all(self) -> None:
        with self._lock:
            waiters, self._waiters = self._waiters, set()
        for loop, future in waiters:
            try:
                loop.call_soon_threadsafe(_wake, future)
            except RuntimeError:
                continue  # that loop has been closed: nobody is waiting there any more

    def select(
        self, trace_id: str | None = None, after: int = 0, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Kept events numbered above `after`, oldest first, of one trace or of all. The dicts are copies.

        With a `limit` the oldest so many of them.
        """
        with self._lock:
            skip = max(0, after - (self._last - len(self._events)))
            found = [
                event
                for event in islice(self._events, skip, None)
                if trace_id is None or event.get("trace_id") == trace_id
            ][:limit]
        return [dict(event) for event in found]

    async def wait(
        self,
        after: int = 0,
        timeout: float = 30.0,
        trace_id: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """`select`, but waits up to `timeout` seconds until there is something; then the list is empty."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            future: asyncio.Future[None] = loop.create_future()
            entry = (loop, future)
            # Before looking, so that nothing recorded in between goes unnoticed.
            with self._lock:
                self._waiters.add(entry)
            try:
                found = self.select(trace_id, after, limit)
                remaining = deadline - loop.time()
                if found or remaining <= 0 or self.ended:
                    return found
                await asyncio.wait((future,), timeout=remaining)
            finally:
                with self._lock:
                    self._waiters.discard(entry)

    def close(self) -> None:
        """Close the export file. Events recorded afterwards are kept in memory only."""
        with self._lock:
            if self._export is not None:
                self._export.close()
                self._export = None


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
