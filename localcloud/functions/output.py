"""What a worker prints: decision lines become events, every other line goes to the function's log."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

MAX_LINE = 65_536
_CHUNK = 65_536
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


class OutputPipe:
    """The read end of a worker's stdout or stderr, split into lines as it fills.

    `drain` may be called at any time: what a handler printed before it answered is in the pipe by then, so
    draining before the caller is told makes the order of events certain.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, line: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._line = line
        self._rest = bytearray()
        self._skipped = 0
        self._read, self.write_end = os.pipe()
        os.set_blocking(self._read, False)
        loop.add_reader(self._read, self._ready)

    def started(self) -> None:
        """Close our copy of the write end, once the process has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def _ready(self) -> None:
        # One chunk per turn of the loop: a function that prints without end must not stop the platform.
        if self._once() == 0:
            self.close()

    def drain(self) -> None:
        """Take what is in the pipe now, at most one pipe's capacity."""
        for _ in range(16):
            if self._read < 0 or self._once() <= 0:
                return

    def _once(self) -> int:
        """Read one chunk: its length, 0 at the end, -1 where nothing is there yet."""
        try:
            data = os.read(self._read, _CHUNK)
        except BlockingIOError:
            return -1
        except OSError:
            return 0
        self._feed(data)
        return len(data)

    def _feed(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._rest += line
            self._finish()
        self._rest += rest
        if len(self._rest) > MAX_LINE:
            self._skipped += len(self._rest)
            self._rest.clear()

    def _finish(self) -> None:
        line, skipped = bytes(self._rest), self._skipped
        self._rest.clear()
        self._skipped = 0
        if skipped or len(line) > MAX_LINE:
            line = b"[airside] a line of %d bytes was refused (limit %d)" % (skipped + len(line), MAX_LINE)
        if line.strip():
            self._line(line)

    def close(self) -> None:
        """Take the rest and close both ends."""
        if self._read < 0:
            return
        self.drain()
        self._loop.remove_reader(self._read)
        os.close(self._read)
        self._read = -1
        self.started()
        if self._rest or self._skipped:
            self._finish()
