"""`GET /_airside/events/stream`: the events as they are recorded, as server-sent events (HTML Living Standard §9.2).

A reader that is slow costs nothing but its place: what it has not been sent stays in the log's one ring, and where
the ring has moved on meanwhile it is told so. Nothing is queued for it beyond the socket's buffer.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from localcloud.control.wire import after_of, refused
from localcloud.telemetry.events import EventLog

HEARTBEAT = 15.0
"""Seconds between two signs of life, so that a proxy or a reader can tell silence from a dead connection."""
MOST_READERS = 16
"""Streams at a time; a browser opens one per page."""
BATCH = 100
"""Events taken from the log at once."""


def routes(events: EventLog, *, heartbeat: float = HEARTBEAT, most: int = MOST_READERS) -> list[Route]:
    """The one route. It ends when the log does."""
    readers = 0

    async def stream(request: Request) -> Response:
        after = after_of(request)
        if readers >= most:
            raise refused(503, f"{most} streams are open already. Close a page, or poll /_airside/events.")
        return StreamingResponse(counted(after), media_type="text/event-stream")

    async def counted(after: int) -> AsyncIterator[bytes]:
        nonlocal readers
        # Another request may have come in between, so it is asked again where it counts.
        if readers >= most:
            return
        readers += 1
        try:
            async for chunk in follow(events, after, heartbeat):
                yield chunk
        finally:
            readers -= 1

    return [Route("/_airside/events/stream", stream, methods=["GET"])]


async def follow(events: EventLog, after: int, heartbeat: float) -> AsyncIterator[bytes]:
    """Frames for everything after an event. A number that is yet to come is one of an earlier platform."""
    # Headers reach a reader with the first bytes.
    yield b": airside\n\n"
    while not events.ended:
        first = events.first
        if not first - 1 <= after <= events.last:
            yield _frame({"first": first}, event="missed")
            after = first - 1
        found = await events.wait(after, timeout=heartbeat, limit=BATCH)
        if not found:
            yield b": alive\n\n"
            continue
        if found[0]["seq"] != after + 1:
            continue  # the ring has moved on while this reader was away
        after = found[-1]["seq"]
        yield b"".join(_frame(event, number=event["seq"]) for event in found)


def _frame(value: Mapping[str, Any], *, event: str | None = None, number: int | None = None) -> bytes:
    # JSON escapes line ends, so one data line always suffices.
    lines = [f"event: {event}"] if event else []
    lines += [f"id: {number}"] if number else []
    lines.append(f"data: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}")
    return "\n".join([*lines, "", ""]).encode("utf-8", "replace")
