"""The latest traces, put together from what the stand-ins and the agents say; bounded in every direction."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from localcloud.traces.recorder import Arguments, Recorder
from localcloud.traces.span import Begun, Span


@dataclass
class Trace:
    """Everything known of one trace. `dropped` counts spans and decisions that were one too many.

    `own` names the spans that the stand-ins made; the others are what agents say.
    """

    trace_id: str
    spans: dict[str, Span] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    begun: dict[str, Begun] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    touched: int = 0
    """When something last came, Unix nanoseconds."""

    def copy(self) -> Trace:
        return replace(
            self,
            spans=dict(self.spans),
            own=set(self.own),
            begun=dict(self.begun),
            decisions=list(self.decisions),
        )


class TraceStore:
    """Keeps at most `traces` traces of at most `per_trace` spans each, and `total` spans in all.

    What was touched longest ago goes first. `sink`, if set, is given every span and decision once.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        arguments: Arguments | None = None,
        traces: int = 500,
        per_trace: int = 1_000,
        total: int = 40_000,
    ) -> None:
        self._recorder = recorder
        self.arguments = arguments or Arguments(most=0)
        self._most, self._per_trace, self._total = traces, per_trace, total
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._spans = 0
        self._lock = threading.Lock()
        self.sink: Callable[[Span | Mapping[str, Any]], None] | None = None

    def now(self) -> int:
        """Unix nanoseconds."""
        return self._recorder.now()

    def refresh(self) -> None:
        """Take over what the stand-ins recorded since the last time."""
        with self._lock:
            for item in self._recorder.drain():
                if isinstance(item, Span):
                    self._put(item, own=True)
                elif isinstance(item, Begun):
                    self._trace(item.trace_id).begun[item.span_id] = item
                else:
                    self._decided(item)

    def take(self, spans: Iterable[Span]) -> None:
        """Spans from an agent's process. Never in the place of one of the stand-ins' own."""
        self.refresh()
        with self._lock:
            for span in spans:
                self._put(span, own=False)

    def get(self, trace_id: str) -> Trace | None:
        """A copy of one trace, as of now."""
        self.refresh()
        with self._lock:
            found = self._traces.get(trace_id)
            return None if found is None else found.copy()

    def latest(self, limit: int) -> list[Trace]:
        """Copies of the traces touched last, newest first."""
        return list(islice(self.newest(), limit))

    def newest(self) -> Iterator[Trace]:
        """Copies of all traces, the one touched last first; each is made when it is asked for."""
        self.refresh()
        with self._lock:
            found = list(self._traces.values())
        for trace in reversed(found):
            with self._lock:
                copied = trace.copy()
            yield copied

    def _put(self, span: Span, *, own: bool) -> None:
        trace = self._trace(span.trace_id)
        known = span.span_id in trace.spans
        if known and (not own or span.span_id in trace.own):
            return  # sent twice, or in another's name
        if own:
            trace.begun.pop(span.span_id, None)
        if not known and len(trace.spans) >= self._per_trace:
            trace.dropped += 1
            return
        trace.spans[span.span_id] = span
        self._spans += not known
        if own:
            trace.own.add(span.span_id)
        while self._spans > self._total and len(self._traces) > 1:
            self._evict()
        if self.sink is not None:
            self.sink(span)

    def _decided(self, event: dict[str, Any]) -> None:
        trace = self._trace(event["trace_id"])
        if len(trace.decisions) >= self._per_trace:
            trace.dropped += 1
            return
        trace.decisions.append(event)
        if self.sink is not None:
            self.sink(event)

    def _trace(self, trace_id: str) -> Trace:
        trace = self._traces.get(trace_id)
        if trace is None:
            trace = self._traces[trace_id] = Trace(trace_id)
            while len(self._traces) > self._most:
                self._evict()
        else:
            self._traces.move_to_end(trace_id)
        trace.touched = self._recorder.now()
        return trace

    def _evict(self) -> None:
        _, gone = self._traces.popitem(last=False)
        self._spans -= len(gone.spans)
