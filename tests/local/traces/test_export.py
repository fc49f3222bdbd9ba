"""What goes to a user's own collector, what never does, and what a bad collector can do to the platform: nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from localcloud.telemetry.events import EventLog
from localcloud.traces import Arguments, Recorder, TraceStore
from localcloud.traces.export import QUEUE, Destination, Exporter, ExportSettings
from tests.local.traces.collector import attributes, collecting
from tests.local.traces.test_view import TRACE, decision, span

SECRET = "S3CRET"


class Sending:
    """A store whose items are sent on, with notices to read."""

    def __init__(self, url: str, *, logs: bool = True, timeout: float = 5) -> None:
        self.recorder = Recorder()
        self.store = TraceStore(self.recorder, arguments=Arguments())
        self.events = EventLog(listener=self.recorder.event)
        self.notices: list[str] = []
        headers = {"authorization": f"Bearer {SECRET}"}
        settings = ExportSettings(
            Destination(f"{url}/v1/traces", headers, timeout),
            Destination(f"{url}/v1/logs", headers, timeout) if logs else None,
        )
        self.exporter = Exporter(
            self.store, settings, stage="airline-dev", notice=self.notices.append, period=0.02
        )

    def __enter__(self) -> Sending:
        self.exporter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.exporter.stop()


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def decide(events: EventLog, **changes: Any) -> None:
    event = decision("policy", "gw", **changes)
    events.record({key: value for key, value in event.items() if value is not None})


def test_spans_and_decisions_arrive_as_otlp_with_the_headers_that_were_asked_for() -> None:
    with collecting() as collector, Sending(collector.url) as sending:
        sending.recorder.add(span("gw", "up", attributes={"mcp.method.name": "tools/call"}))
        sending.store.take([span("agent", "gw", "agent")._replace(service="booking")])
        decide(sending.events, effect="deny", reason="not_granted", detail=SECRET, switched_off=["x"])
        until(lambda: len(collector.spans) == 2 and len(collector.records) == 1)
        assert {headers["authorization"] for headers in collector.headers} == {f"Bearer {SECRET}"}
    (service, request), (other, _) = collector.spans
    assert (service, other) == ("airline-dev/x", "airline-dev/booking")
    assert (request.trace_id.hex(), request.name, request.kind) == (
        TRACE,
        "gateway gw",
        request.SPAN_KIND_SERVER,
    )
    assert request.parent_span_id.decode().strip("\0") == "up"
    assert attributes(request) == {
        "mcp.method.name": "tools/call",
        "airside.kind": "gateway",
        "airside.status": "ok",
    }
    ((service, record),) = collector.records
    assert (service, record.trace_id.hex(), record.event_name) == (
        "airline-dev/gateway",
        TRACE,
        "airside.decision",
    )
    assert (record.span_id, record.severity_text) == (request.span_id, "WARN")
    told = attributes(record)
    assert told["airside.reason"] == "not_granted"
    assert told["airside.effect"] == "deny"
    assert SECRET not in repr(told)


def test_an_interceptors_line_keeps_its_trace() -> None:
    with collecting() as collector, Sending(collector.url) as sending:
        event = decision("interceptor")
        sending.events.record({key: value for key, value in event.items() if value is not None})
        until(lambda: len(collector.records) == 1)
    ((_, record),) = collector.records
    assert (record.trace_id.hex(), record.span_id) == (TRACE, b"")


def test_arguments_are_never_sent() -> None:
    with collecting() as collector, Sending(collector.url) as sending:
        gateway = span("gw")
        sending.store.arguments.keep(
            TRACE, gateway.span_id, b'{"params":{"arguments":"%s"}}' % SECRET.encode()
        )
        sending.recorder.add(gateway)
        decide(sending.events)
        until(lambda: bool(collector.spans and collector.records))
    assert SECRET.encode() not in collector.raw


def test_without_a_place_for_decisions_only_spans_are_sent() -> None:
    with collecting() as collector, Sending(collector.url, logs=False) as sending:
        decide(sending.events)
        sending.recorder.add(span("gw"))
        until(lambda: bool(collector.spans))
    assert collector.records == []


def test_what_is_left_is_sent_at_the_end() -> None:
    with collecting() as collector:
        sending = Sending(collector.url)
        sending.exporter._period = 60
        with sending:
            sending.recorder.add(span("gw"))
        assert len(collector.spans) == 1


def test_a_dead_collector_is_told_of_once_and_costs_no_request_anything() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        with Sending(f"http://127.0.0.1:{taken.getsockname()[1]}", logs=False, timeout=0.2) as sending:
            for number in range(50):
                sending.recorder.add(span(f"s{number}"))
                sending.store.refresh()
            until(lambda: bool(sending.notices))
            sending.recorder.add(span("later"))
            time.sleep(0.3)
            assert len(sending.notices) == 1
            assert "/v1/traces does not take" in sending.notices[0]
            assert SECRET not in sending.notices[0]
            begun = time.monotonic()
        assert time.monotonic() - begun < 20, "it waits for its collector"


def test_a_collector_that_comes_back_is_told_of_too() -> None:
    with collecting() as collector, Sending(collector.url, logs=False) as sending:
        collector.status = 400
        sending.recorder.add(span("lost"))
        until(lambda: len(sending.notices) == 1)
        collector.status = 200
        sending.recorder.add(span("kept"))
        until(lambda: len(sending.notices) == 2)
        assert "again" in sending.notices[1]
        assert [each.name for _, each in collector.spans] == ["gateway kept"]


def test_a_slow_collector_keeps_nobody_waiting() -> None:
    with collecting() as collector:
        collector.go_on.clear()
        sending = Sending(collector.url, timeout=30)
        sending.exporter.start()
        sending.recorder.add(span("first"))
        until(lambda: bool(sending.store.latest(1)))
        begun = time.monotonic()
        for number in range(2_000):
            sending.recorder.add(span(f"s{number}"))
        sending.store.refresh()
        assert len(sending.store.latest(1)) == 1
        sending.exporter.stop(0.2)
        assert time.monotonic() - begun < 20, "it waits for its collector"
        collector.go_on.set()


def test_what_waits_is_bounded() -> None:
    sending = Sending("http://127.0.0.1:1")
    sending.store._per_trace = QUEUE * 2
    for number in range(QUEUE + 500):
        sending.exporter._offer(span(f"{number}"))
    assert sending.exporter._spans is not None
    assert len(sending.exporter._spans.waiting) == QUEUE


def test_an_address_is_shown_without_what_may_be_secret_in_it() -> None:
    to = Destination(f"https://user:{SECRET}@host.example:4318/v1/traces?key={SECRET}", {"a": SECRET})
    assert to.shown == "https://host.example:4318/v1/traces"
    assert SECRET not in repr(Destination("https://host.example", {"a": SECRET}))
