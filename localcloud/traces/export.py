"""Spans and decisions, sent on to where the user keeps traces: OTLP over HTTP, never in the way of a request.

One thread of its own collects once a second what was recorded and sends it in batches. A destination that does not
take a batch is told of once, and tried again ever less often until it does; what it missed is gone, and only the
newest `QUEUE` items wait.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from localcloud.traces.span import Span
from localcloud.traces.store import TraceStore

QUEUE = 20_000
BATCH = 512
PERIOD = 1.0
LONGEST_PAUSE = 60.0
_LIBRARY = "opentelemetry.exporter"


@dataclass(frozen=True)
class Destination:
    """Where one signal goes: its whole URL, what is sent along (never shown), and seconds for one request."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0

    @property
    def shown(self) -> str:
        """The address without what may be a secret in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


@dataclass(frozen=True)
class ExportSettings:
    """Where spans go, and where decisions go as log records; None: nowhere."""

    traces: Destination | None = None
    logs: Destination | None = None


class Sender(Protocol):
    """Sends one batch; False where it was not taken. `stop` ends what is under way."""

    def send(self, batch: list[Any]) -> bool: ...

    def stop(self) -> None: ...


@dataclass
class _Lane:
    """One signal: what waits, and how its destination does."""

    destination: Destination
    open: Callable[[], Sender]
    waiting: deque[Any] = field(default_factory=lambda: deque(maxlen=QUEUE))
    sender: Sender | None = None
    pause: float = 0.0
    due: float = 0.0

    def batch(self) -> list[Any]:
        return [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]


class Exporter:
    """Sends what a store takes in. `notice` is told, for a person, when a destination fails and when it is back."""

    def __init__(
        self,
        store: TraceStore,
        settings: ExportSettings,
        *,
        stage: str,
        notice: Callable[[str], None],
        period: float = PERIOD,
    ) -> None:
        self._store = store
        self._notice = notice
        self._period = period
        self._end = threading.Event()
        self._lanes: list[_Lane] = []
        self._spans = self._lane(settings.traces, lambda to: _spans(to, stage))
        self._logs = self._lane(settings.logs, lambda to: _logs(to, stage))
        self._thread = threading.Thread(target=self._run, name="otlp-export", daemon=True)
        store.sink = self._offer

    def start(self) -> None:
        """Begins to send."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Sends what is left, as far as that goes in so many seconds."""
        self._end.set()
        self._thread.join(seconds)
        for lane in self._lanes:
            if lane.sender is not None and self._thread.is_alive():
                lane.sender.stop()

    def _lane(self, to: Destination | None, make: Callable[[Destination], Sender]) -> _Lane | None:
        if to is None:
            return None
        lane = _Lane(to, lambda: make(to))
        self._lanes.append(lane)
        return lane

    def _offer(self, item: Span | Mapping[str, Any]) -> None:
        lane = self._spans if isinstance(item, Span) else self._logs
        if lane is not None:
            lane.waiting.append(item)

    def _run(self) -> None:
        # The library writes a line for every failure; one notice is enough.
        logging.getLogger(_LIBRARY).addHandler(logging.NullHandler())
        logging.getLogger(_LIBRARY).propagate = False
        while not self._end.wait(self._period):
            self._send(time.monotonic())
        self._send(float("inf"))

    def _send(self, now: float) -> None:
        self._store.refresh()
        for lane in self._lanes:
            while lane.waiting and now >= lane.due:
                if not self._deliver(lane, lane.batch()):
                    break

    def _deliver(self, lane: _Lane, batch: list[Any]) -> bool:
        try:
            lane.sender = lane.sender or lane.open()
            taken = lane.sender.send(batch)
        except Exception:  # boundary: nothing a destination does may end this thread
            taken = False
        where = lane.destination.shown
        if taken:
            if lane.pause:
                self._notice(f"OTLP: {where} takes what it is sent again")
            lane.pause = lane.due = 0.0
            return True
        if not lane.pause:
            self._notice(f"OTLP: {where} does not take what it is sent. Trying again; what it misses is lost")
        lane.pause = min(max(5 * self._period, lane.pause * 2), LONGEST_PAUSE)
        lane.due = time.monotonic() + lane.pause
        return False


def _spans(to: Destination, stage: str) -> Sender:
    from localcloud.traces.sdk import SpanSender

    return SpanSender(to.url, dict(to.headers), to.timeout, stage)


def _logs(to: Destination, stage: str) -> Sender:
    from localcloud.traces.sdk import LogSender

    return LogSender(to.url, dict(to.headers), to.timeout, stage)
