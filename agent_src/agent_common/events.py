"""The events an agent streams, as JSON objects, and their framing as server-sent events.

Order on the wire: any number of `text`, `tool` and `result` events, then exactly one `done` or `error`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from agent_common.errors import AgentError

Event = Mapping[str, Any]
Emit = Callable[[Event], None]
ToolStatus = Literal["started", "ok", "error", "refused"]
TOOL_STATUSES = ("started", "ok", "error", "refused")


def text(chunk: str) -> Event:
    """A piece of the answer."""
    return {"type": "text", "text": chunk}


def tool(agent: str, name: str, status: ToolStatus, ms: int | None = None) -> Event:
    """A tool that `agent` began (`started`, no `ms`) or ended; `refused` means access was denied."""
    event: dict[str, Any] = {"type": "tool", "agent": agent, "tool": name, "status": status}
    if ms is not None:
        event["ms"] = ms
    return event


def result(agent: str, name: str, data: Mapping[str, Any]) -> Event:
    """What of a tool's answer the user may see as it is (`shown`); it follows the tool's end."""
    return {"type": "result", "agent": agent, "tool": name, "data": data}


def done(agent: str, turns: int) -> Event:
    """The last event of an answered request; `turns` counts model calls."""
    return {"type": "done", "agent": agent, "turns": turns}


def error(fault: AgentError) -> Event:
    """The last event of a failed request."""
    return {"type": "error", "code": fault.code, "message": fault.message}


def is_last(event: Event) -> bool:
    return event.get("type") in ("done", "error")


def frame(event: Event) -> bytes:
    """One server-sent event. JSON escapes line ends, so one `data:` line always suffices."""
    return b"data: " + json.dumps(event, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"
