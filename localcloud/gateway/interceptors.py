"""The two interception points: event in, validated answer out, and a closed door on anything else.

Source: AgentCore Developer Guide, "Interceptors": types (event and answer shapes), configuration, examples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.functions.api import Invoker, InvokeResult
from localcloud.gateway import wire
from localcloud.gateway.spans import Spans
from localcloud.gateway.trace import Trace
from localcloud.spec import Interceptor
from localcloud.traces.span import ERROR, OK, REFUSED

VERSION = "1.0"
INVALID_ANSWER = "InterceptorException - Received invalid response from interceptor"
FAILED = "InterceptorException - The interceptor failed"
TOO_LARGE = "InterceptorException - The request is too large for the interceptor"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?|")
_FRAMING = frozenset(
    {"connection", "content-length", "content-type", "date", "keep-alive", "server", "trailer"}
    | {"transfer-encoding", "upgrade", "content-encoding"}
)
"""Headers the gateway writes itself; an interceptor's are dropped."""
RawHeaders = Sequence[tuple[bytes, bytes]]


class InterceptorFault(Exception):
    """An interceptor that failed or broke its contract. The text is constant: nothing it said passes.

    `reason` is for the decision log, `status` the HTTP status.
    """

    def __init__(self, message: str, *, reason: str, status: int = 500) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Passed:
    """Go on with `message` (JSON text `text`); `authorization` overrides the target's credential."""

    message: wire.Message
    text: str
    authorization: str | None


class Interception:
    """The interceptors of one gateway: at most one per point."""

    def __init__(
        self, interceptors: Sequence[Interceptor], invoke: Invoker, spans: Spans | None = None
    ) -> None:
        self._request = _at("REQUEST", interceptors)
        self._response = _at("RESPONSE", interceptors)
        self._invoke = invoke
        self._spans = spans or Spans()

    async def on_request(
        self, message: wire.Message, text: str, headers: RawHeaders, trace: Trace
    ) -> Passed | wire.Reply:
        """What to go on with, or the reply that ends the request here. Raises `InterceptorFault`."""
        interceptor = self._request
        if interceptor is None:
            return Passed(message, text, None)
        event = _event(interceptor, text, text, headers)
        payload = f"{event}}}}}".encode()
        if len(payload) > wire.MAX_BYTES:
            # It holds the body twice, so a body of half the gateway's limit may not fit.
            raise InterceptorFault(TOO_LARGE, reason="request_too_large", status=413)
        answer = await self._ask(interceptor, payload, trace, "REQUEST")
        response = answer.get("transformedGatewayResponse")
        if response is not None:
            return _reply(response, wire.Reply(200, None))
        return _transformed(answer.get("transformedGatewayRequest"), message)

    async def on_response(
        self, raw: str, executed: str, headers: RawHeaders, reply: wire.Reply, trace: Trace
    ) -> wire.Reply:
        """The reply to send instead of `reply`. `raw` is the body as received, `executed` as carried out."""
        interceptor = self._response
        if interceptor is None or reply.body is None:
            return reply
        given = {"Content-Type": "application/json", **dict(reply.headers)}
        event = (
            f'{_event(interceptor, raw, executed, headers)},"gatewayResponse":{{"statusCode":{reply.status},'
            f'"headers":{wire.encode(given)},"body":{wire.encode(reply.body)}}}}}}}'
        )
        payload = event.encode()
        if len(payload) > wire.MAX_BYTES:
            raise InterceptorFault(FAILED, reason="response_too_large")
        answer = await self._ask(interceptor, payload, trace, "RESPONSE")
        return _reply(answer.get("transformedGatewayResponse"), reply)

    async def _ask(
        self, interceptor: Interceptor, payload: bytes, trace: Trace, point: str
    ) -> dict[str, Any]:
        """The `mcp` member of the interceptor's answer."""
        place, begun, status = trace.below(), self._spans.now(), ERROR
        try:
            answer = _answer(await self._invoke(interceptor.function_arn, payload, trace=place.parent))
            status = REFUSED if point == "REQUEST" and _refuses(answer) else OK
            return answer
        finally:
            name = interceptor.function_arn.rpartition(":")[2]
            self._spans.step(
                "interceptor", f"interceptor {point}", place, begun, status, point=point, function=name
            )


def _refuses(answer: Mapping[str, Any]) -> bool:
    """Whether an answer given in the target's place is a refusal."""
    response = answer.get("transformedGatewayResponse")
    status = response.get("statusCode") if isinstance(response, dict) else None
    return isinstance(status, int) and status >= 400


def _invalid() -> InterceptorFault:
    return InterceptorFault(INVALID_ANSWER, reason="interceptor_invalid_answer")


def _at(point: str, interceptors: Sequence[Interceptor]) -> Interceptor | None:
    found = [each for each in interceptors if point in each.points]
    if len(found) > 1:
        raise ValueError(f"gateway: at most one {point} interceptor, found {len(found)}")
    return found[0] if found else None


def _event(interceptor: Interceptor, raw: str, body: str, headers: RawHeaders) -> str:
    """The event up to and including `gatewayRequest`. `body` is JSON already, so it is embedded."""
    given = f',"headers":{wire.encode(_header_map(headers))}' if interceptor.pass_request_headers else ""
    return (
        f'{{"interceptorInputVersion":"{VERSION}","mcp":{{"rawGatewayRequest":{{"body":{wire.encode(raw)}}},'
        f'"gatewayRequest":{{"path":"/mcp","httpMethod":"POST"{given},"body":{body}}}'
    )


def _header_map(headers: RawHeaders) -> dict[str, str]:
    """Request headers as the service shows them: `Train-Case` names, repeated ones joined (RFC 9110 §5.3)."""
    shown: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").title()
        value = raw_value.decode("latin-1")
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def _answer(result: InvokeResult) -> dict[str, Any]:
    if result.status != "ok":
        raise InterceptorFault(FAILED, reason=f"interceptor_{result.status}")
    try:
        answer = wire.parse(result.payload.decode())
    except ValueError:
        raise _invalid() from None
    mcp = answer.get("mcp") if isinstance(answer, dict) else None
    if not isinstance(mcp, dict) or answer.get("interceptorOutputVersion") != VERSION:
        raise _invalid()
    return mcp


def _transformed(value: Any, original: wire.Message) -> Passed:
    """A transformed request: a JSON-RPC message with the method and id it had."""
    body = value.get("body") if isinstance(value, dict) else None
    if not isinstance(body, dict):
        raise _invalid()
    authorization = None
    for name, text in _headers(value):
        if name.lower() == "authorization":
            authorization = text
    try:
        message = wire.message_of(body)
    except wire.WireError:
        raise _invalid() from None
    same_id = type(message.id) is type(original.id) and message.id == original.id
    if message.method != original.method or message.notification != original.notification or not same_id:
        raise _invalid()
    return Passed(message, wire.encode(body), authorization)


def _reply(value: Any, original: wire.Reply) -> wire.Reply:
    """A transformed response. Status and headers left out keep the original's; the body is required."""
    body = value.get("body") if isinstance(value, dict) else None
    if not isinstance(body, dict):
        raise _invalid()
    status = value.get("statusCode", original.status)
    if type(status) is not int or not 200 <= status <= 599 or status in (204, 205, 304):
        raise _invalid()
    headers = tuple((name, text) for name, text in _headers(value) if name.lower() not in _FRAMING)
    return wire.Reply(status, body, headers if value.get("headers") is not None else original.headers)


def _headers(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Header names and values that cannot break the message they are put in (RFC 9110 §5)."""
    headers = value.get("headers")
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise _invalid()
    for name, text in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not isinstance(text, str) or not _HEADER_VALUE.fullmatch(text):
            raise _invalid()
    return list(headers.items())
