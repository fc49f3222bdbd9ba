"""A loopback server for an ASGI app, in the test's own event loop, on a port the system picks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from localcloud.server.serving import Server


@asynccontextmanager
async def serving(app: ASGIApp, *, port: int = 0, lifespan: bool = False) -> AsyncIterator[str]:
    """Serve until the block ends; yields `http://127.0.0.1:<port>`."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="on" if lifespan else "off",
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            assert not task.done(), "the server ended before it had started"
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.end()
        await task
        listener.close()
