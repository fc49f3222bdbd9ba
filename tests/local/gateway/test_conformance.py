"""The gateway as the MCP clients meet it that agents use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx2
import mcp.types
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from strands.tools.mcp import MCPClient

from localcloud.spec import Target
from tests.local.gateway.kit import World, token
from tests.local.gateway.parts import FUNCTION, INFO, gateway, interceptor, permit, tool
from tests.local.gateway.serving import bound_socket, serving

MANY = Target(
    "many-mcp",
    "TARGET0002",
    "lambda",
    function_arn=FUNCTION,
    tools=tuple(tool(f"tool_{number}", "text", text="string") for number in range(13)),
)
NAMES = [f"many-mcp___tool_{number}" for number in range(13)]


@asynccontextmanager
async def _client(url: str, bearer: str | None, **options: Any) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), **options) as client,
    ):
        yield client


@contextmanager
def _served(**changes: Any) -> Iterator[tuple[str, World]]:
    listening = bound_socket()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    world = World(gateway(url=url, **changes))
    with serving(world.app, listening):
        yield url, world


def _governed(**changes: Any) -> Mapping[str, Any]:
    return {
        "targets": (MANY,),
        "interceptors": (interceptor(headers=True),),
        "policy_mode": "ENFORCE",
        "policies": (permit("booking", "booking", *NAMES[:12]),),
        **changes,
    }


async def _through_mcp(url: str, agent: str = "booking", **options: Any) -> dict[str, Any]:
    """What the MCP client sees: version, every page of tools, one call, and the errors of refused calls."""
    async with _client(url, token(agent), **options) as client:
        names: list[str] = []
        cursor: str | None = None
        while True:
            page = await client.list_tools(cursor=cursor)
            names += [each.name for each in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        called = await client.call_tool(NAMES[0], {"text": "안녕하세요"})
        with pytest.raises(MCPError) as denied:
            await client.call_tool(NAMES[12], {"text": "x"})
        with pytest.raises(MCPError) as invalid:
            await client.call_tool(NAMES[0], {"text": 5})
        content = called.content[0]
        assert isinstance(content, mcp.types.TextContent)
        return {
            "version": client.protocol_version,
            "names": names,
            "text": content.text,
            "is_error": called.is_error,
            "denied": denied.value.error.code,
            "invalid": invalid.value.error.code,
        }


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_mcp_client_cannot_list_or_call(mode: str) -> None:
    with _served(**_governed()) as (url, world):
        seen = asyncio.run(_through_mcp(url, mode=mode))
    assert seen == {
        "version": "2025-11-25",
        "names": NAMES[:12],
        "text": '{"echo": {"text": "안녕하세요"}}',
        "is_error": False,
        "denied": -32002,
        "invalid": -32602,
    }
    assert [call.event for call in world.functions.of(FUNCTION)] == [{"text": "안녕하세요"}]


def test_strands_cannot_list_or_call() -> None:
    with _served(**_governed()) as (url, world):
        client = MCPClient(url=url, headers={"Authorization": f"Bearer {token()}"})
        with client:
            names: list[str] = []
            page = client.list_tools_sync()
            names += [each.tool_name for each in page]
            while page.pagination_token:
                page = client.list_tools_sync(pagination_token=page.pagination_token)
                names += [each.tool_name for each in page]
            called = client.call_tool_sync("use-1", NAMES[1], {"text": "hello"})
            refused = client.call_tool_sync("use-2", NAMES[12], {"text": "hello"})
    assert names == NAMES[:12]
    assert called["status"] == "success"
    assert called["content"] == [{"text": '{"echo": {"text": "hello"}}'}]
    assert refused["status"] == "error"
    assert "policy enforcement" in str(refused["content"])
    assert len(world.functions.of(FUNCTION)) == 1


def test_a_structured_result_breaks_the_client_that_checks_it() -> None:
    shape = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    target = Target(
        "s-mcp", "TARGET0003", "lambda", function_arn=FUNCTION, tools=(tool("count", output=shape),)
    )
    with _served(targets=(target,)) as (url, world):
        world.functions.functions[FUNCTION] = lambda *_: {"n": 3}

        async def run() -> Any:
            async with _client(url, token()) as client:
                await client.list_tools()
                return await client.call_tool("s-mcp___count", {})

        assert asyncio.run(run()).structured_content == {"n": 3}


def test_an_outsiders_client_gets_past_initialize() -> None:
    with _served() as (url, world):

        async def run() -> None:
            async with _client(url, None) as client:
                await client.list_tools()

        with pytest.raises(Exception) as refused:
            asyncio.run(run())
    assert "Missing Bearer token" in _leaves(refused.value)
    assert world.functions.calls == []


def _leaves(problem: BaseException) -> str:
    if isinstance(problem, BaseExceptionGroup):
        return " ".join(_leaves(each) for each in problem.exceptions)
    return str(problem)


def test_the_tool_called_is_not_the_tool_listed() -> None:
    with _served() as (url, world):

        async def run() -> None:
            async with _client(url, token()) as client:
                await client.call_tool(INFO, {"customer_id": "C1001"})

        asyncio.run(run())
    assert world.functions.of(FUNCTION)[0].context["bedrockAgentCoreToolName"] == INFO
