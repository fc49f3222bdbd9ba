"""`POST /v1/traces`: OTLP over HTTP, from this platform's own processes and from nobody else.

Each process is told a token of its own, so nobody has to be believed who they are. Source: OTLP/HTTP 1.x (binary
protobuf; 200 with an empty `ExportTraceServiceResponse`, 400 for what cannot be read).
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import importlib.util
import io
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path

from starlette.types import Receive, Scope, Send

from localcloud import agent_environment
from localcloud.traces import otlp
from localcloud.traces.store import TraceStore

PATH = "/v1/traces"
HEADER = "x-airside-process"
MAX_BYTES = 4 * 1024 * 1024
PROTOBUF = b"application/x-protobuf"


class Receiver:
    """An ASGI application, and what the processes are told to reach it.

    Args:
        url: where the application is served, without `PATH`.
        names: the service (an agent's name) by process (a runtime's name).
    """

    def __init__(self, store: TraceStore, url: str, names: Mapping[str, str]) -> None:
        self._store = store
        self._url = f"{url}{PATH}"
        key = secrets.token_bytes(32)
        self._tokens = {
            process: hmac.new(key, process.encode(), hashlib.sha256).hexdigest() for process in names
        }
        self._names = dict(names)

    def variables(self, process: str) -> dict[str, str]:
        """Environment variables that have a Python process record and report (OpenTelemetry specification,
        "Environment Variable Specification"); none for a process that is not among `names`."""
        token = self._tokens.get(process)
        if token is None:
            return {}
        return {
            # What the image's `opentelemetry-instrument` puts there before it starts the same command.
            "PYTHONPATH": _launcher(),
            **agent_environment.REPORTING,
            "OTEL_SERVICE_NAME": self._names[process],
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": self._url,
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"{HEADER}={token}",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        service = self._service([value for name, value in scope["headers"] if name == HEADER.encode()])
        if scope["path"] != PATH or scope["method"] != "POST":
            await _send(send, 404)
        elif service is None:
            await _send(send, 403)
        elif headers.get(b"content-type") != PROTOBUF or headers.get(b"content-encoding", b"gzip") != b"gzip":
            await _send(send, 415)
        else:
            await _send(send, await self._take(receive, service, packed=b"content-encoding" in headers))

    async def _take(self, receive: Receive, service: str, *, packed: bool) -> int:
        """Keeps what a process says; the HTTP status."""
        body = await _read(receive)
        try:
            plain = _unpacked(body) if packed and body is not None else body
            if plain is None:
                return 413
            self._store.take(otlp.spans(plain, service, self._store.now()))
        except otlp.Malformed:
            return 400
        return 200

    def _service(self, given: list[bytes]) -> str | None:
        if len(given) != 1:
            return None
        for process, token in self._tokens.items():
            if hmac.compare_digest(given[0], token.encode()):
                return self._names[process]
        return None


def _launcher() -> str:
    """The folder whose `sitecustomize` starts OpenTelemetry's automatic instrumentation."""
    found = importlib.util.find_spec("opentelemetry.instrumentation.auto_instrumentation")
    if found is None or found.origin is None:
        raise ImportError("opentelemetry-instrumentation is not installed; run ./airside once more")
    return str(Path(found.origin).parent)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None where it is longer than `MAX_BYTES` or breaks off."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return None
        body += event.get("body", b"")
        if len(body) > MAX_BYTES:
            return None
        if not event.get("more_body", False):
            return bytes(body)


def _unpacked(body: bytes) -> bytes | None:
    """The body without its compression, or None where that is too long. Raises `otlp.Malformed`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            plain = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise otlp.Malformed("The body is not what its encoding says.") from None
    return plain if len(plain) <= MAX_BYTES else None


async def _send(send: Send, status: int) -> None:
    headers = [(b"content-type", PROTOBUF), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
