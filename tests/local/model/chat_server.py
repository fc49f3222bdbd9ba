"""A small chat completions server, and a bedrock client whose model it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from localcloud.model import ForwardSettings, create_model
from tests.local.model.support import AGENTS, Events, bedrock, serving

KEY = "test-key-5f2c"
TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "find",
                "description": "Finds.",
                "inputSchema": {"json": {"type": "object", "properties": {"isbn": {"type": "string"}}}},
            }
        }
    ]
}
HELLO = [{"role": "user", "content": [{"text": "안녕"}]}]


class Server:
    """Answers with the chunks or the status it was given and keeps what it was asked."""

    def __init__(self, *lines: Any, status: int = 200, raw: str | None = None, hang: bool = False) -> None:
        self.lines = lines
        self.status = status
        self.raw = raw
        self.hang = hang
        self.bodies: list[Any] = []
        self.keys: list[str | None] = []

    async def answer(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        if self.status != 200:
            return JSONResponse({"error": {"message": f"no, {KEY}, your prompt was 안녕"}}, self.status)
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        for line in self.lines:
            yield f"data: {json.dumps(line, ensure_ascii=False)}\n\n"
        if self.hang:
            await asyncio.sleep(30)
        yield self.raw if self.raw is not None else "data: [DONE]\n\n"


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def call(index: int | None, arguments: str, **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": more["name"]} if "name" in more else {})
    made: dict[str, Any] = {"function": function, "type": "function"}
    if index is not None:
        made["index"] = index
    if "id" in more:
        made["id"] = more["id"]
    return made


USAGE = {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}


@contextmanager
def forwarding(server: Server, *, timeout: float = 5.0, events: Events | None = None) -> Iterator[Any]:
    """A bedrock client whose model is `server`."""
    upstream = Starlette(routes=[Route("/v1/chat/completions", server.answer, methods=["POST"])])
    with serving(upstream) as address:
        settings = ForwardSettings(f"{address}/v1/", "tiny", api_key_variable="KEY", timeout=timeout)
        app = create_model(None, settings, events or Events(), agents=AGENTS, environment={"KEY": KEY})
        with serving(app) as url, bedrock(url) as client:
            yield client
