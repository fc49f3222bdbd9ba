"""W3C trace context: the one reading of `traceparent` that every stand-in shares (W3C Trace Context §3.2).

The strict one: version 00, lower-case digits, neither id all zeros, and the header given once. Of a later version
only the beginning would be understood, so such a request begins a trace of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers

_HEADER = re.compile(
    r"00-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<parent>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
)

_XRAY = re.compile(
    r"Root=1-(?P<time>[0-9a-f]{8})-(?P<rest>[0-9a-f]{24});Parent=(?P<parent>(?!0{16})[0-9a-f]{16});Sampled=(?P<sampled>[01])"
)


@dataclass(frozen=True, slots=True)
class TraceParent:
    """A place in a trace: 32 hex digits of the trace, 16 of the caller, 2 of flags."""

    trace_id: str
    parent_id: str
    flags: str

    @property
    def sampled(self) -> bool:
        """Whether the caller records this trace (§3.2.2.5)."""
        return bool(int(self.flags, 16) & 1)

    @property
    def header(self) -> str:
        """The value of `traceparent`."""
        return f"00-{self.trace_id}-{self.parent_id}-{self.flags}"

    def below(self) -> TraceParent:
        """The place of what is called from here: the same trace, another caller."""
        return TraceParent(self.trace_id, secrets.token_hex(8), self.flags)


def read(values: Sequence[str]) -> TraceParent | None:
    """What a request's `traceparent` headers say together, or None: of two nobody knows which is meant."""
    found = _HEADER.fullmatch(values[0]) if len(values) == 1 else None
    return TraceParent(found["trace"], found["parent"], found["flags"]) if found else None


def read_xray(values: Sequence[str]) -> TraceParent | None:
    """What an SDK's `X-Amzn-Trace-Id` says, in the one form that instrumented SDKs write; None for any other.

    AWS X-Ray Developer Guide, "Tracing header": `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=<0 or 1>`.
    """
    found = _XRAY.fullmatch(values[0]) if len(values) == 1 else None
    if found is None or not (found["time"] + found["rest"]).strip("0"):
        return None
    return TraceParent(found["time"] + found["rest"], found["parent"], f"0{found['sampled']}")


def of_request(headers: Headers) -> TraceParent | None:
    """A request's place in a trace by either header; `traceparent` counts before X-Ray's."""
    return read(headers.getlist("traceparent")) or read_xray(headers.getlist("x-amzn-trace-id"))


def begin() -> TraceParent:
    """A new trace, sampled."""
    return TraceParent(secrets.token_hex(16), secrets.token_hex(8), "01")
