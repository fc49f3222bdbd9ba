"""Calling an MCP server: handshake and one `tools/call`, in a session that no other call shares.

Source: AgentCore Developer Guide, "MCP servers targets"; Model Context Protocol 2025-06-18 and 2025-11-25,
"Lifecycle", "Transports" (streamable HTTP), "Tools". The server is never asked what it offers: tools are pinned.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from localcloud.gateway import sse, web, wire
from localcloud.gateway.outbound import Apply
from localcloud.gateway.outcome import Outcome
from localcloud.gateway.protocol import SERVER_INFO, Versions
from localcloud.gateway.trace import Trace
from localcloud.spec import Target

SESSION = "Mcp-Session-Id"
_SESSION_ID = re.compile(r"[\x21-\x7e]{1,256}")
"""Visible ASCII, as MCP has it; its length is nowhere said."""

MAX_SHOWN = 300
"""Characters of a server's own error text that debugging shows."""


class _Refused(Exception):
    """A server's answer that is no result; the text is for debugging only."""


class McpTarget:
    """One MCP server. `versions` are the gateway's: what it does not speak itself, no target may."""

    def __init__(self, target: Target, hosts: Mapping[str, str], versions: Sequence[str]) -> None:
        self._url = web.local_url(target.name, target.endpoint, hosts)
        self._versions = Versions(versions)
        self._client = web.new_client()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def call(
        self, tool: str, arguments: Mapping[str, Any], authenticate: Apply, trace: Trace
    ) -> Outcome:
        """Calls a tool by its own name, without the target's prefix."""
        exchange = _Exchange(self._client, self._url, authenticate, trace)
        try:
            async with asyncio.timeout(web.SECONDS):
                await exchange.open(self._versions)
                result = await exchange.request("tools/call", {"name": tool, "arguments": dict(arguments)})
            return _outcome(result)
        except _Refused as problem:
            return Outcome("error", detail=str(problem))
        except web.TooLarge:
            return Outcome("too_large", detail="The server's answer is larger than 6 MB.")
        except (TimeoutError, httpx.TimeoutException):
            return Outcome("timeout", detail=f"The server did not answer within {web.SECONDS:g} s.")
        except httpx.HTTPError as problem:
            return Outcome(
                "unreachable", detail=f"The server could not be reached: {type(problem).__name__}."
            )


class _Exchange:
    """The requests of one call, each with its own credential: a signature covers one request only."""

    def __init__(self, client: httpx.AsyncClient, url: str, authenticate: Apply, trace: Trace) -> None:
        self._client = client
        self._url = url
        self._authenticate = authenticate
        self._headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "traceparent": trace.parent,
        }
        self._last_id = 0

    async def open(self, versions: Versions) -> None:
        """The handshake: a version both speak, tools, and the session's id if the server gives one."""
        asked = {"protocolVersion": versions.newest, "capabilities": {}, "clientInfo": SERVER_INFO}
        answer = await self.request("initialize", asked)
        version = answer.get("protocolVersion")
        if not versions.accept(version):
            raise _Refused("The server speaks no protocol version of the gateway's.")
        if not isinstance(answer.get("capabilities"), dict) or "tools" not in answer["capabilities"]:
            raise _Refused("The server states no tools capability.")
        self._headers["MCP-Protocol-Version"] = str(version)
        await self._post({"jsonrpc": "2.0", "method": "notifications/initialized"}, None)

    async def request(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The result of one request."""
        self._last_id += 1
        body = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        answer = await self._post(body, self._last_id)
        error = answer.get("error")
        if isinstance(error, dict):
            raise _Refused(f"JSON-RPC {error.get('code')}: {_shown(error.get('message'))}")
        result = answer.get("result")
        if not isinstance(result, dict):
            raise _Refused("The server's answer has no result.")
        return result

    async def _post(self, body: Mapping[str, Any], expected: int | None) -> Mapping[str, Any]:
        request = self._client.build_request(
            "POST", self._url, headers=self._headers, content=wire.encode(body).encode()
        )
        self._authenticate(request)
        response = await self._client.send(request, stream=True)
        try:
            if not response.is_success:
                raise _Refused(f"The server answered HTTP {response.status_code}.")
            self._keep_session(response)
            return {} if expected is None else await _answer(response, expected)
        finally:
            await response.aclose()

    def _keep_session(self, response: httpx.Response) -> None:
        given = response.headers.get_list(SESSION)
        if not given:
            return
        if len(given) != 1 or not _SESSION_ID.fullmatch(given[0]):
            raise _Refused("The server gave a malformed session id.")
        if self._headers.setdefault(SESSION, given[0]) != given[0]:
            raise _Refused("The server changed the session in the middle of a call.")


async def _answer(response: httpx.Response, expected: int) -> Mapping[str, Any]:
    """The JSON-RPC response to request `expected`, from a JSON body or an event stream."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        texts = [await web.read(response)]
    elif kind == "text/event-stream":
        texts = sse.events(await web.read(response))
    else:
        raise _Refused("The server's answer is neither JSON nor an event stream.")
    for text in texts:
        try:
            message = wire.parse(text.decode())
        except ValueError:
            raise _Refused("The server's answer is not JSON.") from None
        # Notifications and the server's own requests may come before it; a stateless gateway answers none.
        if isinstance(message, dict) and "method" not in message and message.get("id") == expected:
            return message
    raise _Refused("The server did not answer the request.")


def _outcome(result: Mapping[str, Any]) -> Outcome:
    content = result.get("content")
    if not isinstance(content, list) or not all(
        isinstance(item, dict) and isinstance(item.get("type"), str) for item in content
    ):
        return Outcome("error", detail="The server's result has no content.")
    if result.get("isError", False) is not False:
        texts = [item["text"] for item in content if isinstance(item.get("text"), str)]
        return Outcome("error", detail=_shown(" ".join(texts)))
    given: dict[str, Any] = {"isError": False, "content": content}
    if "structuredContent" in result:
        if not isinstance(result["structuredContent"], dict):
            return Outcome("error", detail="The server's structured content is no object.")
        given["structuredContent"] = result["structuredContent"]
    return Outcome("ok", result=given)


def _shown(text: object) -> str:
    """Somebody else's text, short and on one line."""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(text or ""))
    return printable[:MAX_SHOWN]
