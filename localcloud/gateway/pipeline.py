"""One POST /mcp, in the documented order.

parse → authorizer → rate limits → protocol version → REQUEST interceptor → policy → credentials → target →
RESPONSE interceptor. Source: AgentCore Developer Guide, "Interceptors", "Inbound auth", "Policy in AgentCore".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter_ns

from localcloud.functions.api import Invoker
from localcloud.gateway import protocol, wire
from localcloud.gateway.authorizer import Authorizer, Caller, Refusal
from localcloud.gateway.catalog import Catalog
from localcloud.gateway.interceptors import Interception, InterceptorFault, Passed
from localcloud.gateway.keys import KeySource
from localcloud.gateway.limits import RateLimits
from localcloud.gateway.policy import PolicyEngine
from localcloud.gateway.records import EventLog, Records
from localcloud.gateway.spans import Spans
from localcloud.gateway.targets import GENERIC_ERROR, Targets
from localcloud.gateway.tools import Request, ToolMethods
from localcloud.gateway.trace import Trace, continue_trace
from localcloud.spec import Gateway

RawHeaders = Sequence[tuple[bytes, bytes]]
_LOG = logging.getLogger("airside.gateway")


class Pipeline:
    """Answers MCP request bodies for one gateway. `metadata_url` is its protected-resource document's URL."""

    def __init__(
        self,
        gateway: Gateway,
        catalog: Catalog,
        *,
        invoke: Invoker,
        targets: Targets,
        events: EventLog,
        keys: KeySource,
        clock: Callable[[], datetime],
        metadata_url: str,
        spans: Spans | None = None,
    ) -> None:
        self._spans = spans or Spans()
        engine = None
        if gateway.policy_mode is not None:
            engine = PolicyEngine(
                gateway.policies, mode=gateway.policy_mode, gateway_arn=gateway.arn, actions=catalog.tools
            )
        self.engine = engine
        self._instructions = gateway.instructions
        self._authorizer = Authorizer(gateway.authorizer, keys, clock)
        self._scopes = " ".join(gateway.authorizer.allowed_scopes)
        self._metadata_url = metadata_url
        self._limits = RateLimits(gateway.rate_limits, catalog.names, clock)
        self._versions = protocol.Versions(gateway.versions)
        self._interception = Interception(gateway.interceptors, invoke, self._spans)
        self._records = Records(events, catalog.names, protocol.METHODS, self._spans)
        self._tools = ToolMethods(catalog, engine, targets, self._records, debug=gateway.debug_exceptions)

    async def handle(self, headers: RawHeaders, raw: bytes) -> wire.Reply:
        """The reply to one request body. Never raises: a fault of our own is a 500 that says nothing."""
        begun, message = self._spans.now(), None
        trace = continue_trace(_values(headers, b"traceparent"))
        try:
            message, text = wire.read_message(raw)
            reply = await self._handle(headers, message, text, raw, trace)
        except wire.WireError as problem:
            reply = wire.error(problem.request_id, 400, problem.code, problem.message)
        except Exception as fault:
            # The type alone: a message could quote what was sent.
            _LOG.error("type=<%s> | request failed inside the gateway", type(fault).__name__)
            reply = wire.error(message.id if message else None, 500, wire.INTERNAL_ERROR, GENERIC_ERROR)
        self._spans.request(message, trace, begun, reply)
        return reply

    async def _handle(
        self, headers: RawHeaders, message: wire.Message, text: str, raw: bytes, trace: Trace
    ) -> wire.Reply:
        caller = await self._authorize(headers, message, trace)
        if isinstance(caller, wire.Reply):
            return caller
        throttled = self._throttle(message, caller, trace)
        if throttled is not None:
            return throttled
        self._spans.let_in(message, trace, raw)
        refused = self._versions.refuse(message, _values(headers, b"mcp-protocol-version"))
        if refused is not None:
            return refused
        started = perf_counter_ns()
        try:
            passed = await self._interception.on_request(message, text, headers, trace)
            if isinstance(passed, wire.Reply):
                return await self._interception.on_response(text, text, headers, passed, trace)
            reply = await self._dispatch(passed, caller, trace)
            return await self._interception.on_response(text, passed.text, headers, reply, trace)
        except InterceptorFault as fault:
            # The interceptor itself wrote no decision, so the gateway tells why nothing passed.
            self._records.decision(
                "interceptor",
                message,
                trace,
                caller,
                allowed=False,
                reason=fault.reason,
                micros=(perf_counter_ns() - started) // 1000,
            )
            return wire.error(message.id, fault.status, wire.INTERNAL_ERROR, str(fault))

    async def _dispatch(self, passed: Passed, caller: Caller, trace: Trace) -> wire.Reply:
        message = passed.message
        if message.notification:
            return wire.Reply(202, None)
        if message.method == "tools/call":
            return await self._tools.call(Request(message, caller, trace, passed.authorization))
        if message.method == "tools/list":
            return self._tools.list(Request(message, caller, trace, passed.authorization))
        if message.method == "initialize":
            version = self._versions.negotiate(message.params)
            if version is None:
                text = "ValidationError - protocolVersion must be a string"
                return wire.error(message.id, 400, wire.INVALID_PARAMS, text)
            return wire.result(message.id, protocol.initialize(version, self._instructions))
        if message.method == "ping":
            return wire.result(message.id, {})
        return wire.error(message.id, 404, wire.METHOD_NOT_FOUND, "Method not found")

    async def _authorize(
        self, headers: RawHeaders, message: wire.Message, trace: Trace
    ) -> Caller | wire.Reply:
        started = perf_counter_ns()
        caller: Caller | None = None
        refusal: Refusal | None = None
        try:
            caller = await self._authorizer(_values(headers, b"authorization"))
        except Refusal as found:
            refusal = found
        self._records.decision(
            "authorizer",
            message,
            trace,
            caller,
            allowed=refusal is None,
            reason=refusal.reason if refusal else "token_valid",
            micros=(perf_counter_ns() - started) // 1000,
        )
        if caller is not None:
            return caller
        return self._challenge(refusal or Refusal("unknown"))

    def _throttle(self, message: wire.Message, caller: Caller, trace: Trace) -> wire.Reply | None:
        """The refusal of a request that is one too many. Only refusals are told: most requests pass."""
        started = perf_counter_ns()
        throttled = self._limits.refuse(caller, message)
        if throttled is None:
            if self._limits.declared:
                self._spans.layer("rate_limit", trace, (perf_counter_ns() - started) // 1000)
            return None
        self._records.decision(
            "rate_limit",
            message,
            trace,
            caller,
            allowed=False,
            reason="rate_limited",
            source=throttled.limit,
            micros=(perf_counter_ns() - started) // 1000,
        )
        if message.notification:
            return wire.Reply(429, None)
        return throttled.reply(message.id)

    def _challenge(self, refusal: Refusal) -> wire.Reply:
        """401 or 403 with the challenge of RFC 6750 §3 and RFC 9728 §5.1; the id is 0, as the service's."""
        metadata = f'resource_metadata="{self._metadata_url}"'
        scope = f'scope="{self._scopes}"'
        if refusal.status == 403:
            challenge = f'Bearer error="insufficient_scope", {scope}, {metadata}'
        else:
            challenge = f"Bearer {metadata}, {scope}" if self._scopes else f"Bearer {metadata}"
        headers = (("WWW-Authenticate", challenge),)
        return wire.error(0, refusal.status, wire.UNAUTHENTICATED, refusal.message, headers)


def _values(headers: RawHeaders, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]
