"""The events as they happen: nothing twice, nothing lost in silence, and no reader that costs more than its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any, cast

import pytest
from starlette.types import ASGIApp, Message

from localcloud.control import Control, create_control, stream
from localcloud.server import ports
from localcloud.server.serving import Serving
from localcloud.telemetry.events import EventLog

KEY = "the-key"
NEVER = 3600.0
Frame = tuple[str, int | None, Any]


def recorded(number: int, **options: Any) -> EventLog:
    log = EventLog(**options)
    record(log, number)
    return log


def record(log: EventLog, number: int) -> None:
    for _ in range(number):
        log.record({"event": "log", "layer": "runtime", "text": "한\n글"})


def frames(raw: bytes) -> list[Frame]:
    """What a browser's EventSource makes of the bytes: event, id and data; comments are nothing."""
    found = []
    for block in raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if lines:
            number = int(lines["id"]) if "id" in lines else None
            found.append((lines.get("event", "message"), number, json.loads(lines["data"])))
    return found


async def read(follower: AsyncIterator[bytes], number: int) -> list[Frame]:
    """So many frames, at least."""
    raw = b""
    async for chunk in follower:
        raw += chunk
        if len(frames(raw)) >= number:
            break
    return frames(raw)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 30))


def test_an_event_is_told_twice_or_torn_in_two() -> None:
    async def follows() -> list[Frame]:
        log = recorded(3)
        follower = stream.follow(log, 1, NEVER)
        before = await read(follower, 2)
        record(log, 1)
        return [*before, *await read(follower, 1)]

    told = run(follows())
    assert [(kind, number) for kind, number, _ in told] == [("message", 2), ("message", 3), ("message", 4)]
    assert told[0][2]["text"] == "한\n글"


@pytest.mark.parametrize("after", [0, 3, 900])
def test_a_gap_passes_for_silence(after: int) -> None:
    """A ring that has moved on, and a page that was open before the platform was started again."""

    async def follows() -> list[Frame]:
        return await read(stream.follow(recorded(30, capacity=10), after, NEVER), 11)

    told = run(follows())
    assert told[0] == ("missed", None, {"first": 21})
    assert [number for _, number, _ in told[1:]] == list(range(21, 31))


def test_silence_passes_for_a_dead_connection() -> None:
    async def follows() -> list[bytes]:
        follower = stream.follow(EventLog(), 0, 0.0)
        return [await anext(follower) for _ in range(3)]

    assert run(follows()) == [b": airside\n\n", b": alive\n\n", b": alive\n\n"]


def app(log: EventLog, **options: Any) -> ASGIApp:
    control = Control(
        key=KEY,
        status=dict,
        events=log,
        token=lambda _: None,
        more=tuple(stream.routes(EventLog() if options else log, **options)),
    )
    return create_control(control)


class Reader:
    """One open stream whose reader takes what it is sent only when it is let."""

    def __init__(self, served: ASGIApp, query: str = "") -> None:
        self.sent: list[Message] = []
        self.gone = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/_airside/events/stream",
            "raw_path": b"/_airside/events/stream",
            "query_string": query.encode(),
            "headers": [(b"x-airside-key", KEY.encode())],
            "http_version": "1.1",
        }
        work = cast("Coroutine[Any, Any, None]", served(scope, self._receive, self._send))
        self.task = asyncio.create_task(work)

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.sent)

    async def until(self, number: int) -> None:
        while len(frames(self.body)) < number:
            await asyncio.sleep(0)

    async def _receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reading.wait()
        self.sent.append(message)


def test_a_slow_reader_fills_the_memory() -> None:
    async def reads() -> tuple[int, list[Frame]]:
        log = recorded(1, capacity=50)
        reader = Reader(app(log))
        await reader.until(1)
        reader.reading.clear()
        for _ in range(100):
            record(log, 20)
            await asyncio.sleep(0)
        waiting = len(reader.body)
        reader.reading.set()
        record(log, 1)
        await reader.until(1 + 1 + 50)
        log.end()
        await reader.task
        return waiting, frames(reader.body)

    waiting, told = run(reads())
    assert waiting < 1000, "nothing is written for a reader that does not read"
    assert "missed" in [kind for kind, _, _ in told]
    numbers = [number for _, number, _ in told if number]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 2002
    assert len(numbers) < 250, "what the ring has forgotten is kept nowhere else"


def test_pages_left_open_use_up_the_platform() -> None:
    async def opens() -> list[int]:
        log = EventLog()
        served = app(log)
        readers = [Reader(served) for _ in range(stream.MOST_READERS)]
        while not all(reader.sent for reader in readers):
            await asyncio.sleep(0)
        late = Reader(served)
        await late.task
        readers[0].gone.set()
        await readers[0].task
        again = Reader(served)
        while not again.sent:
            await asyncio.sleep(0)
        log.end()
        await asyncio.gather(*(reader.task for reader in (*readers, again)))
        return [reader.sent[0]["status"] for reader in (readers[0], late, again)]

    assert run(opens()) == [200, 503, 200]


def test_the_end_of_the_platform_cuts_a_stream_or_waits_for_it() -> None:
    """Over a real socket: the last chunk of a chunked body tells an end from a cut."""

    async def ends() -> bytes:
        log, serving = recorded(1), Serving()
        bound = ports.bind(0, [])
        await serving.start(app(log), bound.front)
        reading, writing = await asyncio.open_connection(*bound.front.getsockname())
        writing.write(
            b"GET /_airside/events/stream HTTP/1.1\r\nHost: x\r\nX-Airside-Key: " + KEY.encode() + b"\r\n\r\n"
        )
        raw = await reading.readuntil(b'"seq":1')
        log.end()
        raw += await reading.readuntil(b"0\r\n\r\n")
        await serving.stop()
        writing.close()
        bound.close()
        return raw

    raw = run(ends())
    assert b"content-type: text/event-stream" in raw
    assert b"cache-control: no-store" in raw


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1e3", "after=" + "9" * 400])
def test_a_number_that_is_none_begins_somewhere(query: str) -> None:
    async def asks() -> int:
        reader = Reader(app(EventLog()), query)
        await reader.task
        return int(reader.sent[0]["status"])

    assert run(asks()) == 400
