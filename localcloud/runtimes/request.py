"""InvokeAgentRuntime as it comes in: whom, which endpoint, which session, and what is passed on.

AgentCore API reference: InvokeAgentRuntime; contracts §5.2, §5.3. Where lengths differ between the pages the
shorter one holds, so an id that is accepted here is accepted everywhere.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from starlette.datastructures import Headers

from localcloud import tracing
from localcloud.identity.errors import CoreError

MAX_BODY = 100 * 1024 * 1024
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
REQUEST_ID = "X-Amzn-Bedrock-AgentCore-Runtime-Request-Id"
USER = "X-Amzn-Bedrock-AgentCore-Runtime-User-Id"
MCP_SESSION = "Mcp-Session-Id"
MCP_HEADERS = ("mcp-method", "mcp-name", "mcp-protocol-version")
"""What of a request's MCP headers a container gets as it came (contracts §5.3)."""
WORKLOAD_TOKENS = ("X-Amz-Bedrock-AgentCore-Identity-WAT", "WorkloadAccessToken")
_CUSTOM = "x-amzn-bedrock-agentcore-runtime-custom-"
_SESSION_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}")
_PATH = re.compile(
    r"/runtimes/(?P<runtime>[^/]+)/(?P<operation>[a-z]+(?:/\.well-known/oauth-protected-resource)?)"
)
_LIMITS = {"tracestate": 512, "baggage": 8192, "x-amzn-trace-id": 128}
_MAX_HEADER = 4096
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,255}")
_OURS = frozenset(
    # What the platform itself says to the container, and what belongs to one connection (RFC 9110 §7.6.1).
    {
        *("authorization", "baggage", "content-length", "content-type", "host", "traceparent", "tracestate"),
        *("cookie", "oauth2callbackurl", "workloadaccesstoken"),
        *("connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)


@dataclass(frozen=True)
class Target:
    """What the path and query name. `account` is the query's, or None."""

    runtime: str
    operation: str
    qualifier: str
    account: str | None


@dataclass(frozen=True)
class Trace:
    """A W3C trace context: `parent` is for what the request calls, and names the invocation's span, `span_id`.

    `caller` is the span that invoked, None where no context came with the request, which `began` says.
    """

    parent: str
    trace_id: str
    span_id: str
    caller: str | None

    @property
    def began(self) -> bool:
        return self.caller is None


def target(raw_path: bytes, query: bytes) -> Target:
    """Reads path and query. Raises CoreError."""
    found = _PATH.fullmatch(raw_path.decode("ascii", "replace"))
    if found is None:
        raise CoreError("ResourceNotFoundException", "There is no such operation on runtimes here.")
    try:
        values = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=16)
    except ValueError:
        raise CoreError("ValidationException", "The query has too many fields.") from None
    for name in values:
        if name not in ("qualifier", "accountId") or len(values[name]) != 1:
            raise CoreError("ValidationException", "The query takes qualifier and accountId, once each.")
    return Target(
        runtime=unquote(found["runtime"]),
        operation=found["operation"],
        qualifier=values.get("qualifier", ["DEFAULT"])[0],
        account=values.get("accountId", [None])[0],
    )


def session_id(headers: Headers, name: str = SESSION) -> str:
    """The session's id; without one a new session begins. Raises CoreError for a malformed one."""
    given = headers.getlist(name)
    if not given:
        return str(uuid.uuid4())
    if len(given) != 1 or not _SESSION_ID.fullmatch(given[0]):
        raise CoreError(
            "ValidationException",
            "The session id must be 33 to 100 letters, digits, '-' or '_', and begin with a letter or digit.",
        )
    return given[0]


def trace(headers: Headers) -> Trace:
    """The caller's trace context; a new one where there is none that can be read."""
    given = tracing.read(headers.getlist("traceparent"))
    context = given.below() if given else tracing.begin()
    return Trace(context.header, context.trace_id, context.parent_id, given.parent_id if given else None)


def passed_on(
    headers: Headers, context: Trace, allowlist: Iterable[str], more: Iterable[str] = ()
) -> dict[str, str]:
    """Headers the container gets of the caller's, by lower-case name: content, trace context, the allowlist's
    and those of its protocol (`more`).

    Raises CoreError for one that is longer than AWS takes.
    """
    kept = {name: headers[name] for name in ("content-type", "accept") if name in headers}
    kept["traceparent"] = context.parent
    limits = dict.fromkeys((name.lower() for name in (*allowlist, *more)), _MAX_HEADER)
    for name, limit in {**limits, **_LIMITS}.items():
        value = ", ".join(headers.getlist(name))
        if len(value) > limit:
            raise CoreError("ValidationException", f"The header {name} is longer than {limit} characters.")
        # The state of a trace that is not gone on with would be another's.
        if name in headers and not (name == "tracestate" and context.began):
            kept[name] = value
    return kept


def refused_names(allowlist: Iterable[str], *, bearer: bool = False) -> list[str]:
    """Names a runtime's header allowlist may not hold: with them a caller could speak as the platform.

    `Authorization` is a caller's own only where it is a token (`bearer`); a signature is for the platform.
    """
    ours = _OURS - {"authorization"} if bearer else _OURS
    return [
        name
        for name in allowlist
        if not _HEADER_NAME.fullmatch(name)
        or name.lower() in ours
        or (name.lower().startswith(("x-amz-", "x-amzn-")) and not name.lower().startswith(_CUSTOM))
    ]
