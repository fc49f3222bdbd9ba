"""Calling an HTTP API by its OpenAPI document.

Source: AgentCore Developer Guide, "OpenAPI schema targets".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from localcloud.gateway import openapi, web
from localcloud.gateway.outbound import Apply
from localcloud.gateway.outcome import Outcome
from localcloud.gateway.trace import Trace
from localcloud.spec import Target


class OpenApiTarget:
    """One OpenAPI target: a persistent client bound to the local stand-in of its server."""

    def __init__(self, target: Target, hosts: Mapping[str, str]) -> None:
        server = openapi.server_url(target.name, target.document or {})
        self._base = web.local_url(target.name, server, hosts)
        self._client = web.new_client()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def call(
        self, operation: openapi.Operation, arguments: Mapping[str, Any], authenticate: Apply, trace: Trace
    ) -> Outcome:
        """Sends one operation's request and reads at most 6 MB of its answer."""
        try:
            request = self._request(operation.request(arguments), trace)
        except openapi.UnsendableArgument as problem:
            return Outcome("error", detail=str(problem))
        authenticate(request)
        try:
            async with asyncio.timeout(web.SECONDS):
                return await self._send(request)
        except (TimeoutError, httpx.TimeoutException):
            return Outcome("timeout", detail=f"The API did not answer within {web.SECONDS:g} s.")
        except httpx.HTTPError as problem:
            return Outcome("unreachable", detail=f"The API could not be reached: {type(problem).__name__}.")

    def _request(self, call: openapi.HttpCall, trace: Trace) -> httpx.Request:
        url = f"{self._base}{call.path}"
        if call.query:
            url = f"{url}?{urlencode(call.query)}"
        headers = {"Accept": "application/json", "traceparent": trace.parent, **dict(call.headers)}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return self._client.build_request(call.method, url, headers=headers, content=call.body)

    async def _send(self, request: httpx.Request) -> Outcome:
        response = await self._client.send(request, stream=True)
        try:
            body = await web.read(response)
        except web.TooLarge:
            return Outcome("too_large", detail="The API's answer is larger than 6 MB.")
        finally:
            await response.aclose()
        if not response.is_success:
            return Outcome("error", detail=f"The API answered HTTP {response.status_code}.")
        try:
            return Outcome("ok", body.decode())
        except UnicodeDecodeError:
            return Outcome("error", detail="The API's answer is not text.")
