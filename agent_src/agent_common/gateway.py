"""The agent's one way to its tools: an MCP session with the gateway, kept warm and re-made on failure."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp.shared.exceptions import MCPError

from agent_common import gateway_http as codes
from agent_common import telemetry, user_headers
from agent_common.errors import GatewayUnavailable
from agent_common.gateway_session import Session, Timeouts
from agent_common.tokens import TokenSource

if TYPE_CHECKING:
    from mcp.client.client import Client
    from mcp_types import CallToolResult, Tool

_CONNECTION_CLOSED = -32000
_RETRIED_ONCE = frozenset({codes.NOT_SENT, codes.SESSION_GONE})
"""Faults after which the request was certainly not executed, so that doing it again is safe."""
_SESSION_LOST = frozenset({codes.SESSION_GONE, _CONNECTION_CLOSED})
"""Faults of the session. Any other concerns one request only, and the session goes on."""
_MODEL_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TARGET_SEPARATOR = "___"
_DENIED_BY_POLICY = "AuthorizeActionException"
MAX_PAGES = 100
MAX_TEXT = 200_000
"""Characters of one tool's answer that are passed to the model."""


@dataclass(frozen=True)
class Answer:
    """What a tool call came to, and the text for the model."""

    status: Literal["ok", "error", "refused"]
    text: str


class Gateway:
    """Lists and calls the gateway's tools. Belongs to one event loop; calls may run concurrently."""

    def __init__(
        self,
        url: str,
        tokens: TokenSource,
        *,
        agent: str,
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._tokens = tokens
        self._agent = agent
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._opening = asyncio.Lock()
        self._session: Session | None = None
        self._tools: tuple[Tool, ...] = ()
        self._listed_at: float | None = None

    def prime(self, workload_token: str | None) -> None:
        """Take a request's workload access token (see `TokenSource.prime`)."""
        self._tokens.prime(workload_token)

    async def tools(self) -> tuple[Tool, ...]:
        """Every tool this agent may call, of all pages; trusted for `Timeouts.listing` seconds.

        Raises `GatewayUnavailable`, also where the list is empty: an agent without its tools would guess.
        """
        if self._listed_at is None or self._clock() - self._listed_at > self._timeouts.listing:
            async with self._opening:
                if self._listed_at is None or self._clock() - self._listed_at > self._timeouts.listing:
                    self._tools = await self._list()
                    self._listed_at = self._clock()
        return self._tools

    async def call(self, name: str, arguments: dict[str, Any], *, user_token: str | None = None) -> Answer:
        """Call a tool, for the user of a token where there is one.

        Never raises for what the gateway or the tool does: the model is told instead.
        """
        for attempt in (1, 2):
            try:
                session = await self._open()
                with session.in_use() as client, user_headers.sent(user_token):
                    async with asyncio.timeout(self._timeouts.call):
                        return _answer(await client.call_tool(name, arguments))
            except MCPError as error:
                if error.code in _SESSION_LOST:
                    self._discard(session)
                if attempt == 1 and error.code in _RETRIED_ONCE:
                    continue
                return self._failed(name, error)
            except TimeoutError:
                telemetry.log("gateway_call_timeout", logging.WARNING, tool=name)
                return Answer("error", "The tool did not answer in time. Whether it took effect is unknown.")
            except GatewayUnavailable as error:
                return Answer("error", error.message)
            except Exception as error:  # boundary: an answer MCP's client cannot make sense of
                telemetry.log("gateway_answer_unreadable", logging.WARNING, error=error, tool=name)
                return Answer("error", "The tool's answer could not be understood.")
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _failed(self, name: str, error: MCPError) -> Answer:
        telemetry.log("gateway_call_failed", logging.WARNING, tool=name, code=error.code)
        if error.code in (codes.UNAUTHENTICATED, codes.REFUSED):
            return Answer("refused", f"Access denied: the {self._agent} agent may not use this tool.")
        if error.code == codes.THROTTLED:
            return Answer("error", "Too many calls at this moment: nothing was done. Do not call again now.")
        if error.code == codes.NO_ANSWER:
            return Answer("error", "The tool did not answer. Whether it took effect is unknown.")
        if error.code in (codes.NOT_SENT, codes.SESSION_GONE, codes.NO_IDENTITY, _CONNECTION_CLOSED):
            return Answer("error", "The gateway cannot be reached.")
        return Answer("error", "The tool could not be called with these arguments.")

    async def _list(self) -> tuple[Tool, ...]:
        for attempt in (1, 2):
            session = await self._connect()
            try:
                async with asyncio.timeout(self._timeouts.call):
                    return self._usable(await _pages(session.client))
            except GatewayUnavailable:
                raise
            except Exception as error:  # boundary: listing has no effect, so it is tried again
                telemetry.log("gateway_list_failed", logging.WARNING, error=error)
                self._discard(session)
                if attempt == 2:
                    raise GatewayUnavailable from None
        raise AssertionError("unreachable")

    def _usable(self, listed: list[Tool]) -> tuple[Tool, ...]:
        usable = {
            tool.name: tool
            for tool in listed
            # The gateway's own search tool has no target prefix; the agent sees all its tools anyway.
            if _MODEL_TOOL_NAME.fullmatch(tool.name) and _TARGET_SEPARATOR in tool.name
        }
        if not usable:
            telemetry.log("gateway_offers_nothing", logging.ERROR, listed=len(listed))
            raise GatewayUnavailable("The gateway offers this agent no tool.")
        return tuple(usable[name] for name in sorted(usable))

    async def _open(self) -> Session:
        session = self._session
        if session is not None and session.alive:
            return session
        async with self._opening:
            return await self._connect()

    async def _connect(self) -> Session:
        """The live session, made where there is none. The caller holds `_opening`."""
        if self._session is None or not self._session.alive:
            await self._tokens.token()  # without identity there is nothing to negotiate
            self._session = await Session.open(self._url, self._tokens, self._agent, self._timeouts)
        return self._session

    def _discard(self, session: Session) -> None:
        if self._session is session:
            self._session = None
        session.retire()


async def _pages(client: Client) -> list[Tool]:
    listed: list[Tool] = []
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        listed.extend(page.tools)
        cursor = page.next_cursor
        if cursor is None:
            return listed
        if cursor in seen:
            break
        seen.add(cursor)
    raise GatewayUnavailable("The gateway's list of tools has no end.")


def _answer(result: CallToolResult) -> Answer:
    parts = [block.text for block in result.content if block.type == "text"]
    text = "\n".join(parts) if parts else "The tool returned nothing."
    if result.is_error:
        # A denial by the policy engine comes in either form: as a JSON-RPC error, or as this result.
        if _DENIED_BY_POLICY in text:
            return Answer("refused", "Access denied: policy does not allow this call.")
        return Answer("error", text[:MAX_TEXT])
    if len(text) > MAX_TEXT:
        return Answer("error", f"The tool's answer is longer than {MAX_TEXT} characters. Ask for less.")
    return Answer("ok", text)
