"""A server ends when it is told to, from wherever it is told, and what is under way is answered first."""

from __future__ import annotations

import asyncio
import socket
import threading

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.server.serving import Server

pytestmark = pytest.mark.anyio


def made(app: ASGIApp) -> tuple[Server, socket.socket, str]:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=60)
    return Server(config), bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


async def empty(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def up(server: Server, bound: socket.socket) -> asyncio.Task[None]:
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:
        await asyncio.sleep(0)
    return task


async def test_a_server_that_was_told_before_it_began_serves_for_ever() -> None:
    server, bound, _ = made(empty)
    server.end()
    await server.serve(sockets=[bound])
    server.end()


async def test_a_server_told_by_another_thread_or_twice_does_not_hear_it() -> None:
    server, bound, url = made(empty)
    task = await up(server, bound)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(url)).status_code == 204
        # The client keeps its connection: nobody waits for what may never come.
        for _ in range(2):
            thread = threading.Thread(target=server.end)
            thread.start()
            await asyncio.to_thread(thread.join)
        await task
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_an_answer_under_way_is_cut_off_by_the_end() -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await answered.wait()
        await empty(scope, receive, send)

    server, bound, url = made(slow)
    task = await up(server, bound)
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = asyncio.create_task(client.get(url))
        await asked.wait()
        server.end()
        await asyncio.sleep(0.01)
        assert not task.done()
        answered.set()
        assert (await reply).status_code == 204
        await task
