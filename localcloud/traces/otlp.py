"""What agents' processes say, from OTLP's protobuf to spans, with everything left out that is not known harmless.

Source: OpenTelemetry protocol 1.x, `ExportTraceServiceRequest`; names by the semantic conventions for generative AI
and for RPC. An allowlist, because a library's next release may record what this one does not: events, links, status
texts and resources are never read, of attributes only those below, and of their texts only names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from localcloud.traces.span import ERROR, OK, Scalar, Span

MAX_SPANS = 2_000
"""Spans of one request; the SDK's batches hold 512."""
_HOUR = 3_600_000_000_000
_FAILED = 2
"""`Status.STATUS_CODE_ERROR`."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
NAMES = {
    "gen_ai.operation.name": re.compile(
        r"invoke_agent|chat|execute_tool|execute_event_loop_cycle|create_agent|embeddings|text_completion"
    ),
    "gen_ai.tool.status": re.compile(r"success|error"),
    # What a model may call a tool by (Amazon Bedrock API reference: ToolSpecification).
    "gen_ai.tool.name": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "gen_ai.request.model": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}"),
    "gen_ai.provider.name": _WORD,
    "gen_ai.system": _WORD,
    "rpc.system": _WORD,
    "rpc.method": re.compile(r"[A-Za-z0-9]{1,64}"),
    "mcp.method.name": re.compile(r"[a-z]+(?:/[a-z_]+)*"),
    "error.type": re.compile(r"[A-Za-z0-9_.]{1,64}"),
}
"""Attributes whose value is a name of something, and the form it must have."""
NUMBERS = frozenset(
    {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.total_tokens"}
    | {"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens"}
    | {"gen_ai.server.time_to_first_token", "gen_ai.server.request.duration"}
    | {"http.response.status_code", "http.status_code", "retry_attempts"}
)
"""Attributes whose value is a number."""
_KINDS = {"invoke_agent": "agent", "chat": "model", "execute_tool": "tool"}


class Malformed(ValueError):
    """The bytes are no OTLP trace request. The text says no more than that."""


def spans(body: bytes, service: str, now: int) -> list[Span]:
    """The spans in the body of a request, as `service`'s, at `now` (Unix nanoseconds).

    Those with ids or times that cannot be are left out. Raises Malformed.
    """
    return [span for each in _given(body) if (span := _span(each, service, now)) is not None]


def _given(body: bytes) -> Iterator[Any]:
    # 30 ms of imports that a platform without agents need not pay for.
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise Malformed("The body is no OTLP trace request.") from None
    count = 0
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                count += 1
                if count > MAX_SPANS:
                    return
                yield span


def _span(given: Any, service: str, now: int) -> Span | None:
    if len(given.trace_id) != 16 or len(given.span_id) != 8 or len(given.parent_span_id) not in (0, 8):
        return None
    begun, ended = given.start_time_unix_nano, given.end_time_unix_nano
    if not (any(given.trace_id) and any(given.span_id) and now - _HOUR < begun <= ended < now + _HOUR):
        return None
    attributes = dict(_attributes(given))
    kind, name = _what(attributes, service)
    return Span(
        given.trace_id.hex(),
        given.span_id.hex(),
        given.parent_span_id.hex() if any(given.parent_span_id) else None,
        name,
        kind,
        service,
        begun,
        ended,
        ERROR if given.status.code == _FAILED else OK,
        attributes,
    )


def _attributes(given: Any) -> Iterator[tuple[str, Scalar]]:
    for pair in given.attributes:
        kind = pair.value.WhichOneof("value")
        form = NAMES.get(pair.key)
        if form is not None and kind == "string_value" and form.fullmatch(pair.value.string_value):
            yield pair.key, pair.value.string_value
        elif pair.key in NUMBERS and kind == "int_value":
            yield pair.key, pair.value.int_value
        elif pair.key in NUMBERS and kind == "double_value" and abs(pair.value.double_value) < 1e15:
            yield pair.key, pair.value.double_value


def _what(attributes: dict[str, Scalar], service: str) -> tuple[str, str]:
    """A span's kind and name, made from its attributes: the name it came with could be any text."""
    for protocol, key in (("aws", "rpc.method"), ("mcp", "mcp.method.name")):
        # An SDK's request is not the model's turn or the tool's use that it is made for, whatever it says it is.
        if key in attributes:
            return "other", f"{protocol} {attributes[key]}"
    operation = str(attributes.get("gen_ai.operation.name", "work"))
    kind = _KINDS.get(operation, "other")
    subjects = {
        "agent": service,
        "model": attributes.get("gen_ai.request.model"),
        "tool": attributes.get("gen_ai.tool.name"),
    }
    return kind, f"{operation} {subjects.get(kind) or ''}".rstrip()
