"""The gateway's HTTP side: routes, limits and framing.

Plain ASGI: every request takes the same few steps, and what a framework would normalise (repeated headers,
encoded paths) is exactly what has to be seen as it came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from starlette.types import Message, Receive, Scope, Send

from localcloud.functions.api import Invoker
from localcloud.gateway import protocol, wire
from localcloud.gateway.catalog import Catalog
from localcloud.gateway.keys import KeySource, issuer_of
from localcloud.gateway.outbound import Role
from localcloud.gateway.pipeline import Pipeline
from localcloud.gateway.records import EventLog
from localcloud.gateway.spans import Spans
from localcloud.gateway.targets import Targets
from localcloud.identity.api import Outbound
from localcloud.loopback import RawHeaders, accepted_hosts, is_local
from localcloud.spec import Gateway
from localcloud.traces import Arguments, Recorder

MCP_PATH = b"/mcp"
METADATA_PATH = b"/.well-known/oauth-protected-resource"
HTTP_VERSIONS = frozenset({"1.0", "1.1", "2"})
BODY_SECONDS = 30.0
_JSON = (b"content-type", b"application/json")
_ACCEPTABLE = (b"application/json", b"application/*", b"*/*")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class GatewayApp:
    """One gateway as an ASGI app. Close it with `aclose`, or by the ASGI lifespan."""

    def __init__(self, gateway: Gateway, pipeline: Pipeline, targets: Targets, origin: str) -> None:
        self._pipeline = pipeline
        self._targets = targets
        self.engine = pipeline.engine
        """The running policy engine, None without one: its control plane changes policies' modes."""
        self._hosts = accepted_hosts(origin)
        self._metadata = wire.encode(resource_metadata(gateway)).encode()

    async def aclose(self) -> None:
        """Closes the connections to targets."""
        await self._targets.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._respond(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: RawHeaders = scope["headers"]
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        method: str = scope["method"]
        if scope["http_version"] not in HTTP_VERSIONS:
            # A request line without a version is HTTP/0.9's: whatever stands before a gateway may read another
            # request in it (RFC 9112 §3, §11.2).
            await _send_text(send, 400, "Bad Request", (b"connection", b"close"))
        elif not is_local(headers, self._hosts):
            await _send_text(send, 421, "Misdirected Request")
        elif path == MCP_PATH:
            if method == "POST":
                await self._post(scope["headers"], receive, send)
            else:
                await _send_text(send, 405, "Method Not Allowed", (b"allow", b"POST"))
        elif path == METADATA_PATH:
            if method == "GET":
                await _send(send, 200, self._metadata, _JSON)
            else:
                await _send_text(send, 405, "Method Not Allowed", (b"allow", b"GET"))
        else:
            await _send_text(send, 404, "Not Found")

    async def _post(self, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
        refused = _refuse_media(headers)
        if refused is not None:
            await _send_text(send, *refused)
            return
        try:
            raw = await _read(headers, receive)
        except _BodyError as problem:
            # What is left of the body must not be read as the next request.
            await _send_text(send, problem.status, problem.text, (b"connection", b"close"))
            return
        if raw is None:
            return
        await _send_reply(send, await self._pipeline.handle(headers, raw))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                await self.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create_gateway(
    gateway: Gateway,
    *,
    invoke: Invoker,
    outbound: Outbound,
    events: EventLog,
    keys: KeySource,
    clock: Callable[[], datetime],
    hosts: Mapping[str, str] | None = None,
    role: Role | None = None,
    recorder: Recorder | None = None,
    arguments: Arguments | None = None,
) -> GatewayApp:
    """The local AgentCore Gateway.

    `clock` gives aware datetimes. `hosts` maps external base URLs of targets to local ones; `role` is what it
    signs with, where a target wants that. `recorder` gets its spans, `arguments` what its tool
    calls say. Raises ValueError (`PolicyError`, `CatalogError`, `SchemaError`,
    `DocumentError`, `ProtocolError`, `UnmappedHost`, `NoRole`) on a configuration that cannot be honoured.
    """
    address = urlsplit(gateway.url)
    if address.path != MCP_PATH.decode():
        raise ValueError(f"gateway URL {gateway.url!r}: must end in {MCP_PATH.decode()}")
    origin = f"{address.scheme}://{address.netloc}"
    catalog = Catalog(gateway)
    spans = Spans(recorder, arguments, tools=catalog.names, methods=protocol.METHODS)
    targets = Targets(gateway, invoke, outbound, hosts or {}, role, spans)
    pipeline = Pipeline(
        gateway,
        catalog,
        invoke=invoke,
        targets=targets,
        events=events,
        keys=keys,
        clock=clock,
        metadata_url=f"{origin}{METADATA_PATH.decode()}",
        spans=spans,
    )
    return GatewayApp(gateway, pipeline, targets, origin)


def resource_metadata(gateway: Gateway) -> dict[str, object]:
    """The gateway's OAuth 2.0 protected-resource document (RFC 9728 §2)."""
    document: dict[str, object] = {
        "resource": gateway.url,
        "authorization_servers": [issuer_of(gateway.authorizer.discovery_url)],
        "bearer_methods_supported": ["header"],
    }
    if gateway.authorizer.allowed_scopes:
        document["scopes_supported"] = list(gateway.authorizer.allowed_scopes)
    return document


class _BodyError(Exception):
    """A body that will not be read to its end."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def _refuse_media(headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
    kinds = [value for name, value in headers if name == b"content-type"]
    if len(kinds) != 1 or not _is_json(kinds[0]):
        return 415, "Unsupported Media Type: send Content-Type: application/json"
    if any(name == b"content-encoding" and value.strip().lower() != b"identity" for name, value in headers):
        return 415, "Unsupported Media Type: send the body without a Content-Encoding"
    accepted = [value.lower() for name, value in headers if name == b"accept"]
    if accepted and not any(kind in each for each in accepted for kind in _ACCEPTABLE):
        return 406, "Not Acceptable: send Accept: application/json, text/event-stream"
    return None


def _is_json(value: bytes) -> bool:
    kind, _, parameters = value.lower().partition(b";")
    return kind.strip() == b"application/json" and parameters.strip() in (b"", b"charset=utf-8")


async def _read(headers: list[tuple[bytes, bytes]], receive: Receive) -> bytes | None:
    """The whole body, at most `wire.MAX_BYTES`; None where the client went away."""
    for name, value in headers:
        if name == b"content-length" and (not value.isdigit() or int(value) > wire.MAX_BYTES):
            raise _BodyError(413, "Payload Too Large: at most 6 MB")
    event = await _receive(receive)
    if event["type"] == "http.request" and not event.get("more_body", False):
        return _within_limit(event.get("body", b""))
    body = bytearray()
    while event["type"] == "http.request":
        body += event.get("body", b"")
        if len(body) > wire.MAX_BYTES:
            raise _BodyError(413, "Payload Too Large: at most 6 MB")
        if not event.get("more_body", False):
            return bytes(body)
        event = await _receive(receive)
    return None


async def _receive(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await receive()
    except TimeoutError:
        raise _BodyError(408, "Request Timeout") from None


def _within_limit(body: object) -> bytes:
    if not isinstance(body, bytes) or len(body) > wire.MAX_BYTES:
        raise _BodyError(413, "Payload Too Large: at most 6 MB")
    return body


async def _send_reply(send: Send, reply: wire.Reply) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in reply.headers]
    if reply.body is None:
        await _send(send, reply.status, b"", *headers)
    else:
        await _send(send, reply.status, wire.encode(reply.body).encode(), _JSON, *headers)


async def _send_text(send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    await _send(send, status, text.encode(), _TEXT, *headers)


async def _send(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    all_headers = [(b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
