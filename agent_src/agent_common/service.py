"""An agent at work: from a checked request to its events, within its limits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from opentelemetry import context as trace_context

from agent_common import events, telemetry, users
from agent_common import invocation as requests
from agent_common.call import Call, Toolbox
from agent_common.conversations import Conversations
from agent_common.definition import AgentDefinition
from agent_common.errors import AgentError, classify
from agent_common.events import Emit, Event
from agent_common.invocation import Invocation
from agent_common.own_tools import OwnTools
from agent_common.remembering import Remembering
from agent_common.settings import Settings

if TYPE_CHECKING:
    from strands.models import Model


@dataclass(frozen=True)
class Parts:
    """What takes time to load and is made once: the model and the tools."""

    model: Model
    toolbox: Toolbox


def load_parts(definition: AgentDefinition, settings: Settings) -> Parts:
    """Import Strands and open model and tools; about a second of work, done off the event loop."""
    from agent_common import turn  # noqa: F401 - the first request need not wait for it
    from agent_common.model import open_model

    Remembering(settings).load()
    OwnTools(settings).load()
    return Parts(open_model(settings), definition.open_toolbox(settings))


class AgentService:
    """Answers requests. Belongs to one event loop; requests of different sessions run concurrently."""

    def __init__(
        self,
        definition: AgentDefinition,
        settings: Settings,
        load: Callable[[], Parts],
        now: Callable[[], datetime],
        conversations: Conversations | None = None,
    ) -> None:
        self._definition = definition
        self._settings = settings
        self._load = load
        self._now = now
        self._conversations = conversations or Conversations()
        self._remembering = Remembering(settings)
        self._own_tools = OwnTools(settings)
        self._loading: asyncio.Task[Parts] | None = None
        self._running: set[asyncio.Task[None]] = set()

    def begin_loading(self) -> asyncio.Task[Parts]:
        """Load the parts in a thread, once; the server is ready meanwhile, the first request waits."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load), name="load-parts")
        return self._loading

    def check(
        self,
        payload: object,
        *,
        session_id: str | None,
        authorization: Sequence[str] = (),
        forwarded: Sequence[str] = (),
        workload_token: str | None = None,
    ) -> Invocation:
        """The request in `payload`, by this agent's settings and, for the user, the values of two headers.

        Raises `AgentError` as `users.read` and `invocation.check`. A system without users reads no token.
        """
        claim, user = self._settings.user_claim, None
        if claim is not None:
            user = users.read(authorization, forwarded, claim=claim, now=self._now().timestamp())
        return requests.check(
            payload,
            languages=self._settings.languages,
            session_id=session_id,
            usual=self._conversations.language(session_id),
            user=user,
            workload_token=workload_token,
        )

    async def answer(self, invocation: Invocation, headers: Mapping[str, str]) -> AsyncIterator[Event]:
        """The events of one request; exactly one `done` or `error` comes last.

        The work runs in a task of its own with the request's trace context; closing this iterator, as a
        server does when its client goes away, cancels it.
        """
        queue: asyncio.Queue[Event] = asyncio.Queue()
        task = asyncio.create_task(self._run(invocation, headers, queue.put_nowait), name="request")
        self._running.add(task)
        try:
            while True:
                event = await queue.get()
                yield event
                if events.is_last(event):
                    return
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({task}, timeout=5)
            self._running.discard(task)

    async def close(self) -> None:
        """Cancel what is under way and end the tools' connections."""
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running), timeout=2)
        loading = self._loading
        if loading is not None and loading.done() and not loading.cancelled() and loading.exception() is None:
            await loading.result().toolbox.close()

    async def _run(self, invocation: Invocation, headers: Mapping[str, str], emit: Emit) -> None:
        # The context belongs to this task alone and ends with it, so it is never detached.
        trace_context.attach(telemetry.incoming(headers))
        agent, begun = self._settings.agent, monotonic()
        telemetry.log("request_started", agent=agent, session=invocation.session_id)
        last: Event
        try:
            turns = await self._within_limits(invocation, emit)
            last = events.done(agent, turns)
            outcome, cause = "done", None
        except asyncio.CancelledError:
            telemetry.log("request_cancelled", agent=agent, session=invocation.session_id)
            raise
        except Exception as error:  # boundary: the one place where a failure becomes an event
            fault = classify(error)
            last, outcome, cause = events.error(fault), fault.code, error
        telemetry.log(
            "request_ended",
            logging.INFO if cause is None else logging.WARNING,
            error=cause,
            agent=agent,
            session=invocation.session_id,
            outcome=outcome,
            ms=round((monotonic() - begun) * 1000),
        )
        emit(last)

    async def _within_limits(self, invocation: Invocation, emit: Emit) -> int:
        seconds = self._settings.limit_seconds
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._work(invocation, emit)
        except TimeoutError:
            if not limit.expired():
                raise
            raise AgentError("timeout", f"The request was not answered within {seconds} seconds.") from None

    async def _work(self, invocation: Invocation, emit: Emit) -> int:
        identity = invocation.user.identity if invocation.user is not None else None
        async with self._conversations.open(invocation.session_id, identity) as conversation:
            parts = await asyncio.shield(self.begin_loading())
            from agent_common.turn import take_turn

            call = Call(invocation, emit)
            now = self._now().astimezone(self._settings.time_zone)
            known = conversation.messages
            memory = await self._remembering.open(invocation, restore=not known)
            async with self._own_tools.open(call) as own:
                messages, turns = await take_turn(
                    settings=self._settings,
                    model=parts.model,
                    system_prompt=self._definition.prompt(self._settings.agent, invocation, now),
                    history=known or (memory.restored if memory is not None else []),
                    tools=[*await parts.toolbox.tools(call), *own],
                    call=call,
                    memory=memory,
                )
            conversation.messages = messages
            conversation.language = invocation.language
            if memory is not None:
                await self._remembering.keep(memory)
            return turns
