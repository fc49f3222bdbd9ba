"""A hosted tool server: the service contract over HTTP, its log, and where it listens."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import pytest
from pydantic import Field

from agent_common import telemetry, tool_server
from agent_common.errors import StartError

pytestmark = pytest.mark.anyio


def add(a: int, b: Annotated[int, Field(le=9)]) -> dict[str, Any]:
    """Adds."""
    return {"sum": a + b}


def crash(word: str) -> dict[str, Any]:
    """Fails."""
    raise RuntimeError(f"row {word}")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    telemetry.configure_logging(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


async def post(
    message: dict[str, Any], bind: str = "0.0.0.0", base: str = "http://10.0.0.1:8000", **more: str
) -> Any:
    """One request to a new server, as the platform sends it: no handshake is asked for, the session is its own."""
    server = tool_server.new_server("sums")
    server.add_tool(add)
    server.add_tool(crash)
    app = tool_server.application(server, bind)
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        "mcp-session-id": "5ab1c7f0-6f4e-4d0d-8a5c-2f6f0e6f7a11",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client,
    ):
        return await client.post("/mcp", json={"jsonrpc": "2.0", **message}, headers=headers)


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


async def test_a_platforms_session_is_refused_or_needs_a_handshake(log: io.StringIO) -> None:
    answer = await post(call("add", a=1, b=2))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    result = answer.json()["result"]
    assert json.loads(result["content"][0]["text"]) == {"sum": 3}
    assert result["structuredContent"] == {"sum": 3}
    (line,) = [json.loads(each) for each in log.getvalue().splitlines() if '"tool"' in each]
    assert (line["event"], line["tool"], line["outcome"], line["level"]) == ("tool", "add", "ok", "INFO")


async def test_the_handshake_and_a_notification_are_answered() -> None:
    asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "g", "version": "1"}}
    answer = await post({"id": 1, "method": "initialize", "params": asked})
    assert answer.json()["result"]["protocolVersion"] == "2025-06-18"
    assert "tools" in answer.json()["result"]["capabilities"]
    assert (await post({"method": "notifications/initialized"})).status_code == 202


@pytest.mark.parametrize(
    ("message", "secret"),
    [
        (call("crash", word="private-row"), "private-row"),
        (call("add", a=1, b=4711), "4711"),
        (call("drop_table", x="private-row"), "private-row"),
    ],
)
async def test_what_a_tool_failed_on_is_logged(
    log: io.StringIO, message: dict[str, Any], secret: str
) -> None:
    answer = await post(message)
    body = answer.json()
    assert "error" in body or body["result"]["isError"] is True
    lines = [json.loads(each) for each in log.getvalue().splitlines()]
    assert [each["outcome"] for each in lines if each["event"] == "tool"] == ["failed"]
    assert secret not in log.getvalue()


async def test_a_name_that_is_no_tools_reaches_the_log(log: io.StringIO) -> None:
    await post(call('x", "forged": "1'))
    assert "forged" not in log.getvalue()


async def test_a_page_in_a_browser_reaches_a_server_on_loopback() -> None:
    """DNS rebinding: the Host header names another site."""
    kept = await post(call("add", a=1, b=2), "127.0.0.1", "http://127.0.0.1:8000")
    assert kept.status_code == 200
    refused = await post(
        call("add", a=1, b=2), "127.0.0.1", "http://127.0.0.1:8000", host="evil.example:8000"
    )
    assert refused.status_code in (403, 421)


def test_it_listens_where_the_contract_says() -> None:
    assert tool_server.address({"DOCKER_CONTAINER": "1"}) == ("0.0.0.0", 8000)
    assert tool_server.address({"PORT": "9123"}) == ("127.0.0.1", 9123)


@pytest.mark.parametrize("port", ["x", "-1", "65536", "8000 ", "１"])
def test_a_port_that_is_none_is_served(port: str) -> None:
    with pytest.raises(StartError, match="PORT must be a port's number"):
        tool_server.address({"PORT": port})
