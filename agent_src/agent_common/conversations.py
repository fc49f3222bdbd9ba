"""What was said, per session, in the memory of the process.

AgentCore Runtime gives each session a microVM of its own, so deployed there is one conversation here.
Where one process serves several sessions, they stay apart all the same.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agent_common.errors import AgentError

MAX_SESSIONS = 256
MAX_WAITING = 8
"""Requests of one session that may wait for the one under way."""


class Conversation:
    """One session's messages, in Strands' form; replaced as a whole once a request has succeeded.

    `language` is the one its latest request was answered in.
    """

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.language: str | None = None
        self._identity: str | None = None
        self._lock = asyncio.Lock()
        self._users = 0

    def _bind(self, identity: str | None) -> None:
        """The user it began with owns the conversation: nobody else may read on in it."""
        if not self.messages:
            self._identity = identity
        elif self._identity != identity:
            raise AgentError("bad_request", "This session belongs to another user. Begin a new session.")


class Conversations:
    """A bounded store; the conversation unused for longest goes first, one in use never."""

    def __init__(self, max_sessions: int = MAX_SESSIONS, max_waiting: int = MAX_WAITING) -> None:
        self._max_sessions = max_sessions
        self._max_waiting = max_waiting
        self._held: OrderedDict[str, Conversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def language(self, session_id: str | None) -> str | None:
        """The language of the session so far; None where nothing was said in it."""
        conversation = self._held.get(session_id) if session_id is not None else None
        return conversation.language if conversation is not None else None

    @asynccontextmanager
    async def open(self, session_id: str, identity: str | None) -> AsyncIterator[Conversation]:
        """The session's conversation, alone: requests of one session take turns, in order of arrival.

        `identity` is a `User`'s, None for nobody. Raises `AgentError` (`bad_request`) for another user's
        session, for too many waiting requests and where every place is in use.
        """
        conversation = self._held.get(session_id)
        if conversation is None:
            self._make_room()
            conversation = self._held[session_id] = Conversation()
        self._held.move_to_end(session_id)
        if conversation._users > self._max_waiting:
            raise AgentError("bad_request", "Too many requests of this session are waiting. Try again later.")
        conversation._users += 1
        try:
            async with conversation._lock:
                conversation._bind(identity)
                yield conversation
        finally:
            conversation._users -= 1

    def _make_room(self) -> None:
        while len(self._held) >= self._max_sessions:
            idle = next((key for key, held in self._held.items() if held._users == 0), None)
            if idle is None:
                raise AgentError("bad_request", "Too many sessions are in use. Try again later.")
            del self._held[idle]
