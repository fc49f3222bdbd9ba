"""A trace as it is shown: a line of a list, and a waterfall of spans with the decisions on each call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from localcloud.traces.decisions import joined
from localcloud.traces.span import ERROR, OK, REFUSED, Span
from localcloud.traces.store import Trace

RUNNING = "running"
PATIENCE = 5_000_000_000
"""Nanoseconds after which nothing more is waited for: an agent that was killed never says what it did."""


class View:
    """One trace, looked at `now` (Unix nanoseconds)."""

    def __init__(self, trace: Trace, now: int) -> None:
        self._trace = trace
        self._now = now
        self.spans = sorted(trace.spans.values(), key=lambda span: (span.begun, -span.ended, span.span_id))
        self._decided = joined(
            [span.span_id for span in self.spans if span.kind == "gateway"], trace.decisions
        )
        self._refused = {key for key, decided in self._decided.items() if decided.refused}
        for span in self.spans:
            if span.kind == "gateway" and (span.status == REFUSED or span.span_id in self._refused):
                self._refused |= self._users(span)
        times = [span.begun for span in self.spans] + [begun.at for begun in trace.begun.values()]
        self._start = min(times, default=trace.touched)
        self._end = max((span.ended for span in self.spans), default=self._start)

    @property
    def running(self) -> bool:
        return bool(self._trace.begun)

    @property
    def upkeep(self) -> bool:
        """Whether nobody asked for anything: an agent opened its session with the gateway, or asked what it offers,
        between two requests. A list of requests would drown in these; what was refused is never one of them."""
        if self.running or self.status == REFUSED or not all(map(_by_itself, self._roots())):
            return False
        return not any(decided.method == "tools/call" for decided in self._decided.values())

    def _roots(self) -> list[Span]:
        return [span for span in self.spans if span.parent_id not in self._trace.spans]

    @property
    def complete(self) -> bool:
        """Whether everything that is to come has come: no work under way, and what agents and interceptors said of
        it is here, or has not come for so long that it will not."""
        if self.running:
            return False
        return not self._missing() or self._now - self._trace.touched > PATIENCE

    def _missing(self) -> bool:
        known = self._trace.spans
        entry = next((span.parent_id for span in self.spans if span.span_id in self._trace.own), None)
        parents = {span.parent_id for span in self.spans}
        if any(parent not in known for parent in parents - {None, entry}):
            return True
        asked = {
            span.span_id
            for span in self.spans
            if span.kind == "invocation" and span.status == OK and "airside.server" not in span.attributes
        }
        if asked - parents:
            return True
        guarded = {span.parent_id for span in self.spans if span.kind == "interceptor"}
        return any(
            key in guarded and "interceptor" not in decided.layers for key, decided in self._decided.items()
        )

    @property
    def status(self) -> str:
        """`running`, then `refused` if any layer or runtime refused, else `error` if anything failed."""
        if self.running:
            return RUNNING
        statuses = {self._status(span) for span in self.spans}
        return next((status for status in (REFUSED, ERROR) if status in statuses), OK)

    def summary(self) -> dict[str, Any]:
        """The trace's line of the list."""
        calls = [decided for decided in self._decided.values() if decided.method == "tools/call"]
        refused = sum(decided.refused for decided in self._decided.values())
        turned_away = sum(span.kind == "invocation" and span.status == REFUSED for span in self.spans)
        end = self._now if self.running else self._end
        started = datetime.fromtimestamp(self._start / 1e9, UTC).isoformat(timespec="milliseconds")
        return {
            "trace_id": self._trace.trace_id,
            "started": started.replace("+00:00", "Z"),
            "ms": round(max(0, end - self._start) / 1e6, 1),
            "name": self._name(),
            "agents": self._agents(),
            "allowed": sum(not decided.refused for decided in calls),
            "refused": refused + turned_away,
            "status": self.status,
        }

    def document(self, kept: Collection[str] = ()) -> dict[str, Any]:
        """The whole trace. `kept` are the spans whose arguments can be asked for."""
        return {
            **self.summary(),
            "complete": self.complete,
            "dropped": self._trace.dropped,
            "spans": [
                self._document(span, parent, span.span_id in kept)
                for span, parent in zip(self.spans, self._parents(), strict=True)
            ],
        }

    def _parents(self) -> list[str | None]:
        """The spans' parents as a tree has them: one that nobody told of, as a caller's own, is none; and where
        agents name each other as parents, somebody is the first."""
        known = self._trace.spans
        parents = {key: span.parent_id if span.parent_id in known else None for key, span in known.items()}
        sound: set[str] = set()
        for key in parents:
            path: set[str] = set()
            at: str | None = key
            while at is not None and at not in sound:
                path.add(at)
                if parents[at] in path:
                    parents[at] = None
                at = parents[at]
            sound |= path
        return [parents[span.span_id] for span in self.spans]

    def _document(self, span: Span, parent: str | None, arguments: bool) -> dict[str, Any]:
        made: dict[str, Any] = {
            "span_id": span.span_id,
            "parent_id": parent,
            "name": span.name,
            "kind": span.kind,
            "service": span.service,
            "start_us": (span.begun - self._start) // 1000,
            "ms": round(max(0, span.ended - span.begun) / 1e6, 3),
            "status": self._status(span),
            "attributes": dict(span.attributes),
        }
        decided = self._decided.get(span.span_id)
        if decided is not None:
            made["decision"] = decided.document()
        if arguments:
            made["arguments"] = True
        return made

    def _status(self, span: Span) -> str:
        """A span's own, but a request that a layer refused is refused, and so is the tool's use it was made for."""
        return REFUSED if span.span_id in self._refused else span.status

    def _users(self, span: Span) -> set[str]:
        """The use of a tool that a gateway request was made for: between the two stands what a library adds."""
        up: Span | None = span
        for _ in range(4):  # agents could name each other as parents
            up = self._trace.spans.get((up.parent_id if up else None) or "")
            if up is None or up.kind != "other":
                break
        return {up.span_id} if up is not None and up.kind == "tool" else set()

    def _name(self) -> str:
        """What was asked for first. An agent's own name for it counts only where the platform has none."""
        own = [span for span in self.spans if span.span_id in self._trace.own]
        begun = sorted(self._trace.begun.values(), key=lambda each: each.at)
        names = (
            [each.name for each in own] + [each.name for each in begun] + [each.name for each in self.spans]
        )
        return names[0] if names else "request"

    def _agents(self) -> list[str]:
        named = [span.attributes.get("gen_ai.agent.name") for span in self.spans if span.kind == "invocation"]
        named += [decided.agent for decided in self._decided.values()]
        return list(dict.fromkeys(str(name) for name in named if name))


def _by_itself(root: Span) -> bool:
    """Whether an agent begins a trace with this without having been asked: a request to the gateway, as the platform
    sees it or as the agent's MCP library tells of it."""
    return root.kind == "gateway" or (root.kind == "other" and "mcp.method.name" in root.attributes)
