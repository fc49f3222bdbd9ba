"""All runtimes of a stage, and the wire form of InvokeAgentRuntime in front of them."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from localcloud.errors import PlatformError
from localcloud.identity.errors import CoreError
from localcloud.runtimes import request as wire
from localcloud.runtimes.process import RuntimeNotReady, RuntimeProcess
from localcloud.signed import allows, caller
from localcloud.spec import LocalSystem, Runtime
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink

OPERATOR = "operator"
"""A person at this machine: may invoke every runtime, as an administrator may."""


class WorkloadTokens(Protocol):
    """Gives the workload access token that goes along with a request."""

    def workload_token(self, runtime: Runtime) -> str: ...


class RuntimePool:
    """Starts and stops the runtimes; an ASGI application for paths below `/runtimes/`."""

    def __init__(
        self,
        system: LocalSystem,
        *,
        environment: Callable[[str], Mapping[str, str]],
        tokens: WorkloadTokens,
        events: EventLog,
        logs: LogSink,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._system = system
        self._environment = environment
        self._tokens = tokens
        self._events = events
        self._logs = logs
        self._notice = notice
        self._home: Path | None = None
        self._client: httpx.AsyncClient | None = None
        self._processes: dict[str, RuntimeProcess] = {}
        for runtime in system.runtimes:
            if runtime.protocol != "HTTP":
                raise PlatformError(
                    f"{runtime.name}: the protocol {runtime.protocol} has no local stand-in; use HTTP."
                )
            if not runtime.build_args.get("AGENT", "").isidentifier():
                raise PlatformError(
                    f"{runtime.name}: its image has no build argument AGENT that names a package."
                )

    async def start(self) -> None:
        """Starts all at once; returns when all are healthy. Raises PlatformError for the first that is not."""
        self._home = Path(tempfile.mkdtemp(prefix="airside-runtimes-"))
        # No limits: each request may stream for a long time. No proxy of the user's.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=5), limits=httpx.Limits(max_connections=None), trust_env=False
        )
        for runtime in self._system.runtimes:
            self._processes[runtime.arn] = RuntimeProcess(
                runtime,
                self._environment(runtime.name),
                home=self._home,
                logs=self._logs,
                client=self._client,
                failed=self._notice,
            )
        await asyncio.gather(*(process.start() for process in self._processes.values()))

    async def stop(self) -> None:
        """Ends every process. May be called twice."""
        await asyncio.gather(*(process.stop() for process in self._processes.values()))
        self._processes.clear()
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def states(self) -> dict[str, str]:
        """`ready`, `starting` or `stopped` by agent."""
        return {
            runtime.agent: self._processes[runtime.arn].state if runtime.arn in self._processes else "stopped"
            for runtime in self._system.runtimes
        }

    def pids(self) -> dict[str, int | None]:
        """Process ids by agent."""
        return {process.runtime.agent: process.pid for process in self._processes.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        started = time.perf_counter()
        who, agent, status = caller(request.headers.get("authorization")), None, 500
        try:
            response, agent = await self._answer(request, scope, who)
            status = response.status_code
        except CoreError as error:
            response = error.response()
            status = response.status_code
        except ClientDisconnect:
            return
        try:
            await response(scope, receive, send)
        finally:
            self._events.record(
                {
                    "event": "invocation",
                    "layer": "runtime",
                    "agent": agent,
                    "caller": who,
                    "status": status,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                    "trace_id": wire.trace_id(request.headers),
                }
            )

    async def _answer(self, request: Request, scope: Scope, who: str | None) -> tuple[Response, str]:
        asked = wire.target(scope.get("raw_path") or scope["path"].encode(), scope["query_string"])
        runtime = self._runtime(asked.runtime)
        action = "InvokeAgentRuntime" if asked.operation == "invocations" else "StopRuntimeSession"
        if request.method != "POST":
            raise CoreError("ResourceNotFoundException", f"{request.method} is no operation on runtimes.")
        if asked.qualifier not in ("DEFAULT", *runtime.endpoints):
            raise CoreError(
                "ResourceNotFoundException", f"{runtime.name} has no endpoint {asked.qualifier[:48]!r}."
            )
        self._authorize(who, action, runtime, asked.qualifier)
        if wire.USER in request.headers:
            self._authorize(who, "InvokeAgentRuntimeForUser", runtime, asked.qualifier, operator=False)
        if asked.operation == "stopruntimesession":
            session = wire.session_id(request.headers, required=True)
            # A local process serves all sessions of its runtime, so there is none of its own to end.
            return Response(status_code=200, headers={wire.SESSION: session}), runtime.agent
        return await self._invoke(request, runtime), runtime.agent

    def _runtime(self, name: str) -> Runtime:
        for runtime in self._system.runtimes:
            if name in (runtime.arn, runtime.runtime_id):
                return runtime
        raise CoreError("ResourceNotFoundException", "There is no such runtime in this stage.")

    def _authorize(
        self, who: str | None, action: str, runtime: Runtime, qualifier: str, *, operator: bool = True
    ) -> None:
        if who == OPERATOR and operator:
            return
        resources = [runtime.arn]
        if qualifier != "DEFAULT":
            resources.append(f"{runtime.arn}/runtime-endpoint/{qualifier}")
        if not allows(self._system.grants.get(who or "", ()), f"bedrock-agentcore:{action}", *resources):
            name = who or "an unsigned request"
            raise CoreError(
                "AccessDeniedException", f"The role of {name} does not allow {action} on {runtime.name}."
            )

    async def _invoke(self, request: Request, runtime: Runtime) -> Response:
        session = wire.session_id(request.headers)
        process = self._processes.get(runtime.arn)
        if process is None or self._client is None:
            raise CoreError("RuntimeClientError", f"{runtime.name} was not started.")
        body = await _body(request)
        headers = wire.passed_on(request.headers, runtime.headers)
        headers[wire.SESSION] = session
        headers[wire.REQUEST_ID] = str(uuid.uuid4())
        workload_token = self._tokens.workload_token(runtime)
        headers |= dict.fromkeys(wire.WORKLOAD_TOKENS, workload_token)
        try:
            outgoing = self._client.build_request(
                "POST", f"{process.base}/invocations", content=body, headers=headers
            )
            incoming = await self._client.send(outgoing, stream=True)
        except (httpx.HTTPError, RuntimeNotReady) as error:
            raise CoreError(
                "RuntimeClientError", f"{runtime.name} does not answer ({type(error).__name__})."
            ) from None
        if incoming.status_code != 200:
            await incoming.aclose()
            raise CoreError("RuntimeClientError", f"{runtime.name} answered {incoming.status_code}.")
        kind = incoming.headers.get("content-type", "application/octet-stream")
        return StreamingResponse(_chunks(incoming), media_type=kind, headers={wire.SESSION: session})


async def _chunks(incoming: httpx.Response) -> AsyncIterator[bytes]:
    """The container's bytes as they arrive. A caller that goes away ends the container's request too."""
    try:
        async for chunk in incoming.aiter_raw():
            yield chunk
    except httpx.HTTPError:
        # The stream breaks off: what was sent stays valid, and no final event tells it was cut.
        return
    finally:
        await incoming.aclose()


async def _body(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > wire.MAX_BODY:
            raise CoreError("ValidationException", f"The payload is larger than {wire.MAX_BODY} bytes.")
    return bytes(raw)


class AgentCore:
    """The AgentCore data plane: runtimes and identity share a service name, so the path decides."""

    def __init__(self, runtimes: Any, identity: Any) -> None:
        self._runtimes = runtimes
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/identities/"):
            await self._identity(scope, receive, send)
        elif path.startswith("/runtimes/"):
            await self._runtimes(scope, receive, send)
        else:
            error = CoreError(
                "ResourceNotFoundException", f"The operation at {path[:80]} has no local stand-in."
            )
            await error.response()(scope, receive, send)
