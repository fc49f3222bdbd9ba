"""`/v1/traces`: who may report, what is taken of it, and everything that must not get through."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Wire

from localcloud.traces import Recorder, Span, TraceStore
from localcloud.traces.otlp import MAX_SPANS
from localcloud.traces.receiver import HEADER, MAX_BYTES, PATH, Receiver

TRACE, SPAN = bytes.fromhex("0af7651916cd43dd8448eb211c80319c"), bytes.fromhex("b7ad6b7169203331")
T0 = 1_795_000_000_000_000_000
SECRETS = ("S3CRET prompt text", "내 여권 번호 M12345678", "Bearer eyJhbGciOi.J9", "sk_live_1234567890:abc")


def value(given: Any) -> AnyValue:
    if isinstance(given, str):
        return AnyValue(string_value=given)
    return AnyValue(double_value=given) if isinstance(given, float) else AnyValue(int_value=given)


def wire(attributes: dict[str, Any] | None = None, **changes: Any) -> Wire:
    pairs = [KeyValue(key=key, value=value(each)) for key, each in (attributes or {}).items()]
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "name": "work",
        "start_time_unix_nano": T0,
        "end_time_unix_nano": T0 + 5_000_000,
        "attributes": pairs,
    }
    return Wire(**given | changes)


def body(*spans: Wire) -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return bytes(request.SerializeToString())


class Desk:
    """A receiver with two agents, and what got through to its store."""

    def __init__(self) -> None:
        self.store = TraceStore(Recorder(now=lambda: T0))
        self.receiver = Receiver(
            self.store, "http://127.0.0.1:1", {"r-booking": "booking", "r-policy": "policy"}
        )

    def token(self, process: str = "r-booking") -> str:
        told = self.receiver.variables(process)["OTEL_EXPORTER_OTLP_TRACES_HEADERS"]
        return told.removeprefix(f"{HEADER}=")

    def post(self, content: Any, headers: Any = None, *, method: str = "POST", path: str = PATH) -> int:
        own = {"content-type": "application/x-protobuf", HEADER: self.token()}
        sent = headers if isinstance(headers, list) else own | (headers or {})

        async def run() -> int:
            transport = httpx.ASGITransport(app=self.receiver)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return (await client.request(method, path, content=content, headers=sent)).status_code

        return asyncio.run(run())

    @property
    def spans(self) -> list[Span]:
        return [span for trace in self.store.latest(10) for span in trace.spans.values()]

    def take(self, *spans: Wire) -> list[Span]:
        assert self.post(body(*spans)) == 200
        return self.spans


def test_a_span_is_its_process_whatever_it_says() -> None:
    desk = Desk()
    (span,) = desk.take(wire({"service.name": "policy", "gen_ai.agent.name": "policy"}))
    assert (span.service, span.trace_id, span.span_id, span.parent_id) == (
        "booking",
        TRACE.hex(),
        SPAN.hex(),
        None,
    )
    assert (span.begun, span.ended, span.status) == (T0, T0 + 5_000_000, "ok")


@pytest.mark.parametrize(
    ("attributes", "kind", "name"),
    [
        (
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "b"},
            "agent",
            "invoke_agent booking",
        ),
        ({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1:0"}, "model", "chat m-1:0"),
        (
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "a___b"},
            "tool",
            "execute_tool a___b",
        ),
        ({"gen_ai.operation.name": "chat", "rpc.method": "ConverseStream"}, "other", "aws ConverseStream"),
        ({"mcp.method.name": "tools/call"}, "other", "mcp tools/call"),
        # Nothing an agent says makes it the gateway's word.
        ({"gen_ai.operation.name": "gateway"}, "other", "work"),
        ({}, "other", "work"),
    ],
)
def test_a_spans_kind_and_name_are_made_from_what_is_known_of_it(
    attributes: dict[str, Any], kind: str, name: str
) -> None:
    (span,) = Desk().take(wire(attributes, name="S3CRET"))
    assert (span.kind, span.name) == (kind, name)


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_of_a_text_a_person_or_a_model_wrote_gets_through(secret: str) -> None:
    planted = wire(
        {
            "gen_ai.input.messages": secret,
            "gen_ai.tool.call.arguments": secret,
            "gen_ai.prompt": secret,
            "http.request.header.authorization": secret,
            # Also in the place of what is let through.
            "gen_ai.tool.name": secret,
            "gen_ai.agent.name": secret,
            "gen_ai.operation.name": secret,
            "error.type": secret,
            "gen_ai.usage.input_tokens": secret,
            secret: "x",
            "gen_ai.request.model": "a" * 129,
        },
        name=secret,
        trace_state=secret,
    )
    event = planted.events.add(name=secret)
    event.attributes.add(key="gen_ai.tool.name", value=value(secret))
    planted.links.add(trace_id=TRACE, span_id=SPAN, trace_state=secret)
    planted.status.message = secret
    planted.status.code = Wire().status.STATUS_CODE_ERROR
    request = ExportTraceServiceRequest.FromString(body(planted))
    request.resource_spans[0].resource.attributes.add(key="service.name", value=value(secret))
    request.resource_spans[0].scope_spans[0].scope.name = secret
    desk = Desk()
    assert desk.post(request.SerializeToString()) == 200
    (span,) = desk.spans
    assert secret not in repr(span)
    assert span.attributes == {}
    assert span.status == "error"


@pytest.mark.parametrize(
    "changes",
    [
        {"trace_id": b""},
        {"trace_id": bytes(16)},
        {"trace_id": TRACE + b"x"},
        {"span_id": bytes(8)},
        {"span_id": b"short"},
        {"parent_span_id": b"short"},
        {"end_time_unix_nano": T0 - 1},
        {"start_time_unix_nano": 0},
        {"end_time_unix_nano": 2**64 - 1},
        {"start_time_unix_nano": T0 + 10**13, "end_time_unix_nano": T0 + 10**13},
    ],
)
def test_a_span_that_cannot_be_is_left_out_and_its_neighbour_kept(changes: dict[str, Any]) -> None:
    good = wire(span_id=b"12345678", parent_span_id=bytes(8))
    assert [span.span_id for span in Desk().take(wire(**changes), good)] == [b"12345678".hex()]


def test_numbers_that_no_json_can_hold_are_left_out() -> None:
    (span,) = Desk().take(
        wire(
            {
                "gen_ai.usage.input_tokens": 5,
                "gen_ai.usage.output_tokens": float("nan"),
                "gen_ai.server.request.duration": float("inf"),
            }
        )
    )
    assert span.attributes == {"gen_ai.usage.input_tokens": 5}


def test_nobody_reports_without_a_token_of_this_run() -> None:
    desk = Desk()
    kind = ("content-type", "application/x-protobuf")
    for headers in (
        [kind],
        [kind, (HEADER, "")],
        [kind, (HEADER, "x" * 64)],
        [kind, (HEADER, Desk().token())],
        [kind, (HEADER, desk.token()), (HEADER, desk.token("r-policy"))],
    ):
        assert desk.post(body(wire()), headers) == 403, headers
    assert desk.spans == []
    assert desk.receiver.variables("another") == {}
    assert desk.token() != desk.token("r-policy")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"\xff\xff\xff", {}, 400),
        (body(wire())[:-3], {}, 400),
        (b"x", {"content-encoding": "gzip"}, 400),
        (gzip.compress(b"\xff\xff", mtime=0), {"content-encoding": "gzip"}, 400),
        (gzip.compress(body(wire()), mtime=0)[:-9], {"content-encoding": "gzip"}, 400),
        (b"x" * (MAX_BYTES + 1), {}, 413),
        (gzip.compress(b"\0" * (MAX_BYTES + 1), mtime=0), {"content-encoding": "gzip"}, 413),
        (b"{}", {"content-type": "application/json"}, 415),
        (body(wire()), {"content-encoding": "br"}, 415),
    ],
)
def test_what_cannot_be_read_is_refused_and_does_no_harm(
    content: bytes, headers: dict[str, str], status: int
) -> None:
    desk = Desk()
    assert desk.post(content, headers) == status
    assert desk.spans == []
    assert len(desk.take(wire())) == 1


def test_only_the_one_path_and_method_are_served() -> None:
    desk = Desk()
    assert [desk.post(b"", method="GET"), desk.post(b"", path=f"{PATH}/x")] == [404, 404]


def test_a_compressed_report_is_read() -> None:
    desk = Desk()
    assert desk.post(gzip.compress(body(wire())), {"content-encoding": "gzip"}) == 200
    assert len(desk.spans) == 1


def test_one_report_holds_only_so_many_spans() -> None:
    many = [wire(span_id=number.to_bytes(8, "big")) for number in range(1, MAX_SPANS + 50)]
    desk = Desk()
    desk.store = TraceStore(Recorder(now=lambda: T0), per_trace=MAX_SPANS * 2)
    desk.receiver._store = desk.store
    assert len(desk.take(*many)) == MAX_SPANS
