"""A hosted MCP server's service contract: stateless streamable HTTP on port 8000 at /mcp, SIGTERM.

AgentCore Developer Guide, "MCP protocol contract": the platform adds `Mcp-Session-Id`, which a stateless server
must not refuse. Who may call is the runtime's affair (IAM); a server here trusts nobody and knows no user.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

import uvicorn
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult
from starlette.applications import Starlette

from agent_common import telemetry
from agent_common.errors import StartError
from agent_common.workers import leave

PORT = 8000
MAX_BODY = 6 * 1024 * 1024
"""The gateway's own limit of a payload, in bytes."""

SHUTDOWN_SECONDS = 8
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def new_server(name: str) -> MCPServer:
    """A server without tools yet. Each call writes one JSON line: tool, outcome, milliseconds."""
    return MCPServer(name, middleware=[_logged], log_level="WARNING")


async def _logged(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    if ctx.method != "tools/call":
        return await call_next(ctx)
    started = time.perf_counter()
    asked = (ctx.params or {}).get("name")
    # The name is a caller's text until the server has found the tool.
    tool = asked if isinstance(asked, str) and _NAME.fullmatch(asked) else None
    outcome = "failed"
    try:
        result = await call_next(ctx)
        outcome = "failed" if _failed(result) else "ok"
        return result
    finally:
        level = logging.INFO if outcome == "ok" else logging.WARNING
        milliseconds = round((time.perf_counter() - started) * 1000)
        telemetry.log("tool", level, tool=tool, outcome=outcome, ms=milliseconds)


def _failed(result: HandlerResult) -> bool:
    if isinstance(result, CallToolResult):
        return bool(result.is_error)
    return isinstance(result, Mapping) and result.get("isError") is True


def application(server: MCPServer, host: str) -> Starlette:
    """The ASGI application; at a loopback address only loopback's own names are answered (DNS rebinding)."""
    return server.streamable_http_app(
        stateless_http=True, json_response=True, host=host, max_request_body_size=MAX_BODY
    )


def serve(server: MCPServer) -> None:
    """Run a server until SIGTERM. Exits 2 where its settings are not sound."""
    telemetry.configure_logging()
    try:
        host, port = address(os.environ)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    # uvicorn ends what is under way on the signal and raises it again: ended as asked for, not as killed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    status: object = 0
    try:
        uvicorn.run(
            application(server, host),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    except SystemExit as ended:
        status = ended.code
    except KeyboardInterrupt:
        status = 130
    leave(status if isinstance(status, int) else 1)


def address(environ: Mapping[str, str]) -> tuple[str, int]:
    """Where to listen: every interface of a container, else loopback; as BedrockAgentCoreApp decides it.

    Raises StartError for a PORT that is none.
    """
    given = environ.get("PORT", "")
    if given and not (re.fullmatch(r"[0-9]{1,5}", given) and int(given) < 65536):
        raise StartError(f"The server does not start: PORT must be a port's number, not {given!r}.")
    return "0.0.0.0" if environ.get("DOCKER_CONTAINER") else "127.0.0.1", int(given or PORT)  # noqa: S104
