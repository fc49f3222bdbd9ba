"""A collector: what any OTLP/HTTP destination is, in the test's own process, on a port of its own."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What came: spans and log records with their services, and each request's headers.

    `status` is what it answers; `go_on`, while not set, keeps it from answering at all.
    """

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        self.records: list[tuple[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.raw = b""
        self.status = 200
        self.go_on = threading.Event()
        self.go_on.set()
        self.url = ""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.headers.append(headers)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.raw += body
        if path == "/v1/traces":
            for given in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.spans += [(_service(given), span) for scope in given.scope_spans for span in scope.spans]
        elif path == "/v1/logs":
            for each in ExportLogsServiceRequest.FromString(body).resource_logs:
                self.records += [
                    (_service(each), log) for scope in each.scope_logs for log in scope.log_records
                ]


def attributes(of: Any) -> dict[str, Any]:
    """A record's or span's attributes as plain values."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in of.attributes}


def _service(given: Any) -> str:
    told = attributes(given.resource)
    return f"{told['service.namespace']}/{told['service.name']}"


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that serves until the end of the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.go_on.wait(30)
            if collector.status == 200:
                headers = {name.lower(): value for name, value in self.headers.items()}
                collector.take(self.path, headers, body)
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        collector.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
