"""Steps 7 to 9 of a request: policy, credentials, target; for `tools/list` and `tools/call`.

Source: AgentCore Developer Guide, "List tools", "Call a tool", "Use a gateway with a policy engine".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from localcloud.gateway import wire
from localcloud.gateway.authorizer import Caller
from localcloud.gateway.catalog import SEARCH_TOOL, Catalog, Tool
from localcloud.gateway.outcome import Outcome
from localcloud.gateway.policy import PolicyEngine, Verdict
from localcloud.gateway.protocol import Pages
from localcloud.gateway.records import Records
from localcloud.gateway.schema import ArgumentError
from localcloud.gateway.search import SearchIndex
from localcloud.gateway.targets import GENERIC_ERROR, Targets
from localcloud.gateway.trace import Trace
from localcloud.traces.span import ERROR, OK

DENIED = "Tool Execution Denied: Tool call not allowed due to policy enforcement"


@dataclass(frozen=True, slots=True)
class Request:
    """One request past its REQUEST interceptor."""

    message: wire.Message
    caller: Caller
    trace: Trace
    authorization: str | None


class ToolMethods:
    """`tools/list` and `tools/call` of one gateway."""

    def __init__(
        self,
        catalog: Catalog,
        engine: PolicyEngine | None,
        targets: Targets,
        records: Records,
        *,
        debug: bool,
    ) -> None:
        self._catalog = catalog
        self._engine = engine
        self._targets = targets
        self._records = records
        self._debug = debug
        self._pages = Pages()
        self._index = SearchIndex(tuple(catalog.tools.values()))

    def list(self, request: Request) -> wire.Reply:
        """One page of the tools the caller might be permitted to call."""
        started = perf_counter_ns()
        visible = self._visible(request.caller)
        names = [name for name in self._catalog.tools if name in visible]
        if self._engine is not None:
            thrown = [str(switch) for switch in self._engine.listing(request.caller).switches]
            hiding = {"switched_off": thrown} if thrown else {}
            self._record(request, started, allowed=True, reason="listed", listed=len(names), **hiding)
        page = self._pages.cut(names, request.message.params.get("cursor"))
        if page is None:
            return wire.error(request.message.id, 400, wire.INVALID_PARAMS, "Invalid cursor")
        part, following = page
        value: dict[str, Any] = {"tools": [self._catalog.tools[name].definition for name in names[part]]}
        if following is not None:
            value["nextCursor"] = following
        return wire.result(request.message.id, value)

    async def call(self, request: Request) -> wire.Reply:
        """One call: denied, refused as invalid, or answered by its target."""
        params = request.message.params
        name, arguments = params.get("name"), params.get("arguments", {})
        if not isinstance(name, str) or not isinstance(arguments, dict):
            text = "ValidationError - name must be a string and arguments an object"
            return wire.error(request.message.id, 400, wire.INVALID_PARAMS, text)
        tool = self._catalog.tools.get(name)
        refused = self._refuse(request, name, tool, arguments)
        if refused is not None:
            return refused
        if tool is None:
            return wire.error(
                request.message.id, 404, wire.INVALID_PARAMS, "ResourceNotFoundError - Unknown tool"
            )
        if tool.target is None:
            return wire.result(request.message.id, self._search(request.caller, arguments["query"]))
        return wire.result(request.message.id, await self._answer(request, tool, arguments))

    def _refuse(
        self, request: Request, name: str, tool: Tool | None, arguments: Mapping[str, Any]
    ) -> wire.Reply | None:
        """The refusal of a call by its arguments or by policy. A caller who could never call the tool learns
        nothing about it: neither that it exists nor what it takes."""
        started = perf_counter_ns()
        engine = self._engine
        problem: str | None = None
        context: Mapping[str, Any] | None = None
        if tool is not None:
            try:
                tool.schema.check(arguments)
            except ArgumentError as found:
                problem = f"ValidationError - {found}"
        if tool is not None and problem is None and engine is not None:
            try:
                context = tool.schema.context(arguments)
            except ArgumentError as found:
                problem = f"ValidationError - {found}" if engine.enforcing else None
        if engine is not None:
            if context is not None:
                verdict = engine.authorize(request.caller, name, context)
            elif tool is not None and name in engine.visible(request.caller):
                verdict = None
            else:
                verdict = engine.unlisted(request.caller, name)
            if verdict is not None:
                self._record_verdict(request, started, verdict)
                if engine.enforcing and not verdict.allowed:
                    text = f"{DENIED} [{verdict.reason}]"
                    return wire.error(request.message.id, 403, wire.DENIED, text)
        if problem is not None:
            return wire.error(request.message.id, 400, wire.INVALID_PARAMS, problem)
        return None

    async def _answer(self, request: Request, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        started, begun = perf_counter_ns(), self._records.spans.now()
        trace = request.trace.below()
        outcome = await self._targets.call(
            tool,
            arguments,
            request_id=request.message.id,
            trace=trace,
            authorization=request.authorization,
        )
        self._records.target(
            request.message,
            request.trace,
            tool=tool.name,
            kind=tool.target.kind if tool.target else "",
            status=outcome.status,
            micros=(perf_counter_ns() - started) // 1000,
        )
        self._records.spans.step(
            "target",
            tool.target.name if tool.target else tool.name,
            trace,
            begun,
            OK if outcome.status == "ok" else ERROR,
            target_kind=tool.target.kind if tool.target else "",
            outcome=outcome.status,
            result_bytes=_size(outcome),
        )
        return self._result(tool, outcome)

    def _result(self, tool: Tool, outcome: Outcome) -> dict[str, Any]:
        if outcome.status != "ok":
            text = outcome.detail if self._debug and outcome.detail else GENERIC_ERROR
            return {"isError": True, "content": [{"type": "text", "text": text}]}
        if outcome.result is not None:
            return dict(outcome.result)
        answer: dict[str, Any] = {"isError": False, "content": [{"type": "text", "text": outcome.text}]}
        if "outputSchema" in tool.definition:
            # A client that was told an output schema refuses a result without structured content.
            value = wire.parse(outcome.text)
            if isinstance(value, dict):
                answer["structuredContent"] = value
        return answer

    def _search(self, caller: Caller, query: str) -> dict[str, Any]:
        found = [dict(tool.definition) for tool in self._index.find(query, self._visible(caller))]
        value = {"tools": found}
        text = wire.encode(value)
        return {"isError": False, "content": [{"type": "text", "text": text}], "structuredContent": value}

    def _visible(self, caller: Caller) -> frozenset[str]:
        if self._engine is None or not self._engine.enforcing:
            return self._catalog.names
        return self._engine.visible(caller)

    def _record_verdict(self, request: Request, started: int, verdict: Verdict) -> None:
        details: dict[str, Any] = {"errors": verdict.errors}
        if verdict.matched is not None:
            details["log_only_matched"] = list(verdict.matched)
            details["log_only_flipping"] = list(verdict.flipping)
        if verdict.switches:
            details["switched_off"] = [str(switch) for switch in verdict.switches]
        self._record(
            request,
            started,
            allowed=verdict.allowed,
            reason=_reason(verdict),
            source=", ".join(verdict.policies) or None,
            **details,
        )

    def _record(self, request: Request, started: int, *, allowed: bool, reason: str, **details: Any) -> None:
        engine = self._engine
        if engine is None:
            return
        self._records.decision(
            "policy",
            request.message,
            request.trace,
            request.caller,
            allowed=allowed,
            reason=reason,
            policy=engine.version,
            micros=(perf_counter_ns() - started) // 1000,
            enforced=engine.enforcing,
            **details,
        )


def _size(outcome: Outcome) -> int:
    """How long a target's answer is, in bytes of UTF-8."""
    text = outcome.text if outcome.result is None else wire.encode(dict(outcome.result))
    return len(text) if text.isascii() else len(text.encode())


def _reason(verdict: Verdict) -> str:
    """Why, in one word of the decision log. A switch is told apart: it is meant to be undone."""
    if verdict.allowed:
        return "permitted"
    if verdict.switches:
        return "switched_off"
    return "forbidden" if verdict.policies else "denied_by_default"


__all__ = ["SEARCH_TOOL", "Request", "ToolMethods"]
