"""What the stand-ins write their spans to: a ring that is appended to on the hot path and read out elsewhere."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.traces.span import Begun, Span

Item = Span | Begun | dict[str, Any]


class Recorder:
    """Takes spans, and decisions as the event log keeps them. May be called from any thread; never waits.

    What nobody has read when `capacity` newer items came is gone.
    """

    def __init__(self, *, capacity: int = 20_000, now: Callable[[], int] = time.time_ns) -> None:
        self._ring: deque[Item] = deque(maxlen=capacity)
        self.now = now
        """Unix nanoseconds: the spans' clock, which the agents' processes read too."""
        self.add: Callable[[Span | Begun], None] = self._ring.append
        """Keeps a span, or says that one has begun."""

    def event(self, event: Mapping[str, Any]) -> None:
        """Keeps an event of the log, if it is a decision within a trace."""
        if event.get("event") == "decision" and event.get("trace_id") is not None:
            self._ring.append(dict(event))

    def drain(self) -> list[Item]:
        """Everything since the last time, oldest first."""
        ring, found = self._ring, []
        for _ in range(len(ring)):
            try:
                found.append(ring.popleft())
            except IndexError:  # another thread is draining too
                break
        return found


class Arguments:
    """The bodies of tool calls, for whoever asks to see what a call said. In memory only, and bounded.

    `most` is how many bytes are kept of all calls, `longest` of one; `most=0` keeps nothing.
    """

    def __init__(self, *, most: int = 4 * 1024 * 1024, longest: int = 64 * 1024) -> None:
        self._most, self._longest = most, longest
        self._kept: OrderedDict[tuple[str, str], tuple[bytes | None, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def keeping(self) -> bool:
        return self._most > 0

    def keep(self, trace_id: str, span_id: str, body: bytes) -> None:
        """The request body of one call."""
        if not self.keeping:
            return
        kept = body if len(body) <= self._longest else None
        with self._lock:
            self._kept[(trace_id, span_id)] = (kept, len(body))
            self._size += _weight(kept)
            while self._size > self._most and self._kept:
                _, (oldest, _) = self._kept.popitem(last=False)
                self._size -= _weight(oldest)

    def of(self, trace_id: str, span_id: str) -> tuple[bytes | None, int] | None:
        """The body (None where it was too long) and its length; None where nothing is kept."""
        with self._lock:
            return self._kept.get((trace_id, span_id))

    def spans(self, trace_id: str) -> frozenset[str]:
        """The spans of a trace that something is kept of."""
        with self._lock:
            return frozenset(span for trace, span in self._kept if trace == trace_id)


def _weight(body: bytes | None) -> int:
    """Bytes an entry counts for: the ids and the bookkeeping take room too."""
    return 256 + len(body or b"")
