"""Reads what the gateway sends: both points of the MCP lane (AgentCore Developer Guide: interceptors).

A RESPONSE event carries the request too, so the point is told by the presence of `gatewayResponse`.
Reading never raises: what is wrong with a request is kept as `problem`, beside whatever could be read.
"""

from __future__ import annotations

from gateway_interceptor import strict_json
from gateway_interceptor.refused import (
    BAD_TOKEN,
    BAD_USER_TOKEN,
    HTTP_LANE,
    MALFORMED_REQUEST,
    UNSUPPORTED_EVENT,
    Refused,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = "1.0"
PATH = "/mcp"
MAX_BODY_BYTES = 65536
MAX_ID_LENGTH = 128
MAX_TOOL_LENGTH = 256
_ENVELOPE = frozenset(("jsonrpc", "id", "method", "params"))
_SIGNATURE = "AWS4-HMAC-SHA256 Credential="
USER_HEADER = "x-airside-user-token"
"""Holds the end user's token, and nothing else: no scheme stands before it."""

_WANTED = frozenset(
    ("authorization", "mcp-method", "mcp-name", "traceparent", "x-amzn-trace-id", USER_HEADER)
)
_HEX = "0123456789abcdef"
_NO_TRACE = "0" * 32
_NO_ARGUMENTS: dict[str, Any] = {}
_ABSENT = object()


class Exchange:
    """One event, read.

    `body` is the request as decided on and as passed on, None if it is no acceptable JSON-RPC message;
    `method`, `tool`, `arguments` (empty without any), `request_id` and `notification` come from it. `headers`
    maps lower-case names to every value sent under them. `response` is `gatewayResponse` at the RESPONSE
    point, else None.
    """

    __slots__ = (
        "arguments",
        "body",
        "headers",
        "http_lane",
        "method",
        "notification",
        "problem",
        "request_id",
        "response",
        "streaming",
        "tool",
    )

    def __init__(self) -> None:
        self.problem: Refused | None = None
        self.http_lane = False
        self.headers: dict[str, list[Any]] | None = None
        self.body: dict[str, Any] | None = None
        self.method: str | None = None
        self.tool: str | None = None
        self.arguments: dict[str, Any] = _NO_ARGUMENTS
        self.request_id: str | int | None = None
        self.notification = False
        self.response: dict[str, Any] | None = None
        self.streaming = False


def read(event: Any) -> Exchange:
    """The exchange an event describes; see Exchange."""
    exchange = Exchange()
    try:
        _read(event, exchange)
    except Refused as refused:
        exchange.problem = refused
    return exchange


def _read(event: Any, exchange: Exchange) -> None:
    if not isinstance(event, dict):
        raise Refused(UNSUPPORTED_EVENT, "event")
    mcp = event.get("mcp")
    if not isinstance(mcp, dict):
        exchange.http_lane = "http" in event
        raise Refused(HTTP_LANE if exchange.http_lane else UNSUPPORTED_EVENT, "lane")
    response = mcp.get("gatewayResponse")
    if response is not None:
        exchange.response = response if isinstance(response, dict) else {}
        exchange.streaming = mcp.get("isStreamingResponse") is True
    if event.get("interceptorInputVersion") != VERSION:
        raise Refused(UNSUPPORTED_EVENT, "version")
    request = mcp.get("gatewayRequest")
    if not isinstance(request, dict):
        raise Refused(UNSUPPORTED_EVENT, "request")
    exchange.headers = _headers(request.get("headers"))
    _message(_body(mcp, request), exchange)
    if request.get("httpMethod") != "POST":
        raise Refused(MALFORMED_REQUEST, "http_method")
    if request.get("path") != PATH:
        raise Refused(MALFORMED_REQUEST, "path")
    _check_routing_headers(exchange)


def _headers(headers: Any) -> dict[str, list[Any]] | None:
    """The headers that matter, by lower-case name. None if the gateway was not told to pass headers."""
    if not isinstance(headers, dict):
        return None
    found: dict[str, list[Any]] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower in found:
            found[lower].append(value)
        elif lower in _WANTED:
            found[lower] = [value]
    return found


def _body(mcp: dict[str, Any], request: dict[str, Any]) -> Any:
    """The message to decide on: the caller's own text, read strictly, wherever the gateway passes it.

    If the gateway's reading of that text differs (duplicate keys, odd numbers…), the two would decide on
    and execute different calls, so the request is refused.
    """
    parsed = request.get("body")
    raw_request = mcp.get("rawGatewayRequest")
    raw = raw_request.get("body") if isinstance(raw_request, dict) else raw_request
    try:
        if raw is None:
            strict_json.check_depth(parsed)
            return parsed
        if not isinstance(raw, str):
            raise Refused(MALFORMED_REQUEST, "raw_body")
        body = strict_json.loads(raw, MAX_BODY_BYTES)
    except strict_json.StrictJsonError as error:
        raise Refused(MALFORMED_REQUEST, error.problem) from None
    if not _agree(body, parsed):
        raise Refused(MALFORMED_REQUEST, "bodies_differ")
    return body


def _agree(body: Any, parsed: Any) -> bool:
    if not isinstance(body, dict) or not isinstance(parsed, dict):
        return type(body) is type(parsed)
    return body == parsed or all(
        body.get(name, _ABSENT) == parsed.get(name, _ABSENT) for name in ("method", "params", "id")
    )


def _message(body: Any, exchange: Exchange) -> None:
    """JSON-RPC 2.0 as MCP narrows it: one object, an id that is a string or an integer, named parameters."""
    if not isinstance(body, dict):
        raise Refused(MALFORMED_REQUEST, "not_an_object")
    if "id" in body:
        request_id = body["id"]
        if not _is_id(request_id):
            raise Refused(MALFORMED_REQUEST, "id")
        exchange.request_id = request_id
    else:
        exchange.notification = True
    if body.get("jsonrpc") != "2.0" or not body.keys() <= _ENVELOPE:
        raise Refused(MALFORMED_REQUEST, "envelope")
    method = body.get("method")
    if not isinstance(method, str):
        raise Refused(MALFORMED_REQUEST, "method")
    exchange.method = method
    if "params" in body:
        params = body["params"]
        if not isinstance(params, dict):
            raise Refused(MALFORMED_REQUEST, "params")
        if method == "tools/call":
            exchange.tool, exchange.arguments = _call(params)
    exchange.body = body


def _is_id(value: Any) -> bool:
    if type(value) is int:
        return -(1 << 63) <= value < 1 << 63
    return type(value) is str and len(value) <= MAX_ID_LENGTH


def _call(params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = params.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_TOOL_LENGTH:
        raise Refused(MALFORMED_REQUEST, "tool_name")
    arguments = params.get("arguments", _NO_ARGUMENTS)
    if not isinstance(arguments, dict):
        raise Refused(MALFORMED_REQUEST, "arguments")
    return name, arguments


def _check_routing_headers(exchange: Exchange) -> None:
    """MCP 2026-07-28 repeats method and name in headers: whoever routes by them must see the same call."""
    headers = exchange.headers
    if not headers:
        return
    for value in headers.get("mcp-method", ()):
        if value != exchange.method:
            raise Refused(MALFORMED_REQUEST, "mcp_method_header")
    if exchange.tool is None:
        return
    for value in headers.get("mcp-name", ()):
        if value != exchange.tool:
            raise Refused(MALFORMED_REQUEST, "mcp_name_header")


def bearer(exchange: Exchange) -> str | None:
    """The bearer token (RFC 6750 §2.1), None if no Authorization was sent at all, or a signature.

    AgentCore signs (Signature Version 4) what it asks the gateway while a policy is made; whether the header is passed
    on is not documented. A signature proves nothing here, so it counts as no token.

    Raises Refused(BAD_TOKEN) for anything else under that name: an empty header is not a missing one. An
    event without headers is refused as well: the gateway is not passing them, and to take that for "no
    token" would show every caller the whole tool list.
    """
    if exchange.headers is None:
        raise Refused(BAD_TOKEN, "headers_not_passed")
    values = exchange.headers.get("authorization")
    if values is None:
        return None
    if len(values) != 1:
        raise Refused(BAD_TOKEN, "two_headers")
    value = values[0]
    if isinstance(value, str) and value.startswith(_SIGNATURE):
        return None
    if not isinstance(value, str) or value[:7].lower() != "bearer ":
        raise Refused(BAD_TOKEN, "not_bearer")
    return value[7:]


def user_token(exchange: Exchange) -> str | None:
    """The end user's token, None if its header was not sent at all.

    Raises Refused(BAD_USER_TOKEN) for more than one value: of two users neither is the one.
    """
    values = (exchange.headers or {}).get(USER_HEADER)
    if values is None:
        return None
    if len(values) != 1:
        raise Refused(BAD_USER_TOKEN, "two_headers")
    value = values[0]
    if not isinstance(value, str):
        raise Refused(BAD_USER_TOKEN, "not_text")
    return value


def trace_id(exchange: Exchange) -> str | None:
    """32 hex digits from `traceparent` (W3C Trace Context §3.2) or X-Ray's header, None without either."""
    headers = exchange.headers or {}
    for value in headers.get("traceparent", ()):
        if isinstance(value, str) and len(value) == 55 and value[2] == "-" == value[35]:
            found: str = value[3:35]
            if not found.strip(_HEX) and found != _NO_TRACE:
                return found
    for value in headers.get("x-amzn-trace-id", ()):
        for part in value.split(";") if isinstance(value, str) else ():
            if part[:7] == "Root=1-" and part[15:16] == "-":
                found = part[7:15] + part[16:]
                if len(found) == 32 and not found.strip(_HEX) and found != _NO_TRACE:
                    return found
    return None
