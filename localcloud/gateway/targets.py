"""Calling targets: Lambda functions by their ARN, HTTP APIs and MCP servers at their stand-ins.

Source: AgentCore Developer Guide, "Lambda function targets".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from localcloud.functions.api import Invoker, InvokeResult
from localcloud.gateway import wire
from localcloud.gateway.catalog import SEPARATOR, Tool
from localcloud.gateway.mcp_target import McpTarget
from localcloud.gateway.openapi_target import OpenApiTarget
from localcloud.gateway.outbound import Credentialing, Role
from localcloud.gateway.outcome import Outcome
from localcloud.gateway.spans import Spans
from localcloud.gateway.trace import Trace
from localcloud.identity.api import Outbound, OutboundError
from localcloud.spec import Gateway, Target
from localcloud.traces.span import ERROR, OK

GENERIC_ERROR = "An internal error occurred. Please retry later."


class Targets:
    """Every target of one gateway. `hosts` maps external base URLs to local ones."""

    def __init__(
        self,
        gateway: Gateway,
        invoke: Invoker,
        outbound: Outbound,
        hosts: Mapping[str, str],
        role: Role | None = None,
        spans: Spans | None = None,
    ) -> None:
        self._spans = spans or Spans()
        self._gateway_id = gateway.gateway_id
        self._invoke = invoke
        self._credentials = Credentialing(outbound, role, gateway.targets)
        self._apis = {
            each.name: OpenApiTarget(each, hosts) for each in gateway.targets if each.kind == "openapi"
        }
        self._servers = {
            each.name: McpTarget(each, hosts, gateway.versions)
            for each in gateway.targets
            if each.kind == "mcp_server"
        }

    async def aclose(self) -> None:
        """Closes the connections to HTTP targets."""
        for api in self._apis.values():
            await api.aclose()
        for server in self._servers.values():
            await server.aclose()

    async def call(
        self,
        tool: Tool,
        arguments: Mapping[str, Any],
        *,
        request_id: wire.RequestId,
        trace: Trace,
        authorization: str | None,
    ) -> Outcome:
        """One call with checked arguments. `authorization` is an interceptor's override of the credential."""
        target = tool.target
        if target is None:
            raise ValueError(f"{tool.name} has no target")
        if target.kind == "lambda":
            return await self._call_function(tool, target, arguments, request_id, trace)
        try:
            authenticate = await self._credentials.of(target, authorization)
        except OutboundError as problem:
            return Outcome("credentials", detail=f"No outbound credential: {problem}")
        if tool.operation is not None:
            return await self._apis[target.name].call(tool.operation, arguments, authenticate, trace)
        return await self._servers[target.name].call(
            tool.name.removeprefix(f"{target.name}{SEPARATOR}"), arguments, authenticate, trace
        )

    async def _call_function(
        self,
        tool: Tool,
        target: Target,
        arguments: Mapping[str, Any],
        request_id: wire.RequestId,
        trace: Trace,
    ) -> Outcome:
        context = {
            "bedrockAgentCoreMessageVersion": "1.0",
            "bedrockAgentCoreAwsRequestId": str(uuid.uuid4()),
            "bedrockAgentCoreMcpMessageId": str(request_id),
            "bedrockAgentCoreGatewayId": self._gateway_id,
            "bedrockAgentCoreTargetId": target.target_id,
            "bedrockAgentCoreToolName": tool.name,
        }
        place, begun = trace.below(), self._spans.now()
        arn = target.function_arn or ""
        answer = await self._invoke(
            arn, wire.encode(arguments).encode(), client_context={"custom": context}, trace=place.parent
        )
        status = OK if answer.status == "ok" else ERROR
        self._spans.step("function", arn.rpartition(":")[2], place, begun, status, outcome=answer.status)
        if answer.status != "ok":
            return Outcome(answer.status, detail=error_detail(answer))
        if len(answer.payload) > wire.MAX_BYTES:
            return Outcome("too_large", detail="The function's answer is larger than 6 MB.")
        try:
            text = answer.payload.decode()
            wire.parse(text)
        except ValueError:
            return Outcome("error", detail="The function's answer is not JSON.")
        return Outcome("ok", text)


def error_detail(answer: InvokeResult) -> str:
    """What a failed function said, for a gateway with debugging on; never its stack trace."""
    try:
        document = wire.parse(answer.payload.decode())
    except ValueError:
        document = {}
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return f"{answer.error_type or answer.status}: {message if isinstance(message, str) else ''}".strip()
