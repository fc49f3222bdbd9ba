"""The decision: agent, method and tool against the policy. Pure."""

from __future__ import annotations

from gateway_interceptor.refused import (
    MALFORMED_REQUEST,
    NO_TOKEN,
    NOT_GRANTED,
    UNKNOWN_METHOD,
    UNKNOWN_TOOL,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gateway_interceptor.policy import Policy

TOOLS_LIST = "tools/list"
TOOLS_CALL = "tools/call"
SEARCH_TOOL = "x_amz_bedrock_agentcore_search"
"""The gateway's own tool (AgentCore Developer Guide: search for tools); it has no target prefix."""

SESSION_METHODS = frozenset(("initialize", "ping", "server/discover", TOOLS_LIST))
"""Requests every declared agent may send. Prompts and resources are not among them: no declared target
has any, nobody grants them, and a method without a grant is a way round the grants."""
NOTIFICATIONS = frozenset(
    (
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/roots/list_changed",
    )
)
KNOWN_METHODS = SESSION_METHODS | NOTIFICATIONS | {TOOLS_CALL}

GRANTED = "granted"
SESSION = "session"
SEARCH = "search"
ENGINE_LISTING = "policy_engine_listing"


class Decision:
    """Allow or deny, why, and by which line of the declaration."""

    __slots__ = ("agent", "allowed", "detail", "reason", "source")

    def __init__(
        self,
        allowed: bool,
        reason: str,
        agent: str | None = None,
        source: str | None = None,
        detail: str | None = None,
    ) -> None:
        self.allowed = allowed
        self.reason = reason
        self.agent = agent
        self.source = source
        self.detail = detail


def decide(policy: Policy, agent: str | None, method: str, tool: str | None, notification: bool) -> Decision:
    """What `agent` (None: no Authorization was sent) may do.

    `tools/list` passes without a token because the policy engine lists the tools that way when a policy is
    created; the gateway's authorizer has refused outsiders by then, and a list executes nothing. No other
    method passes without a token.
    """
    if agent is None:
        if method == TOOLS_LIST and not notification:
            return Decision(True, ENGINE_LISTING)
        return Decision(False, NO_TOKEN)
    if method not in KNOWN_METHODS:
        return Decision(False, UNKNOWN_METHOD, agent)
    if notification is not (method in NOTIFICATIONS):
        return Decision(False, MALFORMED_REQUEST, agent, detail="id")
    if method != TOOLS_CALL:
        return Decision(True, SESSION, agent)
    if tool is None:
        return Decision(False, MALFORMED_REQUEST, agent, detail="tool_name")
    if tool == SEARCH_TOOL:
        return Decision(True, SEARCH, agent)
    granted = policy.grants.get(agent)
    source = granted.get(tool) if granted is not None else None
    if source is not None:
        return Decision(True, GRANTED, agent, source)
    return Decision(False, NOT_GRANTED if tool in policy.tools else UNKNOWN_TOOL, agent)


def may_see(policy: Policy, agent: str, tool: object) -> bool:
    """Whether a tool of that name belongs in a list shown to `agent`."""
    if not isinstance(tool, str):
        return False
    return tool == SEARCH_TOOL or tool in policy.grants.get(agent, {})
