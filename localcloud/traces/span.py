"""One span: a piece of work within a request, as everything here keeps it.

The ids are W3C's (Trace Context §3.2.2), the times Unix nanoseconds as OTLP has them. A plain tuple, because the
gateway makes several on every call.
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Mapping
from typing import NamedTuple

Scalar = str | int | float | bool

KINDS = frozenset(
    {"invocation", "agent", "model", "tool", "gateway", "authorizer", "rate_limit", "interceptor", "policy"}
    | {"target", "function", "identity", "other"}
)
OK, REFUSED, ERROR = "ok", "refused", "error"

TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")


class Span(NamedTuple):
    """`kind` is of `KINDS`, `status` one of ok, refused, error; `service` is the agent's name or the stand-in's.

    `attributes` hold names, numbers and reasons; never a text of a person or a model, an argument or a token.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    service: str
    begun: int
    ended: int
    status: str
    attributes: Mapping[str, Scalar]


class Begun(NamedTuple):
    """Work under way that may take long: it ends with the span of the same id."""

    trace_id: str
    span_id: str
    name: str
    at: int


def new_span_id() -> str:
    """16 random hexadecimal digits, not all zero. Not unguessable: whoever knows an id may do nothing with it."""
    return f"{_bits(64) | 1:016x}"


# A third of the time that asking the kernel takes; nothing rests on an id being unguessable.
_bits = random.Random(secrets.randbits(256)).getrandbits  # noqa: S311
