"""The gateway's spans: one of a whole request, and one of each step within it.

Made of plain tuples on the way, because every call makes half a dozen. Names are the catalogue's: what a caller
sent as a tool's or method's name and the gateway does not know is a caller's text, and no span holds it.
"""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.gateway.trace import Trace
from localcloud.gateway.wire import Message, Reply
from localcloud.traces import Arguments, Recorder, Span
from localcloud.traces.span import ERROR, OK, REFUSED, Scalar, new_span_id

SERVICE = "gateway"
_REFUSALS = frozenset({401, 403, 429})


class Spans:
    """Writes one gateway's spans, and keeps the arguments of its tool calls if `arguments` does."""

    def __init__(
        self,
        recorder: Recorder | None = None,
        arguments: Arguments | None = None,
        *,
        tools: frozenset[str] = frozenset(),
        methods: frozenset[str] = frozenset(),
    ) -> None:
        self._recorder = recorder or Recorder(capacity=1)
        self._arguments = arguments or Arguments(most=0)
        self._tools, self._methods = tools, methods
        self.now = self._recorder.now
        """Unix nanoseconds."""

    def layer(self, kind: str, trace: Trace, micros: int, *, refused: bool = False, reason: str = "") -> None:
        """A layer that has just decided, and took so long."""
        ended = self.now()
        self._recorder.add(
            Span(
                trace.trace_id,
                new_span_id(),
                trace.span_id,
                kind,
                kind,
                SERVICE,
                ended - micros * 1000,
                ended,
                REFUSED if refused else OK,
                {"airside.reason": reason} if reason else {},
            )
        )

    def step(self, kind: str, name: str, trace: Trace, begun: int, status: str, **more: Scalar) -> None:
        """A step that ends now and has a place of its own, `trace`; `more` are attributes below `airside.`."""
        attributes = {f"airside.{key}": value for key, value in more.items()}
        self._ended(kind, name, trace, begun, status, attributes)

    def let_in(self, message: Message, trace: Trace, raw: bytes) -> None:
        """Keeps what a call says, of callers that the authorizer and the limits let in: anybody else who reaches the
        port could fill the memory."""
        if self._arguments.keeping and called(message, self._tools) is not None:
            self._arguments.keep(trace.trace_id, trace.span_id, raw)

    def request(self, message: Message | None, trace: Trace, begun: int, reply: Reply) -> None:
        """A whole request that ends now; `message` is None where its body is none."""
        name, attributes = "request", dict[str, Scalar]({"http.response.status_code": reply.status})
        if message is not None and message.method in self._methods:
            name = attributes["mcp.method.name"] = message.method
            if (tool := called(message, self._tools)) is not None:
                attributes["gen_ai.tool.name"] = tool
                name = f"{name} {tool}"
        self._ended("gateway", name, trace, begun, _outcome(reply), attributes)

    def _ended(
        self, kind: str, name: str, trace: Trace, begun: int, status: str, attributes: Mapping[str, Scalar]
    ) -> None:
        """Records what has its own place in the trace and ends now."""
        self._recorder.add(
            Span(
                trace.trace_id,
                trace.span_id,
                trace.caller,
                name,
                kind,
                SERVICE,
                begun,
                self.now(),
                status,
                attributes,
            )
        )


def called(message: Message, tools: frozenset[str]) -> str | None:
    """The tool that is called, if there is one of that name."""
    name = message.params.get("name") if message.method == "tools/call" else None
    return name if isinstance(name, str) and name in tools else None


def _outcome(reply: Reply) -> str:
    if reply.status in _REFUSALS:
        return REFUSED
    result = reply.body.get("result") if reply.body is not None else None
    failed = isinstance(result, dict) and result.get("isError") is True
    return ERROR if failed or reply.status >= 400 else OK
