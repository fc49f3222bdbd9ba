"""Whose memory a request may use, and when it is read and written. The memory itself is `session_memory`.

A memory belongs to one user and one session, or to the session alone in a system without users:

* a signed-in customer's is found by who their token says they are, never by a session's id alone, so another
  user who knows or guesses the id finds nothing;
* a guest has none: many people are the same guest, and nobody could ask for what they said to be deleted;
* what a payload or a prompt says decides nothing.

It is read once, when this process does not know the session, and written once a request has succeeded: a
request that fails or is cancelled leaves no half of an exchange behind.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_common import telemetry
from agent_common.errors import AgentError
from agent_common.invocation import Invocation
from agent_common.settings import Settings

if TYPE_CHECKING:
    from agent_common.session_memory import SessionMemory

_UNREADABLE = "What was said before in this session cannot be read. Try again later."


def actor_of(invocation: Invocation, *, users: bool) -> str | None:
    """The actor whose memory a request may use; None where it may use none. `users`: the system has end users."""
    if not users:
        return f"session-{invocation.session_id}"
    user = invocation.user
    if user is None or user.customer_id is None:
        return None
    return f"user-{user.identity}"


@dataclass(frozen=True)
class Remembering:
    """The memory of an agent that declares one; `open` is asked for each request.

    The end of a request waits `keep_seconds` for its memory to be written.
    """

    settings: Settings
    keep_seconds: float = 5.0

    def load(self) -> None:
        """Import what a memory needs, if there is one: no request need wait for it."""
        if self.settings.memory_id is not None:
            from agent_common.session_memory import prepare

            prepare(self.settings.region)

    async def open(self, invocation: Invocation, *, restore: bool) -> SessionMemory | None:
        """What the request may remember, already read; None where it may remember nothing.

        With `restore` the session's messages are read. Raises `AgentError` (`memory_unavailable`) where they
        cannot be: an answer that forgets what was said may do the wrong thing. Preferences that cannot be
        read are left out.
        """
        actor = actor_of(invocation, users=self.settings.user_claim is not None)
        if self.settings.memory_id is None or actor is None:
            return None
        memory = await asyncio.to_thread(_make, self.settings, invocation.session_id, actor)
        if restore:
            try:
                await asyncio.to_thread(memory.restore)
            except Exception as error:  # boundary: whatever it was, the talk so far is not known
                telemetry.log("memory_unavailable", logging.WARNING, error=error, agent=self.settings.agent)
                raise AgentError("memory_unavailable", _UNREADABLE) from None
        try:
            await asyncio.to_thread(memory.recall, invocation.prompt)
        except Exception as error:  # boundary: an answer without them is still right
            telemetry.log("preferences_unavailable", logging.WARNING, error=error, agent=self.settings.agent)
        return memory

    async def keep(self, memory: SessionMemory) -> None:
        """Write what was said. The answer is out already, so a failure, or a long wait, is logged and not told."""
        try:
            async with asyncio.timeout(self.keep_seconds):
                await asyncio.to_thread(memory.keep)
        except Exception as error:  # boundary: this process still knows the session
            telemetry.log("memory_not_kept", logging.WARNING, error=error, agent=self.settings.agent)


def _make(settings: Settings, session_id: str, actor: str) -> SessionMemory:
    """Imported when first used: an agent without a memory never loads it."""
    from agent_common.session_memory import SessionMemory

    return SessionMemory(
        region=settings.region,
        memory_id=settings.memory_id or "",
        session_id=session_id,
        actor=actor,
        preferences=settings.memory_preferences,
    )
