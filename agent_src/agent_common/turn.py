"""One request through Strands' agent loop, as our events."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from strands import Agent
from strands.agent import ModelRetryStrategy, SlidingWindowConversationManager
from strands.hooks import (
    AfterModelCallEvent,
    AfterToolCallEvent,
    BeforeToolCallEvent,
    HookProvider,
    HookRegistry,
)
from strands.models import Model
from strands.types.content import Messages
from strands.types.tools import AgentTool, ToolResultContent

from agent_common import events, telemetry
from agent_common.call import Call
from agent_common.errors import AgentError
from agent_common.settings import Settings

if TYPE_CHECKING:
    from agent_common.session_memory import SessionMemory

HISTORY = 40
"""Messages of a conversation the model still sees."""

_UNTITLED_TOOL = "unknown"


async def take_turn(
    *,
    settings: Settings,
    model: Model,
    system_prompt: str,
    history: Messages,
    tools: Sequence[AgentTool],
    call: Call,
    memory: SessionMemory | None = None,
    clock: Callable[[], float] = monotonic,
) -> tuple[Messages, int]:
    """Run the agent on the request; text and tool events go to `call.emit` as they happen.

    `memory` takes note of the messages and shows the model what the user prefers; the caller writes it.
    Returns the conversation's new messages and the number of model calls. `history` is not changed: a
    request that fails or is cancelled leaves no half-finished exchange behind. Raises `AgentError`
    (`timeout`) when `limit_turns` model calls did not suffice, and whatever model and tools raise.
    """
    narrator = _Narrator(settings, call, clock)
    cancel = threading.Event()
    agent = Agent(
        model=model,
        messages=copy.deepcopy(history),
        tools=list(tools),
        system_prompt=system_prompt,
        callback_handler=None,
        conversation_manager=SlidingWindowConversationManager(window_size=HISTORY),
        hooks=[narrator],
        session_manager=memory,
        retry_strategy=ModelRetryStrategy(max_attempts=3, initial_delay=1, max_delay=4),
        name=settings.agent,
    )
    stop_reason: str | None = None
    stream = agent.stream_async(
        call.invocation.prompt, limits={"turns": settings.limit_turns}, cancel_signal=cancel
    )
    try:
        async for event in stream:
            if isinstance(event.get("data"), str):
                narrator.say(event["data"])
            if "result" in event:
                stop_reason = event["result"].stop_reason
    finally:
        # Also reached when this task is cancelled: the model's own thread ends at its next chunk.
        cancel.set()
        narrator.report()
    if stop_reason == "limit_turns":
        raise AgentError("timeout", f"The request was not answered within {settings.limit_turns} steps.")
    if stop_reason not in ("end_turn", "stop_sequence", "guardrail_intervened", "content_filtered"):
        raise AgentError("internal", "The request could not be completed.")
    return agent.messages if memory is None else memory.cleaned(agent.messages), narrator.turns


class _Narrator(HookProvider):
    """Turns what happens in the loop into events, in order."""

    def __init__(self, settings: Settings, call: Call, clock: Callable[[], float]) -> None:
        self._agent = settings.agent
        self._shown = settings.shown
        self._call = call
        self._clock = clock
        self._begun: dict[str, float] = {}
        self._spoke_in = 0
        self._input_tokens = 0
        self._output_tokens = 0
        self.turns = 0

    def register_hooks(self, registry: HookRegistry, **_: Any) -> None:
        registry.add_callback(AfterModelCallEvent, self._model_called)
        registry.add_callback(BeforeToolCallEvent, self._tool_begins)
        registry.add_callback(AfterToolCallEvent, self._tool_ended)

    def say(self, chunk: str) -> None:
        """Text of the model; a paragraph's break where an earlier model call had already spoken."""
        if not chunk:
            return
        turn = self.turns + 1
        if self._spoke_in and self._spoke_in != turn:
            chunk = "\n\n" + chunk
        self._spoke_in = turn
        self._call.emit(events.text(chunk))

    def report(self) -> None:
        """What the model was given and gave, also for a request that failed; the dashboard counts these."""
        if self.turns:
            telemetry.log(
                "tokens_used",
                agent=self._agent,
                input_tokens=self._input_tokens,
                output_tokens=self._output_tokens,
            )

    def _model_called(self, event: AfterModelCallEvent) -> None:
        if event.exception is None:
            self.turns += 1
        if event.stop_response is not None:
            usage = event.stop_response.message.get("metadata", {}).get("usage", {})
            self._input_tokens += usage.get("inputTokens", 0)
            self._output_tokens += usage.get("outputTokens", 0)

    def _tool_begins(self, event: BeforeToolCallEvent) -> None:
        self._begun[event.tool_use["toolUseId"]] = self._clock()
        self._call.emit(events.tool(self._agent, self._name(event), "started"))

    def _tool_ended(self, event: AfterToolCallEvent) -> None:
        tool_use_id = event.tool_use["toolUseId"]
        begun = self._begun.pop(tool_use_id, None)
        ms = 0 if begun is None else round((self._clock() - begun) * 1000)
        status: events.ToolStatus = "ok" if event.result["status"] == "success" else "error"
        if tool_use_id in self._call.refused:
            status = "refused"
        name = self._name(event)
        self._call.emit(events.tool(self._agent, name, status, ms))
        if status == "ok" and name in self._shown:
            self._show(name, event.result["content"])

    def _show(self, name: str, content: Sequence[ToolResultContent]) -> None:
        """Of an answer in one text that is JSON, what the template lets the user see."""
        texts = [part["text"] for part in content if "text" in part]
        data = self._shown.of_text(name, texts[0]) if len(texts) == 1 else None
        if data is not None:
            self._call.emit(events.result(self._agent, name, data))

    def _name(self, event: BeforeToolCallEvent | AfterToolCallEvent) -> str:
        # A name the model made up is text of its own: it is not passed on as a tool's.
        return event.selected_tool.tool_name if event.selected_tool is not None else _UNTITLED_TOOL
