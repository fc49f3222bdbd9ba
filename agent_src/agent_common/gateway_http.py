"""The gateway on the HTTP level: bearer token, one retry on a 401, user, trace context, faults as answers.

A fault inside MCP's streamable-HTTP transport ends the whole session and with it every call under way.
So this layer turns each fault into a JSON-RPC error answer to the one request it concerns, with a code
of our own from the range JSON-RPC leaves to implementations.
"""

from __future__ import annotations

import json
import logging

import httpx2

from agent_common import telemetry, user_headers
from agent_common.errors import GatewayUnavailable
from agent_common.tokens import TokenSource

UNAUTHENTICATED = -32001
"""The gateway's code for a missing or bad token; also given to any other answer with status 401."""
REFUSED = -32002
"""The gateway's code for a policy's denial; also given to any other answer with status 403."""
THROTTLED = -32003
"""The gateway's code for one request too many; also given to any other answer with status 429. Not executed."""
NO_IDENTITY = -32091
NOT_SENT = -32092
"""The connection could not be made: the request was certainly not executed."""
NO_ANSWER = -32093
"""The connection broke or went silent: whether the request was executed is unknown."""
SESSION_GONE = -32094
"""Status 404 with no JSON-RPC error: the MCP session is not known any more; the request was not executed."""

MAX_ANSWER = 6 * 1024 * 1024
"""Bytes of an answer: the gateway's own payload limit."""


class GatewayTransport(httpx2.AsyncBaseTransport):
    """Wraps a transport; see the module."""

    def __init__(self, tokens: TokenSource, inner: httpx2.AsyncBaseTransport) -> None:
        self._tokens = tokens
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        telemetry.outgoing(request.headers)
        await request.aread()
        user_headers.put_on_call(request)
        try:
            return await self._settle(request, await self._send(request))
        except GatewayUnavailable:
            return _fault(NO_IDENTITY)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            telemetry.log("gateway_unreachable", logging.WARNING, error=error)
            return _fault(NOT_SENT)
        except (httpx2.TransportError, httpx2.DecodingError, httpx2.StreamError) as error:
            telemetry.log("gateway_silent", logging.WARNING, error=error)
            return _fault(NO_ANSWER)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        token = await self._tokens.token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = await self._inner.handle_async_request(request)
        if response.status_code != 401:
            return response
        await response.aclose()
        request.headers["Authorization"] = f"Bearer {await self._tokens.token(rejected=token)}"
        return await self._inner.handle_async_request(request)

    async def _settle(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if response.status_code in (401, 403):
            await response.aclose()
            return _fault(UNAUTHENTICATED if response.status_code == 401 else REFUSED, response.status_code)
        is_json = response.headers.get("content-type", "").lower().startswith("application/json")
        if response.status_code == 429 and not is_json:
            await response.aclose()
            return _fault(THROTTLED, 429)
        if response.status_code == 404 and not is_json:
            await response.aclose()
            return _fault(SESSION_GONE)
        if response.is_redirect:
            # Never followed: the bearer token goes to the configured gateway only.
            await response.aclose()
            return _fault(NO_ANSWER)
        if not is_json:
            return response
        # Read here, where a connection that breaks half-way can still be answered for.
        body = b""
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_ANSWER:
                await response.aclose()
                telemetry.log("gateway_answer_too_large", logging.WARNING)
                return _fault(NO_ANSWER)
        await response.aclose()
        return _paired(request, httpx2.Response(response.status_code, headers=response.headers, content=body))


def _paired(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    """Give an error the id of the request it answers, and let no other mismatch pass.

    The gateway answers some errors with id 0 (AgentCore Developer Guide: gateway inbound authorization).
    MCP's client pairs by id alone and would wait for an answer that has long come.
    """
    try:
        answer, asked = json.loads(response.content), json.loads(request.content).get("id")
    except (ValueError, AttributeError, RecursionError):
        return response
    if not isinstance(answer, dict) or asked is None or answer.get("id") == asked:
        return response
    if "error" in answer:
        return httpx2.Response(response.status_code, json={**answer, "id": asked})
    telemetry.log("gateway_answer_unpaired", logging.WARNING)
    return _fault(NO_ANSWER)


def _fault(code: int, status: int = 503) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": "gateway fault"}}
    return httpx2.Response(status, json=body)


def http_client(tokens: TokenSource, *, connect: float, read: float) -> httpx2.AsyncClient:
    """An HTTP client for the gateway; seconds to connect and of silence until an answer is given up.

    Proxies and credentials of the environment are not used: the token goes straight to the gateway.
    """
    inner = httpx2.AsyncHTTPTransport(trust_env=False)
    timeout = httpx2.Timeout(connect=connect, read=read, write=read, pool=connect)
    return httpx2.AsyncClient(
        transport=GatewayTransport(tokens, inner), timeout=timeout, follow_redirects=False, trust_env=False
    )
