"""Trace context in and out, and a log that cannot carry a token, a header, an argument or a payload.

Our own records are written as given: fields chosen here and there, never request data. A record of any
other library is reduced to where it was written and the class of its exception, because its text may
quote what it failed on.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context, get_current

OURS = "agent"
"""Root of our own loggers; `log()` is the only way anything is written to it."""


def incoming(headers: Mapping[str, str]) -> Context:
    """The trace context of a request (W3C `traceparent`, `tracestate`).

    Where auto-instrumentation has already begun a server span, that span is the parent, not the header.
    """
    if trace.get_current_span().get_span_context().is_valid:
        return get_current()
    return propagate.extract(headers)


def outgoing(carrier: MutableMapping[str, str]) -> None:
    """Write the current trace context into headers of a request we are about to send."""
    propagate.inject(carrier)


def trace_id() -> str | None:
    """The current trace's id, 32 hexadecimal digits, or None outside a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def log(event: str, level: int = logging.INFO, *, error: BaseException | None = None, **fields: Any) -> None:
    """Write one JSON line: `event`, the fields, the trace id, and of an exception its class and places."""
    record: dict[str, Any] = {"event": event, **fields}
    if (trace_hex := trace_id()) is not None:
        record["trace_id"] = trace_hex
    if error is not None:
        record |= _describe(error)
    logging.getLogger(OURS).log(level, "%s", event, extra={"fields": record})


def configure_logging(stream: Any = None) -> None:
    """Send every record of the process through the one formatter, to standard error by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    ours = logging.getLogger(OURS)
    ours.setLevel(logging.INFO)
    # The SDK attaches a formatter of its own, which writes exception texts, unless a handler is there.
    sdk = logging.getLogger("bedrock_agentcore.app")
    sdk.handlers[:] = [logging.NullHandler()]
    sdk.setLevel(logging.WARNING)
    logging.captureWarnings(True)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        made: dict[str, Any] = {"time": f"{second}.{int(record.msecs):03d}Z", "level": record.levelname}
        fields = getattr(record, "fields", None)
        if record.name == OURS and isinstance(fields, dict):
            made |= fields
        else:
            made |= {"event": "library", "logger": record.name, "where": f"{record.module}:{record.lineno}"}
            if record.exc_info and record.exc_info[1] is not None:
                made |= _describe(record.exc_info[1])
        return json.dumps(made, ensure_ascii=False, default=lambda value: type(value).__name__)


def _describe(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    described: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    cause = error.__cause__ or error.__context__
    if cause is not None:
        described["cause"] = type(cause).__name__
    if isinstance(code := getattr(error, "code", None), (int, str)):
        described["code"] = str(code)[:64]
    answer = getattr(error, "response", None)
    if isinstance(answer, Mapping) and isinstance(answer.get("Error"), Mapping):
        described["code"] = str(answer["Error"].get("Code"))[:64]
    return described
