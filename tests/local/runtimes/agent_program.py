"""A tiny agent: does what the request asks for, so that a test can see it from inside the container's place.

Written into a package of its own by `kit.World`; it is not imported by tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

NOTES = Path(os.environ["NOTES"])
JSON = [(b"content-type", b"application/json")]


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    if scope["path"] == "/ping":
        await answer(send, {"status": "Healthy"})
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    asked = {**json.loads(body), "body": body}
    await globals()[f"do_{asked['do']}"](scope, receive, send, asked)


async def answer(send: Any, what: Any, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": JSON})
    await send({"type": "http.response.body", "body": json.dumps(what, ensure_ascii=False).encode()})


async def do_show(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
    shown = {"headers": headers, "env": dict(os.environ), "cwd": str(Path.cwd()), "path": scope["path"]}
    await answer(send, shown)


async def do_say(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    print(asked["text"])
    print(asked["text"] * 2, file=sys.stderr)
    await answer(send, {})


async def do_mirror(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    """Every byte there is, then the request's own, under the request's content type."""
    kind = dict(scope["headers"])[b"content-type"]
    headers = [(b"content-type", kind), (b"x-agent-internal", b"not for callers")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(range(256)) + asked["body"]})


async def do_stream(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    """A part, then, once the test lets it go on, another."""
    start = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    await send({"type": "http.response.body", "body": "data: 하나\n\n".encode(), "more_body": True})
    while not (NOTES / "go-on").exists():
        await asyncio.sleep(0.005)
    await send({"type": "http.response.body", "body": b"data: two\n\n"})


async def do_hold(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    """Notes that it works, and when its caller has gone. With `part` some of the answer is sent first."""
    if asked.get("part"):
        await send({"type": "http.response.start", "status": 200, "headers": JSON})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
    (NOTES / "working").touch()
    while (await receive())["type"] != "http.disconnect":
        pass
    (NOTES / "ended").touch()


async def do_fail(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    await answer(send, {"inner": "detail"}, asked["status"])


async def do_die(scope: Any, receive: Any, send: Any, asked: Any) -> None:
    if asked.get("part"):
        await send({"type": "http.response.start", "status": 200, "headers": JSON})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        # Only once the test has seen the part: what a dead process wrote last may be lost with it.
        while not (NOTES / "go-on").exists():
            await asyncio.sleep(0.005)
    os._exit(3)


class Stubborn(uvicorn.Server):
    """Does not end on SIGTERM."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        yield


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", lifespan="off")
    (Stubborn if "STUBBORN" in os.environ else uvicorn.Server)(config).run()
