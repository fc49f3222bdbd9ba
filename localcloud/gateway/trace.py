"""W3C trace context: a request's place in its trace."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Trace:
    """`trace_id` (32 hex) names the trace; `parent` is the `traceparent` for what this request calls."""

    trace_id: str
    parent: str


def continue_trace(values: list[bytes]) -> Trace:
    """The trace of the one valid `traceparent` given, else a new one (W3C Trace Context §3.2.2, §4)."""
    match = _TRACEPARENT.fullmatch(values[0]) if len(values) == 1 else None
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        trace_id, flags = secrets.token_hex(16), "01"
    else:
        trace_id, flags = match[1].decode(), match[3].decode()
    return Trace(trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-{flags}")
