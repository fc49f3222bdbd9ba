"""A request's place in its trace, as the gateway passes it on."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud import tracing


@dataclass(frozen=True, slots=True)
class Trace:
    """`trace_id` (32 hex) names the trace; `parent` is the `traceparent` for what this request calls.

    `span_id` is the span that `parent` names, `caller` the one it is part of, None where the trace begins here.
    """

    trace_id: str
    parent: str
    span_id: str
    caller: str | None

    def below(self) -> Trace:
        """The place of a step of this request that calls something itself."""
        context = tracing.TraceParent(self.trace_id, self.span_id, self.parent[-2:]).below()
        return Trace(self.trace_id, context.header, context.parent_id, self.span_id)


def continue_trace(values: list[bytes]) -> Trace:
    """The trace of the one valid `traceparent` given, else a new one."""
    found = tracing.read([value.decode("latin-1") for value in values])
    context = found.below() if found else tracing.begin()
    return Trace(context.trace_id, context.header, context.parent_id, found.parent_id if found else None)
