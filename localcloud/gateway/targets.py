"""Calling targets: Lambda functions by their ARN, HTTP APIs by their OpenAPI document.

Source: AgentCore Developer Guide, "Lambda function targets", "OpenAPI schema targets", "Outbound auth".
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from localcloud.functions.api import Invoker, InvokeResult
from localcloud.gateway import openapi, wire
from localcloud.gateway.catalog import Tool
from localcloud.gateway.trace import Trace
from localcloud.identity.api import Outbound, OutboundError
from localcloud.spec import Gateway, Target

GENERIC_ERROR = "An internal error occurred. Please retry later."
HTTP_SECONDS = 30.0
CONNECT_SECONDS = 5.0
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class UnmappedHost(ValueError):
    """A target's API has no local stand-in. Nothing here calls out of this computer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a target gave: `text` for the caller if `status` is `ok`, else `detail` for debugging only."""

    status: str
    text: str = ""
    detail: str = ""


class Targets:
    """Every target of one gateway. `hosts` maps external base URLs to local ones."""

    def __init__(
        self, gateway: Gateway, invoke: Invoker, outbound: Outbound, hosts: Mapping[str, str]
    ) -> None:
        self._gateway_id = gateway.gateway_id
        self._invoke = invoke
        self._outbound = outbound
        self._apis = {
            target.name: HttpTarget(target, hosts) for target in gateway.targets if target.kind == "openapi"
        }

    async def aclose(self) -> None:
        """Closes the connections to HTTP targets."""
        for api in self._apis.values():
            await api.aclose()

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
        if tool.operation is None:
            return await self._call_function(tool, target, arguments, request_id, trace)
        if authorization is None and target.credential is not None:
            try:
                token = await self._outbound.token(target.credential.provider_arn, target.credential.scopes)
            except OutboundError as problem:
                return Outcome("credentials", detail=f"No outbound token: {problem}")
            authorization = f"Bearer {token}"
        return await self._apis[target.name].call(tool.operation, arguments, authorization, trace)

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
        answer = await self._invoke(
            target.function_arn or "",
            wire.encode(arguments).encode(),
            client_context={"custom": context},
            trace=trace.parent,
        )
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


class HttpTarget:
    """One OpenAPI target: a persistent client bound to the local stand-in of its server."""

    def __init__(self, target: Target, hosts: Mapping[str, str]) -> None:
        server = openapi.server_url(target.name, target.document or {})
        self._base = _local_base(target.name, server, hosts)
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(HTTP_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=8),
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def call(
        self,
        operation: openapi.Operation,
        arguments: Mapping[str, Any],
        authorization: str | None,
        trace: Trace,
    ) -> Outcome:
        """Sends one operation's request and reads at most 6 MB of its answer."""
        try:
            request = self._request(operation.request(arguments), authorization, trace)
        except openapi.UnsendableArgument as problem:
            return Outcome("error", detail=str(problem))
        try:
            async with asyncio.timeout(HTTP_SECONDS):
                return await self._send(request)
        except (TimeoutError, httpx.TimeoutException):
            return Outcome("timeout", detail=f"The API did not answer within {HTTP_SECONDS:g} s.")
        except httpx.HTTPError as problem:
            return Outcome("unreachable", detail=f"The API could not be reached: {type(problem).__name__}.")

    def _request(self, call: openapi.HttpCall, authorization: str | None, trace: Trace) -> httpx.Request:
        url = f"{self._base}{call.path}"
        if call.query:
            url = f"{url}?{urlencode(call.query)}"
        headers = {"Accept": "application/json", "traceparent": trace.parent, **dict(call.headers)}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if authorization is not None:
            headers["Authorization"] = authorization
        return self._client.build_request(call.method, url, headers=headers, content=call.body)

    async def _send(self, request: httpx.Request) -> Outcome:
        response = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > wire.MAX_BYTES:
                    return Outcome("too_large", detail="The API's answer is larger than 6 MB.")
        finally:
            await response.aclose()
        if not response.is_success:
            return Outcome("error", detail=f"The API answered HTTP {response.status_code}.")
        try:
            return Outcome("ok", body.decode())
        except UnicodeDecodeError:
            return Outcome("error", detail="The API's answer is not text.")


def error_detail(answer: InvokeResult) -> str:
    """What a failed function said, for a gateway with debugging on; never its stack trace."""
    try:
        document = wire.parse(answer.payload.decode())
    except ValueError:
        document = {}
    message = document.get("errorMessage") if isinstance(document, dict) else None
    return f"{answer.error_type or answer.status}: {message if isinstance(message, str) else ''}".strip()


def _local_base(target: str, server: str, hosts: Mapping[str, str]) -> str:
    """The local URL that stands for `server`: the longest mapped base that is a prefix of whole segments."""
    for base in sorted(hosts, key=len, reverse=True):
        prefix = base.rstrip("/")
        if server == prefix or server.startswith(f"{prefix}/"):
            server = f"{hosts[base].rstrip('/')}{server[len(prefix) :]}"
            break
    if urlsplit(server).hostname not in LOOPBACK:
        raise UnmappedHost(
            f"target {target}: {server} has no local stand-in; add systems/<system>/providers/<provider>.py"
        )
    return server
