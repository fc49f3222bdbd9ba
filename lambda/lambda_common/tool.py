"""The calling convention of a tool function: which tool, its answer, one log line, refusals and faults."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from lambda_common.context import tool_name
from lambda_common.errors import Refusal, ToolFailure

Tool = Callable[[object], dict[str, Any]]
"""Takes the event (the arguments) and answers with a JSON object, or raises a Refusal."""
Handler = Callable[[object, object], dict[str, Any]]


def tool_handler(build: Callable[[], Mapping[str, Tool]]) -> Handler:
    """A Lambda handler over the tools that `build` makes once, at the first call.

    Building late keeps an import free of effects; one warm process builds once. A failed build is tried
    again at the next call. Each call writes one JSON line: tool, outcome, code, milliseconds.
    """
    built: list[Mapping[str, Tool]] = []

    def handler(event: object, context: object) -> dict[str, Any]:
        started = time.perf_counter()
        name: str | None = None
        try:
            requested = tool_name(context)
            if not built:
                built.append(build())
            if requested not in built[0]:
                raise ToolFailure(f"this function has no such tool; it has: {', '.join(sorted(built[0]))}")
            name = requested
            answer = built[0][name](event)
        except Refusal as refusal:
            _log(name, started, outcome="refused", code=refusal.code)
            return refusal.answer()
        except ToolFailure as failure:
            _log(name, started, outcome="failed", code=str(failure))
            raise
        except Exception as error:
            _log(name, started, outcome="failed", code=type(error).__name__, at=_where(error))
            # The text of an unforeseen error may quote an argument or a row: only its kind leaves here.
            raise ToolFailure(f"{name or 'the function'} failed: {type(error).__name__}") from None
        _log(name, started, outcome="ok")
        return answer

    return handler


def _where(error: Exception) -> list[str]:
    """The innermost places of an error, as file:line; no source text, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]


def _log(tool: str | None, started: float, **fields: object) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000)
    print(
        json.dumps({"event": "tool", "tool": tool, **fields, "ms": milliseconds}, ensure_ascii=False),
        flush=True,
    )
