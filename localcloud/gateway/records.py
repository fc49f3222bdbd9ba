"""What the gateway writes to the event log: decisions of its own two layers, and target calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from localcloud.gateway.authorizer import Caller
from localcloud.gateway.spans import Spans, called
from localcloud.gateway.trace import Trace
from localcloud.gateway.wire import Message, RequestId

MAX_LOGGED_ID = 64


class EventLog(Protocol):
    """Takes events (JSON objects); adds time and sequence number itself."""

    def record(self, event: Mapping[str, Any]) -> None:
        """Keeps one event."""
        ...


class Records:
    """Writes a request's events, and the spans that say the same of the time. Tool names and methods not known here
    are a caller's text, so not logged."""

    def __init__(
        self, events: EventLog, tools: frozenset[str], methods: frozenset[str], spans: Spans | None = None
    ) -> None:
        self._events = events
        self.spans = spans or Spans()
        self._tools = tools
        self._methods = methods

    def decision(
        self,
        layer: str,
        message: Message,
        trace: Trace,
        caller: Caller | None,
        *,
        allowed: bool,
        reason: str,
        micros: int,
        source: str | None = None,
        policy: str | None = None,
        **details: Any,
    ) -> None:
        """One decision, with the keys of the interceptor's decision line plus `client` and `span_id`."""
        if layer != "interceptor":  # whose span stands already
            refused = not allowed and bool(details.get("enforced", True))
            self.spans.layer(layer, trace, micros, refused=refused, reason=reason)
        self._events.record(
            {
                "event": "decision",
                "layer": layer,
                "agent": None,
                "client": caller.client if caller else None,
                "tool": called(message, self._tools),
                "method": message.method if message.method in self._methods else None,
                "effect": "allow" if allowed else "deny",
                "reason": reason,
                "source": source,
                "request_id": logged_id(message.id),
                "trace_id": trace.trace_id,
                "span_id": trace.span_id,
                "policy": policy,
                "micros": micros,
                **details,
            }
        )

    def target(
        self, message: Message, trace: Trace, *, tool: str, kind: str, status: str, micros: int
    ) -> None:
        """One target call: `status` is `ok`, `error`, `timeout`, `too_large` or `unreachable`."""
        self._events.record(
            {
                "event": "target",
                "layer": "target",
                "tool": tool,
                "kind": kind,
                "status": status,
                "request_id": logged_id(message.id),
                "trace_id": trace.trace_id,
                "micros": micros,
            }
        )


def logged_id(request_id: RequestId) -> RequestId:
    """A request id as logs may hold it: an integer, or short printable text."""
    if isinstance(request_id, str):
        return request_id if len(request_id) <= MAX_LOGGED_ID and request_id.isprintable() else None
    return request_id
