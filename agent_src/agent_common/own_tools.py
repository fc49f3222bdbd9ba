"""The tools an agent has of its own: a code interpreter and a browser, where it declares them.

They do not come through the gateway, so no policy decides on a call: the declaration decides whether the agent
has them, its role reaches its own and no other, and what they give back is bounded. Each request has sessions
of its own, begun with the first call and always ended, so nothing of one user's is there for the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from agent_common import telemetry
from agent_common.call import Call
from agent_common.settings import Settings

if TYPE_CHECKING:
    from strands.types.tools import AgentTool

MAX_TEXT = 20_000
"""Characters of what a tool gives back that the model is shown."""

_END_SECONDS = 5.0
_ROOM = 60


class Part(Protocol):
    """One part at work for one request."""

    @property
    def tool(self) -> AgentTool: ...

    def end(self) -> None:
        """End what was begun; blocks, and is called once."""
        ...


def session_seconds(limit_seconds: int) -> int:
    """How long a session lasts that could not be ended: a little longer than a request may."""
    return limit_seconds + _ROOM


def bounded(text: str) -> str:
    """What of a text is shown; the end is what says how it went, so the middle is left out."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"


class OwnTools:
    """Opens an agent's own tools for a request."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def load(self) -> None:
        """Import what the tools need: no request need wait for it."""
        self._makers()

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[Sequence[AgentTool]]:
        """The tools for one request; what they began ends with the block, however it is left."""
        del call
        parts = [make(self._settings) for make in self._makers()]
        try:
            yield [part.tool for part in parts]
        finally:
            if parts:
                # Also reached when the request is cancelled: its sessions end all the same.
                ending = asyncio.gather(*(asyncio.to_thread(self._end, part) for part in parts))
                await asyncio.wait({asyncio.ensure_future(asyncio.shield(ending))}, timeout=_END_SECONDS)

    def _makers(self) -> list[Callable[[Settings], Part]]:
        """Imported when an agent has them: another never loads their clients."""
        makers: list[Callable[[Settings], Part]] = []
        if self._settings.code_interpreter_id is not None:
            from agent_common.code_tool import CodeTool

            makers.append(CodeTool)
        if self._settings.browser_id is not None:
            from agent_common.browser_tool import BrowserTool

            makers.append(BrowserTool)
        return makers

    def _end(self, part: Part) -> None:
        try:
            part.end()
        except Exception as error:  # boundary: the service ends it at its time limit
            telemetry.log("session_not_ended", logging.WARNING, error=error, agent=self._settings.agent)


def outcome(tool_use_id: str, text: str, *, ok: bool) -> dict[str, Any]:
    """A Strands tool result, bounded."""
    return {
        "toolUseId": tool_use_id,
        "status": "success" if ok else "error",
        "content": [{"text": bounded(text)}],
    }
