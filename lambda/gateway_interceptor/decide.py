"""The decision: agent, method, tool and arguments against the policy. Pure."""

from __future__ import annotations

from gateway_interceptor.policy import ARGUMENTS, CALLS
from gateway_interceptor.refused import (
    ARGUMENT_NOT_ALLOWED,
    BAD_USER_TOKEN,
    MALFORMED_REQUEST,
    NO_TOKEN,
    NO_USER,
    NOT_GRANTED,
    UNKNOWN_METHOD,
    UNKNOWN_TOOL,
    USER_MISMATCH,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gateway_interceptor.argument_rules import Rule
    from gateway_interceptor.policy import Grant, Policy

TOOLS_LIST = "tools/list"
TOOLS_CALL = "tools/call"
SEARCH_TOOL = "x_amz_bedrock_agentcore_search"
"""The gateway's own tool (AgentCore Developer Guide: search for tools); it has no target prefix. It is granted
like any other; what it finds is filtered."""

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
ENGINE_LISTING = "policy_engine_listing"


class Decision:
    """Allow or deny, why, and by which line of the declaration.

    `argument` is the declared name of the one that was refused, `user` whether a verified user was there.
    `grant` is what allows a call of a tool; `would_refuse` the reason for which the call is refused once the
    grant's shadow ends, with the argument's name as `detail`.
    """

    __slots__ = (
        "agent",
        "allowed",
        "argument",
        "detail",
        "grant",
        "reason",
        "source",
        "user",
        "would_refuse",
    )

    def __init__(
        self,
        allowed: bool,
        reason: str,
        agent: str | None = None,
        source: str | None = None,
        detail: str | None = None,
        argument: str | None = None,
        user: bool = False,
        grant: Grant | None = None,
    ) -> None:
        self.allowed = allowed
        self.reason = reason
        self.agent = agent
        self.source = source
        self.detail = detail
        self.argument = argument
        self.user = user
        self.grant = grant
        self.would_refuse: str | None = None


def decide(policy: Policy, agent: str | None, method: str, tool: str | None, notification: bool) -> Decision:
    """What `agent` (None: no Authorization was sent, or AWS's own signature) may do.

    `tools/list` passes without a token because the policy engine lists the tools that way when a policy is
    created; the gateway's authorizer has refused outsiders by then, and a list executes nothing. No other
    method passes without a token.
    """
    if agent is None:
        if method == TOOLS_LIST and not notification:
            return Decision(True, ENGINE_LISTING)
        return Decision(False, NO_TOKEN)
    if method != TOOLS_CALL:
        if method not in KNOWN_METHODS:
            return Decision(False, UNKNOWN_METHOD, agent)
        if notification is not (method in NOTIFICATIONS):
            return Decision(False, MALFORMED_REQUEST, agent, detail="id")
        return Decision(True, SESSION, agent)
    if notification:
        return Decision(False, MALFORMED_REQUEST, agent, detail="id")
    if tool is None:
        return Decision(False, MALFORMED_REQUEST, agent, detail="tool_name")
    granted = policy.grants.get(agent)
    grant = granted.get(tool) if granted is not None else None
    if grant is not None:
        return Decision(True, GRANTED, agent, grant.source, grant=grant)
    return Decision(False, NOT_GRANTED if tool in policy.tools else UNKNOWN_TOOL, agent)


def check_arguments(
    granted: Decision, grant: Grant, arguments: Mapping[str, Any], user: Mapping[str, str] | None
) -> Decision:
    """The decision about a granted call by the rules of its tool: the first that is not kept denies.

    `user` are the claims of the verified user, None if no token was sent. A shadow of the grant takes nothing
    from the rules about the user.
    """
    known = user is not None
    for rule in grant.rules:
        if rule.claim is None:
            if rule.allows(arguments):
                continue
            if grant.shadow == ARGUMENTS:
                if granted.would_refuse is None:
                    granted.would_refuse, granted.detail = ARGUMENT_NOT_ALLOWED, rule.argument
                continue
            reason = ARGUMENT_NOT_ALLOWED
        elif user is None:
            reason = NO_USER
        elif (own := user.get(rule.claim)) is None:
            return by_rule(granted.agent, BAD_USER_TOKEN, rule, "claim", user=known)
        elif rule.is_users_own(arguments, own):
            continue
        else:
            reason = USER_MISMATCH
        return by_rule(granted.agent, reason, rule, user=known)
    if grant.shadow == CALLS:
        granted.would_refuse = NOT_GRANTED
    granted.user = known
    return granted


def by_rule(
    agent: str | None, reason: str, rule: Rule | None, detail: str | None = None, *, user: bool = False
) -> Decision:
    """A denial that a rule of the tool causes, or (None) what was sent beside a call without such rules.

    Its detail is the argument's name unless there is more to tell.
    """
    if rule is None:
        return Decision(False, reason, agent, detail=detail, user=user)
    return Decision(False, reason, agent, rule.source, detail or rule.argument, rule.argument, user)


def may_see(policy: Policy, agent: str, tool: object) -> bool:
    """Whether a tool of that name belongs in a list shown to `agent`."""
    return isinstance(tool, str) and tool in policy.grants.get(agent, {})
