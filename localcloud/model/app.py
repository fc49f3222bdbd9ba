"""Bedrock Runtime on the wire: Converse and ConverseStream, answered by a playbook or a forwarded model.

Source: Amazon Bedrock API reference, Converse and ConverseStream.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing
from typing import Any, Protocol
from urllib.parse import unquote
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from localcloud import tracing
from localcloud.model import eventstream
from localcloud.model.caller import agent_of
from localcloud.model.errors import BedrockError
from localcloud.model.forward import Forwarder, ForwardSettings
from localcloud.model.parse import parse
from localcloud.model.playbook.engine import answer
from localcloud.model.playbook.schema import Playbook
from localcloud.model.reply import Events, Part, Usage, collect, parts_of
from localcloud.model.request import BODY_LIMIT, ConverseRequest, Text, invalid
from localcloud.traces import Recorder, Span
from localcloud.traces.span import ERROR, OK, Scalar, new_span_id

_PATH = re.compile(r"/model/(?P<model>[^/]+)/(?P<operation>converse|converse-stream)")
_CHARACTERS_PER_TOKEN = 4


class EventLog(Protocol):
    """Where model events go; `localcloud.telemetry` has the platform's."""

    def record(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""


def create_model(
    playbook: Playbook | None,
    forward: ForwardSettings | None,
    events: EventLog,
    *,
    agents: Mapping[str, str],
    models: Collection[str] | None = None,
    environment: Mapping[str, str] | None = None,
    timer: Callable[[], float] = time.perf_counter,
    recorder: Recorder | None = None,
) -> ModelApp:
    """The ASGI app. With both a playbook and `forward`, requests are forwarded.

    `agents` maps runtime names to agent names; `models` are the model ids that exist (None: any well-formed
    one); `environment` is where the forward key's variable is looked up; `recorder` gets a span per request.
    """
    if playbook is None and forward is None:
        raise ValueError("a model needs a playbook or an address to forward to")
    forwarder = Forwarder(forward, os.environ if environment is None else environment) if forward else None
    return ModelApp(playbook, forwarder, events, agents, models, timer, recorder)


class _Exchange:
    """One request's facts for its event; never any text of it."""

    def __init__(self, kind: str, place: tracing.TraceParent | None, started: float, begun: int) -> None:
        self.kind = kind
        self.place = place
        self.begun = begun
        self.started = started
        self.agent: str | None = None
        self.rule: str | None = None
        self.problem: str | None = None
        self.error: str | None = None


class ModelApp:
    """See `create_model`."""

    def __init__(
        self,
        playbook: Playbook | None,
        forwarder: Forwarder | None,
        events: EventLog,
        agents: Mapping[str, str],
        models: Collection[str] | None,
        timer: Callable[[], float],
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder or Recorder(capacity=1)
        self._playbook = playbook
        self._forwarder = forwarder
        self._events = events
        self._agents = agents
        self._models = models
        self._timer = timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"the model serves HTTP only, not {scope['type']}")
        response = await self._serve(Request(scope, receive))
        await response(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def aclose(self) -> None:
        """Close what is open towards a forwarded model; needed only where no lifespan is served."""
        if self._forwarder is not None:
            await self._forwarder.aclose()

    async def _serve(self, request: Request) -> Response:
        kind = "forward" if self._forwarder else "playbook"
        place = tracing.of_request(request.headers)
        exchange = _Exchange(kind, place, self._timer(), self._recorder.now())
        try:
            path = _PATH.fullmatch(_raw_path(request))
            if path is None or request.method != "POST":
                raise BedrockError(
                    "ResourceNotFoundException", "Only POST /model/{modelId}/converse[-stream]."
                )
            exchange.agent = agent_of(request.headers.get("authorization"), self._agents)
            model_id = unquote(path["model"])
            converse = parse(model_id, await _body(request))
            self._check_model(model_id)
            parts = self._parts(converse, exchange)
            if path["operation"] == "converse":
                async with aclosing(parts):
                    document = await collect(parts, 0)
                document["metrics"]["latencyMs"] = self._milliseconds(exchange)
                self._record(exchange)
                return _json(document)
            return await self._stream(parts, exchange)
        except Exception as error:
            refusal = _refusal(error, exchange)
            self._record(exchange)
            return _error(refusal)

    def _check_model(self, model_id: str) -> None:
        # A profile's or model's ARN names the same model as its last part.
        if self._models is not None and model_id.rsplit("/", 1)[-1] not in self._models:
            known = ", ".join(sorted(self._models))
            raise BedrockError(
                "ResourceNotFoundException",
                "Could not resolve the foundation model from the provided model identifier "
                f"{model_id[:200]!r}. This environment has: {known}.",
            )

    async def _parts(self, request: ConverseRequest, exchange: _Exchange) -> AsyncGenerator[Part, None]:
        if self._forwarder is not None:
            async with aclosing(self._forwarder.converse(request)) as arriving:
                async for part in arriving:
                    yield part
            return
        if self._playbook is None or exchange.agent is None:
            raise BedrockError("InternalServerException", "There is no playbook.")
        given = answer(self._playbook, exchange.agent, request)
        exchange.rule, exchange.problem = given.rule, given.problem
        written = sum(
            len(b.text) if isinstance(b, Text) else len(json.dumps(b.input, ensure_ascii=False))
            for b in given.blocks
        )
        usage = Usage(_tokens(request.characters), _tokens(written))
        for part in parts_of(given.blocks, usage):
            yield part

    async def _stream(self, parts: AsyncGenerator[Part, None], exchange: _Exchange) -> Response:
        # What fails before the first part is an HTTP error, as on the service; later, an exception frame.
        first = await anext(parts)
        return StreamingResponse(
            self._frames(first, parts, exchange),
            media_type=eventstream.CONTENT_TYPE,
            headers={"x-amzn-RequestId": str(uuid4())},
        )

    async def _frames(
        self, first: Part, rest: AsyncGenerator[Part, None], exchange: _Exchange
    ) -> AsyncIterator[bytes]:
        events = Events()
        try:
            yield eventstream.event(*events.start())
            for name, payload in events.of(first, self._milliseconds(exchange)):
                yield eventstream.event(name, payload)
            async for part in rest:
                for name, payload in events.of(part, self._milliseconds(exchange)):
                    yield eventstream.event(name, payload)
        except Exception as error:
            refusal = _refusal(error, exchange)
            yield eventstream.exception(refusal.stream_event, refusal.message)
        finally:
            await rest.aclose()
            self._record(exchange)

    def _milliseconds(self, exchange: _Exchange) -> int:
        return round((self._timer() - exchange.started) * 1000)

    def _record(self, exchange: _Exchange) -> None:
        self._events.record(
            {
                "event": "model",
                "layer": "model",
                "agent": exchange.agent,
                "kind": exchange.kind,
                "rule": exchange.rule,
                "problem": exchange.problem,
                "error": exchange.error,
                "ms": self._milliseconds(exchange),
                "trace_id": exchange.place.trace_id if exchange.place else None,
            }
        )
        if exchange.place is not None:
            self._recorder.add(_span(exchange, exchange.place, self._recorder.now()))


def _span(exchange: _Exchange, place: tracing.TraceParent, ended: int) -> Span:
    """The span of one model request within a trace."""
    attributes: dict[str, Scalar] = {"airside.model": exchange.kind}
    attributes |= {"gen_ai.agent.name": exchange.agent} if exchange.agent else {}
    attributes |= {"error.type": exchange.error} if exchange.error else {}
    return Span(
        place.trace_id,
        new_span_id(),
        place.parent_id,
        f"model {exchange.kind}",
        "model",
        "model",
        exchange.begun,
        ended,
        ERROR if exchange.error else OK,
        attributes,
    )


def _refusal(error: Exception, exchange: _Exchange) -> BedrockError:
    """The error in AWS form. Of what nobody foresaw only the class is told: its text may hold the prompt."""
    if isinstance(error, RecursionError):
        error = invalid("The request is nested too deeply.")
    if not isinstance(error, BedrockError):
        exchange.problem = type(error).__name__
        error = BedrockError("InternalServerException", f"The local model failed ({exchange.problem}).")
    exchange.error = error.code
    return error


def _raw_path(request: Request) -> str:
    """The path as sent: a model id may hold an encoded `/` (an ARN)."""
    raw = request.scope.get("raw_path")
    return raw.decode("ascii", "replace").split("?", 1)[0] if isinstance(raw, bytes) else request.url.path


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise invalid(f"The request is larger than {BODY_LIMIT} bytes.")
    return bytes(body)


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_PER_TOKEN)


def _json(document: Mapping[str, Any]) -> Response:
    return JSONResponse(document, headers={"x-amzn-RequestId": str(uuid4())})


def _error(error: BedrockError) -> Response:
    headers = {"x-amzn-ErrorType": error.code, "x-amzn-RequestId": str(uuid4())}
    return JSONResponse({"message": error.message}, status_code=error.status, headers=headers)
