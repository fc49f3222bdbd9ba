"""Versions, methods and pages of the MCP endpoint, and what its HTTP side refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from localcloud.gateway.protocol import PAGE_SIZE
from localcloud.spec import Target
from tests.local.gateway.kit import World, call_body, rpc, token
from tests.local.gateway.parts import FUNCTION, INFO, ISSUER, ORIGIN, gateway, interceptor, tool


@pytest.fixture(scope="module")
def world() -> World:
    return World(gateway(interceptors=(interceptor(),)))


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2025-03-26", "2025-11-25"),
        ("1", "2025-11-25"),
    ],
)
def test_initialize_agrees_on_a_version_that_is_not_allowed(world: World, asked: str, agreed: str) -> None:
    answer = world.post(rpc("initialize", protocolVersion=asked, capabilities={}, clientInfo={}))
    assert answer.json() == {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {
            "protocolVersion": agreed,
            "capabilities": {"tools": {"listChanged": True}},
            "serverInfo": {"name": "agentcore-gateway", "version": "1.0.0"},
        },
    }
    assert "mcp-session-id" not in answer.headers


def test_instructions_are_lost() -> None:
    world = World(gateway(instructions="항공편 도구"))
    answer = world.post(rpc("initialize", protocolVersion="2025-06-18")).json()
    assert answer["result"]["instructions"] == "항공편 도구"


@pytest.mark.parametrize("asked", [None, 5, ["2025-06-18"]])
def test_initialize_without_a_version_succeeds(world: World, asked: Any) -> None:
    answer = world.post(rpc("initialize", protocolVersion=asked))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)


@pytest.mark.parametrize("version", ["2026-07-28", "2025-03-26", "2024-11-05", "", "2025-06-1", "x"])
def test_a_version_that_is_not_allowed_is_served(world: World, version: str) -> None:
    headers = {"MCP-Protocol-Version": version}
    before = len(world.functions.calls)
    answer = world.post(call_body(INFO, {"customer_id": "C1"}), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (400, -32600, 1)
    assert len(world.functions.calls) == before


def test_two_version_headers_are_served(world: World) -> None:
    headers = [("MCP-Protocol-Version", "2025-06-18"), ("mcp-protocol-version", "2025-11-25")]
    assert world.post(rpc("ping"), headers=headers).status_code == 400
    assert world.post(rpc("initialize", protocolVersion="2025-06-18"), headers=headers).status_code == 400


def test_a_request_without_a_version_header_is_refused(world: World) -> None:
    assert world.post(rpc("ping")).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_discover_is_answered_so_that_clients_do_not_fall_back(world: World) -> None:
    answer = world.post(rpc("server/discover"), headers={"MCP-Protocol-Version": "2026-07-28"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, -32601)


def test_discover_answers_a_stranger(world: World) -> None:
    assert world.post(rpc("server/discover"), bearer=None).status_code == 401


@pytest.mark.parametrize("versions", [(), ("2026-07-28",), ("2024-11-05",)])
def test_a_gateway_without_a_usable_version_starts(versions: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="2025-11-25"):
        World(gateway(versions=versions))


@pytest.mark.parametrize(
    "method",
    [
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "Tools/Call",
        "TOOLS/LIST",
        "tools/call ",
        "tools//call",
        "tools/call\u200b",
        "notifications/initialized",
        "rpc.discover",
    ],
)
def test_an_unknown_method_does_something(world: World, method: str) -> None:
    before = len(world.functions.of(FUNCTION))
    answer = world.post({**call_body(INFO, {"customer_id": "C1"}), "method": method})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, -32601)
    assert len(world.functions.of(FUNCTION)) == before
    assert method not in answer.text


def test_a_notification_is_answered_with_a_body(world: World) -> None:
    answer = world.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (answer.status_code, answer.content) == (202, b"")


def test_a_notification_passes_without_a_token(world: World) -> None:
    assert (
        world.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, bearer=None).status_code == 401
    )


@pytest.mark.parametrize("request_id", [0, -1, 2**60, "", "a", "요청"])
def test_an_id_comes_back_changed(world: World, request_id: Any) -> None:
    answer = world.post(rpc("ping", request_id)).json()["id"]
    assert (answer, type(answer)) == (request_id, type(request_id))


MANY = Target(
    "m", "T", "lambda", function_arn=FUNCTION, tools=tuple(tool(f"t{n}") for n in range(PAGE_SIZE * 2 + 1))
)


def test_pages_lose_or_repeat_a_tool() -> None:
    world = World(gateway(targets=(MANY,)))
    assert world.tools() == [f"m___t{n}" for n in range(PAGE_SIZE * 2 + 1)]
    first = world.post(rpc("tools/list")).json()["result"]
    assert len(first["tools"]) == PAGE_SIZE


def test_a_full_last_page_promises_another() -> None:
    exact = Target(
        "m", "T", "lambda", function_arn=FUNCTION, tools=tuple(tool(f"t{n}") for n in range(PAGE_SIZE))
    )
    assert "nextCursor" not in World(gateway(targets=(exact,))).post(rpc("tools/list")).json()["result"]


@pytest.mark.parametrize(
    "forge", [lambda c: c[:-1], lambda c: "A" + c[1:], lambda c: "", lambda c: 5, lambda c: [c]]
)
def test_a_made_up_cursor_is_followed(forge: Any) -> None:
    world = World(gateway(targets=(MANY,)))
    cursor = world.post(rpc("tools/list")).json()["result"]["nextCursor"]
    forged = forge(cursor)
    if forged == cursor:
        forged = "B" + cursor[1:]
    answer = world.post(rpc("tools/list", cursor=forged))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)


def test_a_cursor_of_another_list_is_followed() -> None:
    here, there = World(gateway(targets=(MANY,))), World(gateway(targets=(MANY,)))
    cursor = there.post(rpc("tools/list")).json()["result"]["nextCursor"]
    assert here.post(rpc("tools/list", cursor=cursor)).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/mcp", 405, "POST"),
        ("DELETE", "/mcp", 405, "POST"),
        ("PUT", "/mcp", 405, "POST"),
        ("PATCH", "/mcp", 405, "POST"),
        ("OPTIONS", "/mcp", 405, "POST"),
        ("HEAD", "/mcp", 405, "POST"),
        ("POST", "/", 404, None),
        ("POST", "/mcp/", 404, None),
        ("POST", "//mcp", 404, None),
        ("POST", "/MCP", 404, None),
        ("POST", "/%6dcp", 404, None),
        ("POST", "/mcp%2f", 404, None),
        ("POST", "/customer-mcp", 404, None),
        ("POST", "/customer-mcp/invocations", 404, None),
        ("POST", "/inference/v1", 404, None),
        ("POST", "/.well-known/oauth-protected-resource", 405, "GET"),
    ],
)
def test_another_route_answers(world: World, method: str, path: str, status: int, allow: str | None) -> None:
    body = call_body(INFO, {"customer_id": "C1"})
    answer = world.post(body, method=method, path=path, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers.get("allow")) == (status, allow)


def test_the_protected_resource_document_is_missing_or_needs_a_token(world: World) -> None:
    answer = world.post(b"", method="GET", path="/.well-known/oauth-protected-resource", bearer=None)
    assert answer.json() == {
        "resource": f"{ORIGIN}/mcp",
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["air/agent.booking", "air/agent.loyalty"],
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json; charset=utf-16"}, 415),
        ({"Content-Type": "application/json-patch+json"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Accept": "text/html"}, 406),
        ({"Accept": "text/event-stream"}, 406),
        ({"Host": "evil.example:8701"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": "127.0.0.1:8702"}, 421),
        ({"Host": "localhost:8701@evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 421),
        ({"Origin": "null"}, 421),
        ({"Origin": "https://127.0.0.1:8701"}, 421),
        ({"Content-Type": "application/json; charset=UTF-8"}, 200),
        ({"Content-Encoding": "identity"}, 200),
        ({"Accept": "application/json, text/event-stream"}, 200),
        ({"Accept": "*/*"}, 200),
        ({"Host": "localhost:8701"}, 200),
        ({"Origin": "http://127.0.0.1:8701"}, 200),
    ],
)
def test_headers_decide_otherwise(world: World, headers: dict[str, str], status: int) -> None:
    assert world.post(rpc("ping"), headers=headers).status_code == status


def test_a_body_of_six_megabytes_is_refused_and_a_larger_one_read(world: World) -> None:
    limit = 6 * 1024 * 1024
    plain = len(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}')
    bare = World(gateway())
    for size, status in ((limit, 200), (limit + 1, 413)):
        body = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"%s"}}' % (b"a" * (size - plain))
        assert len(body) == size
        assert bare.post(body).status_code == status


def test_an_endless_body_is_read_to_its_end(world: World) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 65536

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=world.app)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token()}"}
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.post("/mcp", content=endless(), headers=headers)

    answer = asyncio.run(run())
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert sent < 120


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8701", "http://127.0.0.1:8701/other", "http://127.0.0.1/mcp"]
)
def test_a_gateway_url_that_cannot_be_served_is_taken(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        World(gateway(url=url))
