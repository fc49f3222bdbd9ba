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

MAX_NAME_LENGTH = 128
_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/-"


class DecisionLog:
    """Writes decision lines for one metric namespace; `write` gets one line without its end."""

    def __init__(self, namespace: str, policy_digest: str | None, write: Callable[[str], None]) -> None:
        self._write = write
        self._policy = _text(policy_digest)
        self._metrics = (
            f',"CloudWatchMetrics":[{{"Namespace":{_text(namespace)},"Dimensions":[["Effect"],["Agent","Effect"]],'
            '"Metrics":[{"Name":"Allowed","Unit":"Count"},{"Name":"Denied","Unit":"Count"},'
            '{"Name":"DecisionMicros","Unit":"Microseconds"}]}]}}'
        )

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
        effect, allowed = ("allow", 1) if decision.allowed else ("deny", 0)
        agent = _text(decision.agent)
        self._write(
            f'{{"event":"decision","layer":"interceptor","point":"{point}","agent":{agent},'
            f'"tool":{_text(tool)},"method":{_text(method)},"effect":"{effect}","reason":"{decision.reason}",'
            f'"detail":{_text(decision.detail)},"source":{_text(decision.source)},'
            f'"user":{"true" if decision.user else "false"},'
            f'"request_id":{_text(loggable_id(request_id))},"trace_id":{_text(trace_id)},'
            f'"policy":{self._policy},"micros":{micros},"Agent":{agent if decision.agent else _NO_AGENT_TEXT},'
            f'"Effect":"{effect}","Allowed":{allowed},"Denied":{1 - allowed},"DecisionMicros":{micros},'
            f'"_aws":{{"Timestamp":{int(now * 1000)}{self._metrics}'
        )


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
