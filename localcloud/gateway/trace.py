"""A request's place in its trace, as the gateway passes it on."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud import tracing


@dataclass(frozen=True, slots=True)
class Trace:
    """`trace_id` (32 hex) names the trace; `parent` is the `traceparent` for what this request calls."""

    trace_id: str
    parent: str


def continue_trace(values: list[bytes]) -> Trace:
    """The trace of the one valid `traceparent` given, else a new one."""
    found = tracing.read([value.decode("latin-1") for value in values]) or tracing.begin()
    return Trace(found.trace_id, found.below().header)
