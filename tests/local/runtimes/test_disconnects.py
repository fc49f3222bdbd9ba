"""Whoever goes away, caller or agent: the other side learns of it, and no work goes on for nobody."""

from __future__ import annotations

import asyncio
import json

import anyio
import httpx
import pytest

from tests.local.runtimes import kit
from tests.local.runtimes.kit import World

pytestmark = pytest.mark.anyio


async def outcome(world: World, expected: str) -> None:
    await kit.until(lambda: [event["outcome"] for event in world.events.select()] == [expected])


async def test_a_caller_that_goes_away_before_the_answer_ends_the_agents_work(own_world: World) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(own_world.post, "hold")
        await kit.until((own_world.notes() / "working").exists)
        group.cancel_scope.cancel()
    await kit.until((own_world.notes() / "ended").exists)
    await outcome(own_world, "left")


async def test_a_caller_that_goes_away_in_the_middle_ends_the_agents_work(own_world: World) -> None:
    async with httpx.AsyncClient(base_url=own_world.url, trust_env=False) as client:
        body = json.dumps({"do": "hold", "part": True})
        headers = kit.signature("operator")
        async with client.stream("POST", own_world.path(), content=body, headers=headers) as reply:
            assert await anext(reply.aiter_raw()) == b"part"
            assert not (own_world.notes() / "ended").exists()
    await kit.until((own_world.notes() / "ended").exists)
    await outcome(own_world, "left")


async def test_a_caller_that_goes_away_while_it_sends_is_no_error(own_world: World) -> None:
    host, port = own_world.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    headers = {"host": host, **kit.signature("operator"), "content-length": "1000"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST {own_world.path()} HTTP/1.1\r\n{head}\r\n{{".encode())
    await writer.drain()
    writer.close()
    await outcome(own_world, "left")


async def test_an_answer_that_breaks_off_does_not_look_whole(
    own_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with httpx.AsyncClient(base_url=own_world.url, trust_env=False) as client:
        body = json.dumps({"do": "die", "part": True})
        headers = kit.signature("operator")
        async with client.stream("POST", own_world.path(), content=body, headers=headers) as reply:
            parts = reply.aiter_raw()
            assert await anext(parts) == b"part"
            (own_world.notes() / "go-on").touch()
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(parts)
    await outcome(own_world, "cut")
    # It is meant, so the person at the terminal is not shown it as a fault of the server's.
    assert [record.getMessage() for record in caplog.records if record.name == "uvicorn.error"] == []


async def test_a_caller_that_waits_is_told_when_the_agents_are_stopped(own_world: World) -> None:
    waiting = asyncio.ensure_future(own_world.post("hold"))
    await kit.until((own_world.notes() / "working").exists)
    await own_world.pool.stop()
    assert (await waiting).status_code == 424
