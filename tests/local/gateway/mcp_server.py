"""An MCP server that answers as a test tells it, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SESSION = "mcp-session-id"


@dataclass
class Seen:
    """One request as the server saw it."""

    body: dict[str, Any]
    headers: dict[str, str]
    query: list[tuple[str, str]]
    path: str

    @property
    def method(self) -> str:
        return str(self.body["method"])


@dataclass
class Server:
    """`change` may replace the sound response to a request."""

    change: Callable[[Seen, Response], Response] = field(default=lambda _, response: response)
    seen: list[Seen] = field(default_factory=list)
    delay: float = 0.0

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{rest:path}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        seen = Seen(
            json.loads(await request.body()),
            dict(request.headers),
            request.query_params.multi_items(),
            request.scope["raw_path"].decode(),
        )
        self.seen.append(seen)
        await asyncio.sleep(self.delay if seen.method == "tools/call" else 0)
        return self.change(seen, self._sound(seen))

    def _sound(self, seen: Seen) -> Response:
        if seen.method == "initialize":
            result: dict[str, Any] = {
                "protocolVersion": seen.body["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "s", "version": "1"},
            }
            return JSONResponse(reply(seen, result), headers={SESSION: "session-1"})
        if "id" not in seen.body:
            return Response(status_code=202)
        return JSONResponse(reply(seen, {"content": [text("fine")], "isError": False}))


def reply(seen: Seen, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": seen.body["id"], "result": result}


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}
