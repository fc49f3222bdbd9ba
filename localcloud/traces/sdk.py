"""Our spans and decisions as the OpenTelemetry SDK's, and its exporters to send them.

Apart, because the SDK takes a tenth of a second to import, which only an export has to pay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from localcloud.traces.decisions import refuses
from localcloud.traces.span import ERROR, OK, REFUSED, Span

SCOPE = InstrumentationScope("airside")
EVENT = "airside.decision"
TOLD = (
    "layer",
    "effect",
    "reason",
    "source",
    "agent",
    "tool",
    "method",
    "policy",
    "would_refuse",
    "function",
)
"""What of a decision is sent: names, reasons and lines of the declaration. No argument is in a decision, and a
shadow's `detail`, which describes one, stays here."""
_SERVERS = frozenset({"invocation", "gateway"})


class SpanSender:
    """Sends spans; each service is a resource of its own within the stage."""

    def __init__(self, url: str, headers: dict[str, str], timeout: float, stage: str) -> None:
        self._exporter = OTLPSpanExporter(endpoint=url, headers=headers, timeout=timeout)
        self._stage = stage

    def send(self, batch: Sequence[Span]) -> bool:
        result = self._exporter.export([_readable(span, self._stage) for span in batch])
        return result is SpanExportResult.SUCCESS

    def stop(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class LogSender:
    """Sends decisions as log records, each with the ids of the trace it was made in."""

    def __init__(self, url: str, headers: dict[str, str], timeout: float, stage: str) -> None:
        self._exporter = OTLPLogExporter(endpoint=url, headers=headers, timeout=timeout)
        self._stage = stage

    def send(self, batch: Sequence[Mapping[str, Any]]) -> bool:
        result = self._exporter.export([_record(event, self._stage) for event in batch])
        return result is LogRecordExportResult.SUCCESS

    def stop(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _resource(service: str, stage: str) -> Resource:
    return Resource({"service.name": service, "service.namespace": stage})


def _context(trace_id: str, span_id: str | None) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id or "0", 16), is_remote=False, trace_flags=TraceFlags(1))


def _readable(span: Span, stage: str) -> ReadableSpan:
    code = {OK: StatusCode.OK, REFUSED: StatusCode.ERROR, ERROR: StatusCode.ERROR}[span.status]
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
        resource=_resource(span.service, stage),
        attributes={**span.attributes, "airside.kind": span.kind, "airside.status": span.status},
        kind=SpanKind.SERVER if span.kind in _SERVERS else SpanKind.INTERNAL,
        status=Status(code),
        start_time=span.begun,
        end_time=span.ended,
        instrumentation_scope=SCOPE,
    )


def _record(event: Mapping[str, Any], stage: str) -> ReadableLogRecord:
    refused = refuses(event)
    told = {f"airside.{key}": event[key] for key in TOLD if isinstance(event.get(key), str)}
    at = int(datetime.fromisoformat(event["time"]).timestamp() * 1000) * 1_000_000
    record = LogRecord(
        timestamp=at,
        observed_timestamp=at,
        severity_number=SeverityNumber.WARN if refused else SeverityNumber.INFO,
        severity_text="WARN" if refused else "INFO",
        body=f"{event.get('layer')} {event.get('effect')} {event.get('tool') or event.get('method') or ''}".rstrip(),
        attributes=told,
        event_name=EVENT,
    )
    # Set here, because from a context only a whole place is taken, and an interceptor knows its trace alone.
    record.trace_id, record.span_id = int(event["trace_id"], 16), int(event.get("span_id") or "0", 16)
    record.trace_flags = TraceFlags(1)
    return ReadableLogRecord(record, _resource("gateway", stage), SCOPE)
