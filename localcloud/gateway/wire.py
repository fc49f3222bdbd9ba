"""JSON-RPC 2.0 on the wire: strict parsing in, canonical replies out (RFC 8259, RFC 7493, JSON-RPC 2.0).

Interceptor, policy and target must read the same request, so anything two JSON readers could understand
differently (duplicate keys, NaN, lone surrogates, other encodings) is refused before anyone looks at it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

MAX_BYTES = 6 * 1024 * 1024
"""Payload limit of the gateway, in bytes."""
MAX_DEPTH = 64
MAX_LEADING_BLANKS = 64
MAX_ID = 256
"""Characters of a string request id."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
UNAUTHENTICATED = -32001
DENIED = -32002

INTEGERS = range(-(2**63), 2**63)
"""Integers every JSON reader and logger keeps."""

RequestId = str | int | None
_MEMBERS = frozenset({"jsonrpc", "id", "method", "params"})


class WireError(Exception):
    """A body that is no acceptable JSON-RPC message: `code`, a constant `message`, the id if it was read."""

    def __init__(self, code: int, message: str, request_id: RequestId = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Message:
    """One JSON-RPC request or, where `notification`, one without an id. `body` is the parsed whole."""

    body: dict[str, Any]
    method: str
    id: RequestId
    notification: bool
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: `body` is a JSON object, or None for an empty one."""

    status: int
    body: Mapping[str, Any] | None
    headers: tuple[tuple[str, str], ...] = ()


def result(request_id: RequestId, value: Mapping[str, Any]) -> Reply:
    """A JSON-RPC success."""
    return Reply(200, {"jsonrpc": "2.0", "id": request_id, "result": value})


def error(
    request_id: RequestId,
    status: int,
    code: int,
    message: str,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    data: Mapping[str, Any] | None = None,
) -> Reply:
    """A JSON-RPC error with the HTTP status that goes with it."""
    told: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        told["data"] = data
    return Reply(status, {"jsonrpc": "2.0", "id": request_id, "error": told}, headers)


encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""Compact JSON text; refuses NaN."""


def parse(text: str) -> Any:
    """JSON by RFC 8259 and I-JSON: no duplicate keys, NaN, overflow or lone surrogates; ≤ `MAX_DEPTH` levels.

    Raises ValueError with a constant text; a value never shows in it.
    """
    try:
        value = _DECODER.decode(text)
    except _NotStrictError:
        raise
    except (ValueError, RecursionError):
        raise ValueError("not valid JSON") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _NotStrictError("nested too deeply")
    # A lone surrogate can only come from a \\u escape and cannot be written as UTF-8 again.
    if "\\u" in text:
        try:
            encode(value).encode()
        except UnicodeEncodeError:
            raise _NotStrictError("lone surrogate") from None
    return value


def read_message(raw: bytes) -> tuple[Message, str]:
    """The message in a request body, and the body as text. Raises `WireError`."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise WireError(PARSE_ERROR, "Parse error: the body must be UTF-8") from None
    if text[: MAX_LEADING_BLANKS + 1].isspace():
        raise WireError(PARSE_ERROR, "Parse error: too many leading blanks")
    try:
        body = parse(text)
    except ValueError as problem:
        raise WireError(PARSE_ERROR, f"Parse error: {problem}") from None
    return message_of(body), text


def message_of(body: Any) -> Message:
    """The JSON-RPC message that a parsed body is. Raises `WireError` (-32600)."""
    if isinstance(body, list):
        raise WireError(INVALID_REQUEST, "Invalid Request: batches are not supported")
    if not isinstance(body, dict):
        raise WireError(INVALID_REQUEST, "Invalid Request: the body must be an object")
    notification = "id" not in body
    request_id = body.get("id")
    if not notification and not _is_id(request_id):
        raise WireError(INVALID_REQUEST, "Invalid Request: id must be a string or an integer")
    if body.get("jsonrpc") != "2.0":
        raise WireError(INVALID_REQUEST, 'Invalid Request: jsonrpc must be "2.0"', request_id)
    method = body.get("method")
    if not isinstance(method, str) or not method:
        raise WireError(INVALID_REQUEST, "Invalid Request: method must be a string", request_id)
    if not body.keys() <= _MEMBERS:
        raise WireError(INVALID_REQUEST, "Invalid Request: unknown member", request_id)
    params = body.get("params", {})
    if not isinstance(params, dict):
        raise WireError(INVALID_REQUEST, "Invalid Request: params must be an object", request_id)
    if notification and not method.startswith("notifications/"):
        raise WireError(INVALID_REQUEST, "Invalid Request: this method needs an id")
    return Message(body, method, request_id, notification, params)


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_ID
    return type(value) is int and value in INTEGERS


class _NotStrictError(ValueError):
    """JSON that a lenient reader would take."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NotStrictError("duplicate key")
    return value


def _refuse(_: str) -> NoReturn:
    raise _NotStrictError("not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise _NotStrictError("number out of range")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)


def _depth(value: Any) -> int:
    deepest = 0
    stack = [(value, 1)]
    while stack:
        node, level = stack.pop()
        if isinstance(node, dict):
            stack.extend((child, level + 1) for child in node.values())
        elif isinstance(node, list):
            stack.extend((child, level + 1) for child in node)
        else:
            continue
        deepest = max(deepest, level)
    return deepest
