"""A request's place in its trace, as the gateway passes it on."""

from __future__ import annotations

from typing import NamedTuple

from localcloud import tracing
from localcloud.traces.span import new_span_id


class Trace(NamedTuple):
    """`trace_id` (32 hex) names the trace; `parent` is the `traceparent` for what this request calls.

    `span_id` is the span that `parent` names, `caller` the one it is part of, None where the trace begins here.
    """

    trace_id: str
    parent: str
    span_id: str
    caller: str | None

    def below(self) -> Trace:
        """The place of a step of this request that calls something itself."""
        span_id = new_span_id()
        return Trace(self.trace_id, f"00-{self.trace_id}-{span_id}-{self.parent[-2:]}", span_id, self.span_id)


def continue_trace(values: list[bytes]) -> Trace:
    """The trace of the one valid `traceparent` given, else a new one."""
    found = tracing.read([value.decode("latin-1") for value in values])
    context = found.below() if found else tracing.begin()
    return Trace(context.trace_id, context.header, context.parent_id, found.parent_id if found else None)
