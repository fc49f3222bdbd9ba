"""ASGI applications on sockets that are bound already, in the platform's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Coroutine, Iterator
from typing import Any

import uvicorn

STOP_SECONDS = 1
_TURNS = 3
"""Of the event loop, in which connections that wait for a request are closed."""


_EXPECTED = (
    "ASGI callable returned without completing response",
    "Cancel %s running task(s)",
    "Invalid HTTP request received",
    "Unsupported upgrade request",
    "No supported WebSocket library detected",
)
"""What uvicorn reports and is meant here: an answer cut short on purpose, the end of `stop`, and requests that
are refused for their form. A caller can send any number of those, so they do not fill the terminal."""


def _unexpected(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_EXPECTED)


async def together(*parts: Coroutine[Any, Any, Any]) -> None:
    """Waits for all of them. When one fails, or the wait is given up, the others are ended before it raises."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            # Once each: `gather` may have asked them already, and a second time would interrupt their clearing up.
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


class Server(uvicorn.Server):
    """Leaves signals alone: whoever started it ends it by `end`. Where nothing is under way it ends at once.

    uvicorn's own looks ten times a second whether it is to end, and then waits for another tenth.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = asyncio.Event()

    def end(self) -> None:
        """To be called from any thread, and as often as one likes."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended, and its loop is closed
                self._loop.call_soon_threadsafe(self._asked.set)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Between the last look of uvicorn's and here nobody was told.
        if not await self.on_tick(0):
            await self._asked.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        await self.lifespan.shutdown()
        for server in self.servers:
            await server.wait_closed()


class Serving:
    """Servers that start and stop together."""

    def __init__(self) -> None:
        self._servers: list[tuple[Server, asyncio.Task[None]]] = []

    async def start(self, app: Any, bound: socket.socket) -> None:
        """Serves `app` on a bound socket; returns once it accepts connections."""
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            http="httptools",
            ws="none",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        logging.getLogger("uvicorn.error").addFilter(_unexpected)
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[bound]))
        self._servers.append((server, task))
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("a server ended before it started")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Stops all: no new connection, running requests get a moment, then they are cut off."""
        for server, _ in self._servers:
            server.end()
        tasks = [task for _, task in self._servers]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS + 0.5)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._servers.clear()
