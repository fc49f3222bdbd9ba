"""Answers to the gateway: every reason's status, code and message stand in this one table."""

from __future__ import annotations

from binascii import b2a_base64
from json import JSONEncoder

from gateway_interceptor import refused
from gateway_interceptor.events import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gateway_interceptor.decide import Decision

_INTERNAL = (500, -32603, "An internal error occurred. Please retry later.")
_ANSWERS = {
    refused.NO_TOKEN: (401, -32001, "Missing Bearer token"),
    refused.BAD_TOKEN: (401, -32001, "Invalid Bearer token"),
    refused.NOT_GRANTED: (403, -32002, "This agent may not call this tool."),
    refused.UNKNOWN_TOOL: (403, -32002, "This agent may not call this tool."),
    refused.UNKNOWN_METHOD: (403, -32601, "This method is not available."),
    refused.MALFORMED_REQUEST: (400, -32600, "The request is not a valid MCP message."),
    refused.NO_USER: (403, -32002, "This call needs a signed-in user."),
    refused.BAD_USER_TOKEN: (403, -32002, "Invalid user token"),
    refused.USER_MISMATCH: (403, -32002, "This agent may not make this call for this user."),
    refused.ARGUMENT_NOT_ALLOWED: (403, -32002, "This agent may not call this tool with these arguments."),
    refused.HTTP_LANE: (403, -32002, "This gateway serves MCP only."),
}
"""Reason → HTTP status, JSON-RPC code, message. Any reason not here is ours to mend, not the caller's."""

_WHY = {
    refused.NOT_GRANTED: "it is not granted",
    refused.UNKNOWN_TOOL: "no such tool is declared",
    refused.NO_USER: "no user is signed in",
    refused.BAD_USER_TOKEN: "the user token is not valid",
    refused.USER_MISMATCH: "the value is not the signed-in user's own",
    refused.ARGUMENT_NOT_ALLOWED: "the value is not one the declaration allows",
}
"""Reason → what a known agent is told besides the names."""

_encode = JSONEncoder(ensure_ascii=False).encode


def forward(body: dict[str, Any]) -> dict[str, Any]:
    """REQUEST point: go on with this body.

    There are never headers in it: an Authorization set here would replace the target's own credentials.
    """
    return {"interceptorOutputVersion": VERSION, "mcp": {"transformedGatewayRequest": {"body": body}}}


def respond(body: dict[str, Any], status: int | None) -> dict[str, Any]:
    """Either point: answer with this body. `status` is None for an event of a stream (body only)."""
    response: dict[str, Any] = {"body": body} if status is None else {"statusCode": status, "body": body}
    return {"interceptorOutputVersion": VERSION, "mcp": {"transformedGatewayResponse": response}}


def refusal(
    reason: str, request_id: str | int | None, *, message: str | None = None, streaming: bool = False
) -> dict[str, Any]:
    """The refusal for a reason, as a JSON-RPC error with the request's id (null if it had none)."""
    status, code, text = _ANSWERS.get(reason, _INTERNAL)
    return respond(_error(request_id, code, message or text), None if streaming else status)


def explain(decision: Decision, tool: str) -> str | None:
    """The refusal in words: the agent, the tool and the declared argument by name, never a value of it."""
    why = _WHY.get(decision.reason)
    if why is None or decision.agent is None:
        return None
    argument = "" if decision.argument is None else f"argument {decision.argument}: "
    return f"Agent {decision.agent} may not call {tool}: {argument}{why}."


def http_refusal() -> dict[str, Any]:
    """The refusal in the form of the HTTP lane, whose bodies are base64."""
    status, code, text = _ANSWERS[refused.HTTP_LANE]
    body = b2a_base64(_encode(_error(None, code, text)).encode(), newline=False).decode()
    response = {"statusCode": status, "contentType": "application/json", "body": body}
    return {"interceptorOutputVersion": VERSION, "http": {"transformedGatewayResponse": response}}


def _error(request_id: str | int | None, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
