"""The servers the gateway is measured beside, and how one request is driven through any ASGI app."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import jwt
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from localcloud.issuer import SigningKeys

Check = Callable[[str], dict[str, Any]]


def token_check(keys: SigningKeys, issuer: str, scope: str) -> Check:
    """PyJWT's reading of a token: signature, issuer, times and scope, anew for each request."""
    key = jwt.PyJWK.from_dict(keys.jwks()["keys"][0])

    def check(token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer)
        if scope not in claims["scope"].split():
            raise jwt.InvalidTokenError("scope")
        return claims

    return check


def echo_app(check: Check) -> Starlette:
    """The least any such server does: check a token, parse a body, answer."""

    async def echo(request: Request) -> Response:
        claims = check(request.headers["authorization"].removeprefix("Bearer "))
        return JSONResponse({"sub": claims["sub"], "body": await request.json()})

    return Starlette(routes=[Route("/mcp", echo, methods=["POST"])])


def mcp_app(check: Check, issuer: str, origin: str, scope: str, tools: list[str], answer: Any) -> Starlette:
    """An MCP server of the `mcp` package (its MCPServer, once FastMCP), without sessions, answering JSON."""

    class Verifier:
        async def verify_token(self, token: str) -> AccessToken | None:
            try:
                claims = check(token)
            except jwt.InvalidTokenError:
                return None
            return AccessToken(
                token=token, client_id=claims["client_id"], scopes=[scope], expires_at=claims["exp"]
            )

    settings = AuthSettings(
        issuer_url=AnyHttpUrl(issuer),
        resource_server_url=AnyHttpUrl(f"{origin}/mcp"),
        required_scopes=[scope],
    )
    server = MCPServer("bench", token_verifier=Verifier(), auth=settings, log_level="ERROR")

    def booking(customer_id: str) -> dict[str, Any]:
        return {**answer, "customer_id": customer_id}

    for name in tools:
        server.add_tool(booking, name=name, description="A tool.")
    return server.streamable_http_app(json_response=True, stateless_http=True)


def running(app: ASGIApp) -> AbstractAsyncContextManager[object]:
    """The app's lifespan, for those that have one."""
    return app.router.lifespan_context(app) if isinstance(app, Starlette) else nullcontext()


def post_scope(origin: str, body: bytes, token: str) -> Scope:
    """The ASGI scope of an MCP client's POST of `body`."""
    headers: Mapping[str, str] = {
        "host": origin.removeprefix("http://"),
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {token}",
        "content-length": str(len(body)),
        "mcp-protocol-version": "2025-11-25",
        "user-agent": "bench",
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


async def one_call(app: ASGIApp, scope: Scope, body: bytes) -> bytes:
    """One request and the answer's body; any status but 200 ends the run."""
    answer = bytearray()
    events = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        event = next(events, None)
        if event is None:
            # The client stays connected; whoever waits here is cancelled with the request.
            await asyncio.Event().wait()
        return event or {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"HTTP {message['status']}: the measurement is void")
        answer.extend(message.get("body", b""))

    await app(dict(scope), receive, send)
    return bytes(answer)


async def cpu(app: ASGIApp, scope: Scope, body: bytes, calls: int) -> float:
    """Milliseconds of processor time per call."""
    started = time.process_time()
    for _ in range(calls):
        await one_call(app, scope, body)
    return (time.process_time() - started) / calls * 1000


def succeeded(answer: bytes) -> bool:
    """Whether a tools/call answer is a result that is no error."""
    return json.loads(answer).get("result", {}).get("isError") is False
