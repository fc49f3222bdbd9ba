"""One MCP session with the gateway: negotiated, held open, ended; every wait bounded."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Implementation

from agent_common import telemetry
from agent_common.errors import GatewayUnavailable
from agent_common.gateway_http import http_client
from agent_common.tokens import TokenSource


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, to negotiate a session, of one call, and how long a tool list is trusted."""

    connect: float = 3.0
    open: float = 10.0
    call: float = 30.0
    listing: float = 300.0


class Session:
    """One negotiated connection, entered and left by a task of its own, as anyio's scopes demand."""

    def __init__(self, client: Client, task: asyncio.Task[None], closing: asyncio.Event) -> None:
        self.client = client
        self._task = task
        self._closing = closing
        self._users = 0
        self._retired = False

    @property
    def alive(self) -> bool:
        return not self._task.done() and not self._retired

    @contextmanager
    def in_use(self) -> Iterator[Client]:
        """The client, for one call; a session that is retired meanwhile outlives it."""
        self._users += 1
        try:
            yield self.client
        finally:
            self._users -= 1
            self._end_if_unused()

    @classmethod
    async def open(cls, url: str, tokens: TokenSource, agent: str, timeouts: Timeouts) -> Session:
        ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        closing = asyncio.Event()
        # An empty context: what the session does of its own accord belongs to no request's trace. A call's
        # messages carry the caller's context, so its trace context and no other is on its requests.
        holding = _hold(url, tokens, agent, timeouts, ready, closing)
        task = asyncio.create_task(holding, context=contextvars.Context(), name="gateway-session")
        try:
            async with asyncio.timeout(timeouts.open):
                return cls(await ready, task, closing)
        except BaseException as error:
            task.cancel()
            if isinstance(error, asyncio.CancelledError):
                raise
            telemetry.log("gateway_session_failed", logging.WARNING, error=error)
            raise GatewayUnavailable from None

    def retire(self) -> None:
        """Let the session end, without waiting, as soon as the calls under way in it have."""
        self._retired = True
        self._end_if_unused()

    def _end_if_unused(self) -> None:
        if self._retired and self._users == 0:
            self._closing.set()

    async def close(self) -> None:
        """End the session now."""
        self._retired = True
        self._closing.set()
        _, pending = await asyncio.wait({self._task}, timeout=2)
        for task in pending:
            task.cancel()


async def _hold(
    url: str,
    tokens: TokenSource,
    agent: str,
    timeouts: Timeouts,
    ready: asyncio.Future[Client],
    closing: asyncio.Event,
) -> None:
    try:
        async with (
            # A little longer than a call, so that a call's own timeout decides.
            http_client(tokens, connect=timeouts.connect, read=timeouts.call + 2) as http,
            Client(
                streamable_http_client(url, http_client=http, terminate_on_close=False),
                client_info=Implementation(name=f"airside-{agent}", version="1"),
                cache=None,
            ) as client,
        ):
            if not ready.done():
                ready.set_result(client)
            await closing.wait()
    except Exception as error:  # boundary: whatever ends a session, the next call makes a new one
        if not ready.done():
            ready.set_exception(_root(error))
        else:
            telemetry.log("gateway_session_lost", logging.WARNING, error=_root(error))


def _root(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error
