"""InvokeAgentRuntime as it comes in: whom, which endpoint, which session, and what is passed on.

AgentCore API reference: InvokeAgentRuntime; contracts §5.2, §5.3. Where lengths differ between the pages the
shorter one holds, so an id that is accepted here is accepted everywhere.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from starlette.datastructures import Headers

from localcloud.identity.errors import CoreError

MAX_BODY = 100 * 1024 * 1024
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
REQUEST_ID = "X-Amzn-Bedrock-AgentCore-Runtime-Request-Id"
USER = "X-Amzn-Bedrock-AgentCore-Runtime-User-Id"
WORKLOAD_TOKENS = ("X-Amz-Bedrock-AgentCore-Identity-WAT", "WorkloadAccessToken")
CUSTOM = "x-amzn-bedrock-agentcore-runtime-custom-"
_SESSION_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}")
_PATH = re.compile(r"/runtimes/(?P<runtime>[^/]+)/(?P<operation>invocations|stopruntimesession)")
_LIMITS = {"traceparent": 128, "tracestate": 512, "baggage": 8192, "x-amzn-trace-id": 128}
_MAX_HEADER = 4096


@dataclass(frozen=True)
class Target:
    """What the path and query name."""

    runtime: str
    operation: str
    qualifier: str


def target(raw_path: bytes, query: bytes) -> Target:
    """Reads path and query. Raises CoreError."""
    found = _PATH.fullmatch(raw_path.decode("ascii", "replace"))
    if found is None:
        raise CoreError("ResourceNotFoundException", "There is no such operation on runtimes here.")
    values = parse_qs(query.decode("ascii", "replace"))
    qualifier = values.get("qualifier", ["DEFAULT"])
    if len(qualifier) != 1:
        raise CoreError("ValidationException", "qualifier may be given once.")
    return Target(unquote(found["runtime"]), found["operation"], qualifier[0])


def session_id(headers: Headers, *, required: bool = False) -> str:
    """The session's id; without one a new session begins. Raises CoreError for a malformed one."""
    given = headers.getlist(SESSION)
    if not given and not required:
        return str(uuid.uuid4())
    if len(given) != 1 or not _SESSION_ID.fullmatch(given[0]):
        raise CoreError(
            "ValidationException", "The session id must be 33 to 100 letters, digits, '-' or '_'."
        )
    return given[0]


def passed_on(headers: Headers, allowlist: tuple[str, ...]) -> dict[str, str]:
    """Headers the container gets of the caller's: content, trace context, and what the runtime's list allows."""
    kept: dict[str, str] = {}
    for name in ("content-type", "accept"):
        if name in headers:
            kept[name] = headers[name]
    for name, limit in _LIMITS.items():
        value = headers.get(name)
        if value is not None and len(value) <= limit:
            kept[name] = value
    allowed = {name.lower() for name in allowlist}
    for name, value in headers.items():
        if name in allowed and name != "authorization" and len(value) <= _MAX_HEADER:
            kept[name] = value
    return kept


def trace_id(headers: Mapping[str, str]) -> str | None:
    """The trace id of a W3C `traceparent`, or None."""
    found = re.fullmatch(
        r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", headers.get("traceparent", "")
    )
    return found[1] if found else None
