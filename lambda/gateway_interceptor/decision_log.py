"""One JSON line per decision on standard output, which is also a CloudWatch embedded metric.

Nothing of the caller's goes into it but what is known to be harmless: declared names, a short printable
request id, a trace id. Never a token, a header, an argument, or who the end user is.
"""

from __future__ import annotations

from json.encoder import encode_basestring

from gateway_interceptor.decide import KNOWN_METHODS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway_interceptor.decide import Decision

MAX_ID_LENGTH = 64
NO_AGENT = "(none)"
"""The metric dimension of a caller who is no agent; no agent can have this name."""
_NO_AGENT_TEXT = encode_basestring(NO_AGENT)

SHADOW_REFUSED = "ShadowRefused"
"""The metric of calls that were let through by a shadow only, beside how many were looked at."""

MAX_QUOTED = 1024
"""Names kept as JSON text, each of some hundred bytes at most."""

MAX_NAME_LENGTH = 128
_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/-"

_ALLOWED = '"effect":"allow"', '"Effect":"allow","Allowed":1,"Denied":0'
_DENIED = '"effect":"deny"', '"Effect":"deny","Allowed":0,"Denied":1'


class DecisionLog:
    """Writes decision lines for one metric namespace; `write` gets one line without its end."""

    def __init__(self, namespace: str, policy_digest: str | None, write: Callable[[str], None]) -> None:
        self._write = write
        self._policy = _text(policy_digest)
        metrics = (
            f',"CloudWatchMetrics":[{{"Namespace":{_text(namespace)},"Dimensions":[["Effect"],["Agent","Effect"]],'
            '"Metrics":[{"Name":"Allowed","Unit":"Count"},{"Name":"Denied","Unit":"Count"},'
            '{"Name":"DecisionMicros","Unit":"Microseconds"}'
        )
        self._quoted: dict[str | None, str] = {None: "null"}
        self._metrics = f"{metrics}]}}]}}}}"
        self._shadow_metrics = f'{metrics},{{"Name":"{SHADOW_REFUSED}","Unit":"Count"}}]}}]}}}}'

    def record(
        self,
        decision: Decision,
        *,
        point: str,
        method: str | None,
        tool: str | None,
        request_id: str | int | None,
        trace_id: str | None,
        micros: int,
        now: float,
    ) -> None:
        """Writes a decision made at `point` ("request" or "response") at `now` (epoch seconds)."""
        effect, counted = _ALLOWED if decision.allowed else _DENIED
        quoted, grant = self._quoted, decision.grant
        agent = quoted.get(decision.agent) or self._quote(decision.agent)
        shadow, metrics = "", self._metrics
        if grant is not None and grant.shadow is not None:
            shadow, metrics = _shadow(grant.shadow, decision.would_refuse), self._shadow_metrics
        self._write(
            f'{{"event":"decision","layer":"interceptor","point":"{point}","agent":{agent},'
            f'"tool":{quoted.get(tool) or self._quote(tool)},"method":{quoted.get(method) or self._quote(method)},'
            f'{effect},"reason":"{decision.reason}",{shadow}"detail":{_text(decision.detail)},'
            f'"source":{quoted.get(decision.source) or self._quote(decision.source)},'
            f'"user":{"true" if decision.user else "false"},'
            f'"request_id":{_text(loggable_id(request_id))},"trace_id":{_text(trace_id)},'
            f'"policy":{self._policy},"micros":{micros},"Agent":{agent if decision.agent else _NO_AGENT_TEXT},'
            f'{counted},"DecisionMicros":{micros},'
            f'"_aws":{{"Timestamp":{int(now * 1000)}{metrics}'
        )

    @property
    def kept(self) -> int:
        """How many names are kept as JSON text; MAX_QUOTED at most."""
        return len(self._quoted)

    def _quote(self, name: str | None) -> str:
        """A name as JSON, kept while there is room: the same few stand in line after line."""
        text = _text(name)
        if len(self._quoted) < MAX_QUOTED:
            self._quoted[name] = text
        return text


def _shadow(kind: str, would_refuse: str | None) -> str:
    """What a line says of a call under a shadow, and of no other: other calls have no metric of it either."""
    refused = 0 if would_refuse is None else 1
    return f'"shadow":"{kind}","would_refuse":{_text(would_refuse)},"{SHADOW_REFUSED}":{refused},'


def loggable_id(request_id: str | int | None) -> str | int | None:
    """The request id if it is an integer or short printable text, else None."""
    if isinstance(request_id, str) and not (len(request_id) <= MAX_ID_LENGTH and request_id.isprintable()):
        return None
    return request_id


def loggable_method(method: str | None) -> str | None:
    """The method if it is a known one: an unknown one is text of the caller's."""
    return method if method in KNOWN_METHODS else None


def loggable_tool(tool: str | None, declared: frozenset[str], known_agent: bool) -> str | None:
    """The tool's name if it is declared or, for a known agent, plainly a name; else None."""
    if tool is None or tool in declared:
        return tool
    plain = len(tool) <= MAX_NAME_LENGTH and not tool.strip(_NAME_CHARACTERS)
    return tool if known_agent and plain else None


def _text(value: str | int | None) -> str:
    """JSON of a member's value. Text goes to the encoder's own quoting: seven a line, without its set-up."""
    return "null" if value is None else encode_basestring(value) if isinstance(value, str) else str(value)
