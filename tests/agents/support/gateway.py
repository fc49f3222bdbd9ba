"""A small MCP gateway on the wire: JSON-RPC over HTTP, with faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

Fault = Any
"""What answers one request instead of the gateway: a `Result` or an ASGI app."""


@dataclass(frozen=True)
class Result:
    """A well-formed answer with this result, under the request's own id."""

    result: dict[str, Any]

    def response(self, id: Any) -> Response:
        return JSONResponse({"jsonrpc": "2.0", "id": id, "result": self.result})


@dataclass(frozen=True)
class Received:
    """One request as it arrived; `users` are the values of the header for the user's token."""

    method: str
    params: dict[str, Any]
    authorization: str
    traceparent: str
    users: tuple[str, ...] = ()


def tool(name: str, *properties: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in properties}}
    return {"name": name, "description": f"Does {name}.", "inputSchema": schema}


@dataclass
class GatewayStub:
    """`pages` are the pages of tools/list; `answers` maps a tool to the text it returns.

    With a `meeting`, calls are answered only once so many of them are there.
    """

    pages: list[list[dict[str, Any]]] = field(
        default_factory=lambda: [[tool("customer-mcp___get", "customer_id")]]
    )
    answers: dict[str, str] = field(default_factory=dict)
    sessions: bool = False
    received: list[Received] = field(default_factory=list)
    faults: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    live_session: str = "session-1"
    meeting: asyncio.Barrier | None = None

    def fail(self, method: str, *faults: Fault) -> None:
        """Answer the next requests of `method` with these."""
        self.faults[method].extend(faults)

    def of(self, method: str) -> list[Received]:
        return [received for received in self.received if received.method == method]

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/mcp", self._mcp, methods=["POST", "DELETE", "GET"])])

    async def _mcp(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405)
        message = json.loads(await request.body())
        method, params = message["method"], message.get("params") or {}
        headers = request.headers
        self.received.append(
            Received(
                method,
                params,
                headers.get("authorization", ""),
                headers.get("traceparent", ""),
                tuple(headers.getlist("x-airside-user-token")),
            )
        )
        if self.meeting is not None and method == "tools/call":
            await self.meeting.wait()
        if self.faults[method]:
            fault = self.faults[method].popleft()
            if isinstance(fault, Hang | EventStream):
                return cast(Response, fault.answering(message["id"]))
            return fault.response(message["id"]) if isinstance(fault, Result) else cast(Response, fault)
        if "id" not in message:
            return Response(status_code=202)
        needs_session = self.sessions and method not in ("initialize", "server/discover")
        if needs_session and headers.get("mcp-session-id") != self.live_session:
            return Response("unknown session", status_code=404)
        result = self._result(method, params)
        if result is None:
            return rpc_error(-32601, "Method not found", id=message["id"])
        answer = JSONResponse({"jsonrpc": "2.0", "id": message["id"], "result": result})
        if self.sessions and method == "initialize":
            answer.headers["Mcp-Session-Id"] = self.live_session
        return answer

    def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        if method == "initialize":
            return {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "stub", "version": "1"},
            }
        if method == "tools/list":
            page = int(params.get("cursor") or 0)
            more = {"nextCursor": str(page + 1)} if page + 1 < len(self.pages) else {}
            return {"tools": self.pages[page], **more}
        if method == "tools/call":
            text = self.answers.get(params["name"], json.dumps(params["arguments"]))
            return {"isError": False, "content": [{"type": "text", "text": text}]}
        return None


def rpc_error(code: int, message: str, *, status: int = 200, id: Any = 0) -> Response:
    body = {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=status)


class Hang:
    """Says nothing until `released`, then answers with `result`, or with status 500."""

    def __init__(self, result: Result | None = None) -> None:
        self.released = asyncio.Event()
        self._result = result

    def answering(self, id: Any) -> ASGIApp:
        late = Response(status_code=500) if self._result is None else self._result.response(id)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.released.wait()
            await late(scope, receive, send)

        return app


@dataclass(frozen=True)
class EventStream:
    """Answers as server-sent events: a comment, then `result`; without one the stream just ends."""

    result: Result | None

    def answering(self, id: Any) -> ASGIApp:
        body = b": working\n\n"
        if self.result is not None:
            body += b"event: message\ndata: " + bytes(self.result.response(id).body) + b"\n\n"
        return Response(body, media_type="text/event-stream")


class Drop:
    """Begins an answer and breaks the connection half-way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"jsonrpc"', "more_body": True})
        # Ending the application short of its announced length makes the server close the connection.
