"""Puts the parts together: read the event, know the agent, decide, write the line, answer."""

from __future__ import annotations

from gateway_interceptor import decision_log, wire
from gateway_interceptor.decide import Decision, by_rule, check_arguments, decide
from gateway_interceptor.events import Exchange, bearer, read, trace_id, user_token
from gateway_interceptor.refused import (
    BAD_TOKEN,
    INTERNAL,
    MALFORMED_REQUEST,
    MALFORMED_RESPONSE,
    NO_TOKEN,
    Refused,
)
from gateway_interceptor.tool_lists import filter_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gateway_interceptor.access_token import TokenVerifier
    from gateway_interceptor.decision_log import DecisionLog
    from gateway_interceptor.policy import Grant, Policy
    from gateway_interceptor.users import Users

RESPONSE_GRACE_SECONDS = 900.0
"""The longest a gateway invocation may take. A token that was valid when the call was let through may expire
while the tool works; to withhold the answer then would make the caller repeat what has been done."""


class Interceptor:
    """Decides one event per call and returns the gateway's answer. `clock`: epoch seconds; `timer`: ns."""

    def __init__(
        self,
        policy: Policy,
        tokens: TokenVerifier,
        users: Users,
        log: DecisionLog,
        clock: Callable[[], float],
        timer: Callable[[], int],
    ) -> None:
        self._policy = policy
        self._tokens = tokens
        self._users = users
        self._log = log
        self._clock = clock
        self._timer = timer

    def __call__(self, event: Any) -> dict[str, Any]:
        started = self._timer()
        now = self._clock()
        exchange = read(event)
        decision = self._decide(exchange, now)
        if exchange.response is None:
            self._record(decision, exchange, "request", started, now)
            if decision.allowed and exchange.body is not None:
                return wire.forward(exchange.body)
            return _refuse(decision, exchange)
        final, answer = self._respond(decision, exchange, exchange.response)
        if final is not None:
            self._record(final, exchange, "response", started, now)
        return answer

    def _decide(self, exchange: Exchange, now: float) -> Decision:
        agent: str | None = None
        try:
            problem = exchange.problem
            if problem is not None and problem.reason != MALFORMED_REQUEST:
                raise problem
            grace = RESPONSE_GRACE_SECONDS if exchange.response is not None else 0.0
            token = bearer(exchange)
            if token is not None:
                agent = self._agent(token, now, grace)
            if problem is not None:
                raise problem if agent is not None else Refused(NO_TOKEN)
            if exchange.method is None:
                raise Refused(MALFORMED_REQUEST, "method")
            decision = decide(self._policy, agent, exchange.method, exchange.tool, exchange.notification)
            if decision.grant is not None:
                return self._check(decision, decision.grant, exchange, now, grace)
            return decision
        except Refused as refused:
            return Decision(False, refused.reason, agent, detail=refused.detail)
        except Exception as error:
            # A bug of ours. Only its type is told: its text may quote the token.
            return Decision(False, INTERNAL, agent, detail=type(error).__name__)

    def _agent(self, token: str, now: float, grace: float) -> str:
        """The agent whose badge is the whole scope: two badges, or one beside another scope, are none."""
        agent = self._policy.badges.get(self._tokens.verify(token, now, grace).scope)
        if agent is None:
            raise Refused(BAD_TOKEN, "badge")
        return agent

    def _check(
        self, granted: Decision, grant: Grant, exchange: Exchange, now: float, grace: float
    ) -> Decision:
        """A granted call by the end user and the arguments.

        A user token is verified even if no rule asks for it: a call beside a bad one is not what it seems.
        """
        rules = grant.rules
        needing = rules[0] if rules and rules[0].claim is not None else None
        user = None
        try:
            token = user_token(exchange)
            if token is not None:
                user = self._users.claims(token, now, grace)
            elif needing is not None:
                raise self._users.absence()
        except Refused as refused:
            return by_rule(granted.agent, refused.reason, needing, refused.detail)
        return check_arguments(granted, grant, exchange.arguments, user)

    def _respond(
        self, decision: Decision, exchange: Exchange, response: dict[str, Any]
    ) -> tuple[Decision | None, dict[str, Any]]:
        """The answer at the RESPONSE point, and a decision to write if the answer had to be withheld."""
        body = response.get("body")
        if body is None or _is_error(body):
            return None, wire.respond(body or {}, _status(exchange, response))
        if not isinstance(body, dict) or not ("result" in body or "method" in body or not body):
            decision = Decision(False, MALFORMED_RESPONSE, decision.agent)
        if not decision.allowed or exchange.method is None:
            return decision, _refuse(decision, exchange)
        if decision.agent is not None:
            body = filter_result(self._policy, decision.agent, exchange.method, exchange.tool, body)
        return None, wire.respond(body, _status(exchange, response))

    def _record(self, decision: Decision, exchange: Exchange, point: str, started: int, now: float) -> None:
        self._log.record(
            decision,
            point=point,
            method=decision_log.loggable_method(exchange.method),
            tool=decision_log.loggable_tool(exchange.tool, self._policy.tools, decision.agent is not None),
            request_id=exchange.request_id,
            trace_id=trace_id(exchange),
            micros=(self._timer() - started) // 1000,
            now=now,
        )


class RefuseAll:
    """What stands in for the interceptor while its policy or settings are unusable: it refuses everything."""

    def __init__(self, refused: Refused, log: DecisionLog, clock: Callable[[], float]) -> None:
        self._refused = refused
        self._log = log
        self._clock = clock

    def __call__(self, event: Any) -> dict[str, Any]:
        exchange = read(event)
        if exchange.response is not None and _is_error(exchange.response.get("body")):
            return wire.respond(exchange.response["body"], _status(exchange, exchange.response))
        decision = Decision(False, self._refused.reason, detail=self._refused.detail)
        self._log.record(
            decision,
            point="request" if exchange.response is None else "response",
            method=decision_log.loggable_method(exchange.method),
            tool=None,
            request_id=exchange.request_id,
            trace_id=trace_id(exchange),
            micros=0,
            now=self._clock(),
        )
        return _refuse(decision, exchange)


def _is_error(body: Any) -> bool:
    """An answer that carries no result, our own refusals among them: it passes unchanged."""
    return isinstance(body, dict) and "error" in body and "result" not in body


def _status(exchange: Exchange, response: dict[str, Any]) -> int | None:
    if exchange.streaming:
        return None
    status = response.get("statusCode")
    return status if type(status) is int and 100 <= status <= 599 else 200


def _refuse(decision: Decision, exchange: Exchange) -> dict[str, Any]:
    if exchange.http_lane:
        return wire.http_refusal()
    tool = decision_log.loggable_tool(exchange.tool, frozenset(), decision.agent is not None)
    message = wire.explain(decision, tool) if tool is not None else None
    return wire.refusal(decision.reason, exchange.request_id, message=message, streaming=exchange.streaming)
