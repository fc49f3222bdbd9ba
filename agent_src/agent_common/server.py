"""The runtime's service contract on BedrockAgentCoreApp: `POST /invocations`, `GET /ping`, SIGTERM.

The handler returns a streaming response of its own rather than a generator: what the SDK makes of a
generator is pulled from a thread, which notices a client's going away only with the next event, and
its error events carry exception texts. Here a closed connection cancels the work at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bedrock_agentcore.runtime import BedrockAgentCoreApp
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_common import events, invocation, telemetry, users
from agent_common.definition import AgentDefinition
from agent_common.errors import AgentError, StartError
from agent_common.events import Event
from agent_common.service import AgentService, Parts, load_parts
from agent_common.settings import Settings
from agent_common.workers import Workers, leave

SHUTDOWN_SECONDS = 8
"""How long requests under way may go on after SIGTERM."""

_SESSION = "x-amzn-bedrock-agentcore-runtime-session-id"
_WORKLOAD_TOKEN = "x-amz-bedrock-agentcore-identity-wat"  # noqa: S105 - a header's name
_WORKLOAD_TOKEN_BEFORE = "workloadaccesstoken"  # noqa: S105


class StrictBody:
    """Reads a request's body up to the limit and checks that it is strict JSON, before the SDK parses it.

    A body that is not is answered here, in the same form as every other error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/invocations" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > invocation.MAX_BODY or not message.get("more_body", False):
                break
        try:
            invocation.parse(body)
        except AgentError as fault:
            await _stream(_only(events.error(fault)))(scope, receive, send)
            return
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


def create_app(service: AgentService) -> BedrockAgentCoreApp:
    """The ASGI application of an agent. Loading begins when it starts; a failure to load ends the process."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(Workers())
        service.begin_loading().add_done_callback(_end_process_if_failed)
        yield
        await service.close()

    app = BedrockAgentCoreApp(lifespan=lifespan, middleware=[Middleware(StrictBody)])

    @app.entrypoint
    def invoke(payload: Any, context: Any) -> StreamingResponse:
        request: Request = context.request
        headers = request.headers
        try:
            checked = service.check(
                payload,
                session_id=headers.get(_SESSION),
                authorization=headers.getlist("Authorization"),
                forwarded=headers.getlist(users.FORWARDED),
                workload_token=headers.get(_WORKLOAD_TOKEN) or headers.get(_WORKLOAD_TOKEN_BEFORE),
            )
        except AgentError as fault:
            telemetry.log("request_refused", logging.WARNING, code=fault.code)
            return _stream(_only(events.error(fault)))
        return _stream(service.answer(checked, _trace_headers(headers)))

    return app


def serve(definition: AgentDefinition) -> None:
    """Run an agent until SIGTERM. Exits 2 where the settings are not complete, 1 where it cannot load."""
    telemetry.configure_logging()
    try:
        settings = Settings.read(os.environ, delegates=definition.delegates)
        definition.check(settings)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None

    def load() -> Parts:
        return load_parts(definition, settings)

    app = create_app(AgentService(definition, settings, load, lambda: datetime.now(UTC)))
    # uvicorn handles the signal first, ends what is under way, and raises it again: the process then
    # ends as asked for, not as killed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_exit_status))
    status: object = 0
    try:
        app.run(port=settings.port, log_config=None, timeout_graceful_shutdown=SHUTDOWN_SECONDS)
    except SystemExit as ended:
        status = ended.code
    except KeyboardInterrupt:
        status = 130
    leave(_exit_status or (status if isinstance(status, int) else 1))


_exit_status = 0


def _end_process_if_failed(loading: asyncio.Task[Parts]) -> None:
    global _exit_status
    if loading.cancelled() or (error := loading.exception()) is None:
        return
    telemetry.log("loading_failed", logging.CRITICAL, error=error)
    _exit_status = 1
    os.kill(os.getpid(), signal.SIGTERM)


def _stream(source: AsyncIterator[Event]) -> StreamingResponse:
    async def framed() -> AsyncIterator[bytes]:
        async with contextlib.aclosing(source) as closing:  # type: ignore[type-var]
            async for event in closing:
                yield events.frame(event)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(framed(), media_type="text/event-stream", headers=headers)


async def _only(event: Event) -> AsyncIterator[Event]:
    yield event


def _trace_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
