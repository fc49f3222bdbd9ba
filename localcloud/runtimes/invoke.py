"""InvokeAgentRuntime on the wire: who may, which runtime, and what its container is told."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from localcloud.identity.errors import CoreError
from localcloud.runtimes import bearer, process, relay
from localcloud.runtimes import request as wire
from localcloud.runtimes.process import MCP, RuntimeNotReady
from localcloud.signed import OPERATOR, allows, caller
from localcloud.spec import LocalSystem, Runtime
from localcloud.telemetry.events import EventLog
from localcloud.traces import Begun, Recorder, Span
from localcloud.traces.span import ERROR, OK, REFUSED, Scalar

INVOKE = "invoke"
"""What an invocation is called before it is known of what."""


class WorkloadTokens(Protocol):
    """Gives the workload access token that goes along with a request."""

    def workload_token(self, runtime: Runtime) -> str: ...


def new_client() -> httpx.AsyncClient:
    """For requests to containers: as long as they take, a connection each, and no proxy of the user's.

    No connection is kept: a server that closes an idle one just then would fail the next request.
    """
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(None, connect=5),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    )
    # Bytes are passed on as they are, so the container must not compress them.
    client.headers = httpx.Headers({"accept-encoding": "identity", "user-agent": "airside"})
    return client


class Invocations:
    """An ASGI application for paths below `/runtimes/`.

    `connect` gives an HTTP client and a runtime's base URL, or raises RuntimeNotReady. `bearers` is needed
    where a runtime's callers bring tokens.
    """

    def __init__(
        self,
        system: LocalSystem,
        *,
        connect: Callable[[Runtime], tuple[httpx.AsyncClient, str]],
        tokens: WorkloadTokens,
        events: EventLog,
        bearers: bearer.Bearers | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder or Recorder(capacity=1)
        self._system = system
        self._doors = bearer.Doors(system.runtimes, bearers)
        self._connect = connect
        self._tokens = tokens
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        document = self._document(request)
        if document is not None:
            await document(scope, receive, send)
            return
        started, begun = time.perf_counter(), self._recorder.now()
        context = wire.trace(request.headers)
        self._recorder.add(Begun(context.trace_id, context.span_id, INVOKE, begun))
        given = request.headers.getlist("authorization")
        # Of two signatures nobody knows which one counts.
        who = caller(given[0]) if len(given) == 1 else None
        entry: dict[str, Any] = {
            "event": "invocation",
            "layer": "runtime",
            "agent": None,
            "caller": who,
            "trace_id": context.trace_id,
        }
        try:
            asked = _target(request)
            runtime = self._named(request, asked)
            if runtime.authorizer is None:
                self._authorize(who, "InvokeAgentRuntime", runtime, asked.qualifier)
            else:
                # Whether there was a user; never who.
                entry["user"] = False
                await self._doors.check(runtime, request.headers, asked.qualifier)
                entry["user"] = True
            self._check(request, runtime, who, asked.qualifier)
            entry["server" if runtime.protocol == MCP else "agent"] = runtime.agent
            entry["outcome"] = await self._invoke(request, runtime, context, send)
            entry["status"] = 200
        except ClientDisconnect:
            entry["outcome"] = relay.LEFT
        except CoreError as error:
            response = error.response()
            entry["outcome"], entry["status"] = error.kind, response.status_code
            if isinstance(error, bearer.NotLetInError):
                entry["reason"] = error.reason
            await response(scope, receive, send)
        finally:
            self._events.record({**entry, "ms": round((time.perf_counter() - started) * 1000, 1)})
            self._recorder.add(span_of(context, begun, self._recorder.now(), entry))

    def _document(self, request: Request) -> Response | None:
        """The answer to a request for a runtime's protected-resource document; None for any other request."""
        try:
            asked = _target(request)
            runtime = self._runtime(asked)
        except CoreError:
            return None
        if (request.method, asked.operation) != ("GET", bearer.METADATA) or runtime.authorizer is None:
            return None
        return self._doors.metadata(runtime, asked.qualifier)

    def _named(self, request: Request, asked: wire.Target) -> Runtime:
        """The runtime that is to be invoked. Raises CoreError."""
        if request.method != "POST" or asked.operation != "invocations":
            raise CoreError(
                "ResourceNotFoundException",
                f"{request.method} …/{asked.operation[:48]} has no local stand-in; InvokeAgentRuntime has.",
            )
        return self._runtime(asked)

    def _check(self, request: Request, runtime: Runtime, who: str | None, qualifier: str) -> None:
        """What a caller that may invoke the runtime may still not ask for. Raises CoreError."""
        if wire.USER in request.headers:
            if runtime.authorizer is None:
                self._authorize(who, "InvokeAgentRuntimeForUser", runtime, qualifier, operator=False)
            # Its workload token would have to speak for that user, and no local one does.
            raise CoreError("ValidationException", "A user id has no local stand-in. Leave it out.")
        if qualifier not in ("DEFAULT", *runtime.endpoints):
            raise CoreError(
                "ResourceNotFoundException", f"{runtime.name} has no endpoint {qualifier[:48]!r}."
            )

    def _runtime(self, asked: wire.Target) -> Runtime:
        account = self._system.account
        for runtime in (*self._system.runtimes, *self._system.servers):
            if asked.runtime == runtime.arn and asked.account in (None, account):
                return runtime
            # An id alone says nothing of the account it is in.
            if asked.runtime == runtime.runtime_id and asked.account == account:
                return runtime
        raise CoreError(
            "ResourceNotFoundException",
            "There is no such runtime in this stage. Name it by its ARN, or by its id with accountId.",
        )

    def _authorize(
        self, who: str | None, action: str, runtime: Runtime, qualifier: str, *, operator: bool = True
    ) -> None:
        """Runtime and endpoint are both authorized, as the guide's policies name both."""
        if who == OPERATOR and operator:
            return
        resources = (runtime.arn, f"{runtime.arn}/runtime-endpoint/{qualifier}")
        if not allows(self._system.grants.get(who or "", ()), f"bedrock-agentcore:{action}", *resources):
            name = f"The role of {who}" if who else "A request signed by nobody this platform started"
            raise CoreError(
                "AccessDeniedException",
                f"{name} does not allow {action} on {runtime.name}, endpoint {qualifier[:48]!r}.",
            )

    async def _invoke(self, request: Request, runtime: Runtime, context: wire.Trace, send: Send) -> str:
        mcp = runtime.protocol == MCP
        # An MCP client knows no other session than its protocol's: the platform's id travels in that header.
        session = wire.session_id(request.headers, wire.MCP_SESSION if mcp else wire.SESSION)
        more = wire.MCP_HEADERS if mcp else ()
        headers = wire.passed_on(request.headers, context, runtime.headers, more)
        try:
            client, base = self._connect(runtime)
        except RuntimeNotReady as error:
            raise CoreError(
                "RuntimeClientError", f"{error}. Try again in a moment, or see its log."
            ) from None
        sessions = {wire.SESSION: session, **({wire.MCP_SESSION: session} if mcp else {})}
        headers |= sessions
        headers[wire.REQUEST_ID] = str(uuid.uuid4())
        headers |= dict.fromkeys(wire.WORKLOAD_TOKENS, self._tokens.workload_token(runtime))
        outgoing = client.build_request(
            "POST",
            f"{base}{process.PATHS[runtime.protocol]}",
            content=await _body(request),
            # Header values are bytes; text of HTTP's servers is Latin-1 (RFC 9110 §5.5).
            headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        )
        return await relay.exchange(
            client,
            outgoing,
            request.receive,
            send,
            runtime=runtime.name,
            headers={**sessions, "traceparent": context.parent},
            # 202 is MCP's answer to a notification.
            accepted=(200, 202) if mcp else (200,),
        )


def span_of(context: wire.Trace, begun: int, ended: int, entry: Mapping[str, Any]) -> Span:
    """The span of an invocation, from what its event says."""
    attributes: dict[str, Scalar] = {"airside.outcome": entry.get("outcome", "failed")}
    name = INVOKE
    if (who := entry.get("agent") or entry.get("server")) is not None:
        name = f"invoke {who}"
        attributes["gen_ai.agent.name" if entry.get("agent") else "airside.server"] = who
    if "status" in entry:
        attributes["http.response.status_code"] = entry["status"]
    if "reason" in entry:
        attributes["airside.reason"] = entry["reason"]
    # A caller that has its last event need not wait for the end of the stream, and one that gives up is no fault.
    status = OK if entry.get("outcome") in (relay.FINISHED, relay.LEFT) else ERROR
    if entry.get("status") in (401, 403):
        status = REFUSED
    return Span(
        context.trace_id,
        context.span_id,
        context.caller,
        name,
        "invocation",
        "runtime",
        begun,
        ended,
        status,
        attributes,
    )


def _target(request: Request) -> wire.Target:
    scope = request.scope
    return wire.target(scope.get("raw_path") or scope["path"].encode(), scope["query_string"])


async def _body(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > wire.MAX_BODY:
            raise CoreError("ValidationException", f"The payload is larger than {wire.MAX_BODY} bytes.")
    return bytes(raw)
