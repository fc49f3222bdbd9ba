"""What a worker prints: decision lines become events, every other line goes to the function's log."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_STRING = 512
_TRACE = re.compile(r"[0-9a-f]{32}")
_TEXTS = ("agent", "tool", "method", "reason", "source", "policy")
_SHADOW = ("shadow", "would_refuse", "detail")
"""What a line says beyond the others of a call that was let through in shadow mode."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _STRING)


def decision(line: bytes) -> dict[str, Any] | None:
    """The event of a decision line; None for any other line, and for one that is not exactly in form.

    Only the known keys are taken (the CloudWatch envelope is not), so nothing else a function prints can
    enter the event log. The one layer a function may speak for is `interceptor`.
    """
    if not line.startswith(b"{") or b'"decision"' not in line:
        return None
    try:
        found = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("event") != "decision" or found.get("layer") != "interceptor":
        return None
    trace_id, request_id, micros = found.get("trace_id"), found.get("request_id"), found.get("micros")
    in_form = (
        found.get("effect") in ("allow", "deny")
        and isinstance(found.get("reason"), str)
        and all(_text(found.get(key)) for key in (*_TEXTS, *_SHADOW))
        and (trace_id is None or (isinstance(trace_id, str) and _TRACE.fullmatch(trace_id)))
        and (
            request_id is None
            or type(request_id) is int
            or (isinstance(request_id, str) and len(request_id) <= 64)
        )
        and (micros is None or type(micros) in (int, float))
        and type(found.get("user", False)) is bool
    )
    if not in_form:
        return None
    keys = (
        "event",
        "layer",
        "agent",
        "tool",
        "method",
        "effect",
        "reason",
        "source",
        "request_id",
        "trace_id",
    )
    shadow = _SHADOW if found.get("shadow") is not None else ()
    return {key: found.get(key) for key in (*keys, "policy", "micros", *shadow)} | {
        "user": found.get("user", False)
    }
