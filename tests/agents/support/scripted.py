"""A model that says what a script tells it, step by step, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from strands.models import Model
from strands.types.content import Messages
from strands.types.event_loop import Usage
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolSpec


@dataclass(frozen=True)
class Use:
    """A tool the model asks for."""

    tool: str
    arguments: Any = field(default_factory=dict)
    use_id: str = "use-1"


@dataclass(frozen=True)
class Step:
    """One model call: text in these chunks, then these tools. `hold` is waited for after the first chunk.

    `tokens` is what the call is said to have cost: given and made.
    """

    chunks: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    hold: asyncio.Event | None = None
    tokens: tuple[int, int] | None = None


def says(*chunks: str, hold: asyncio.Event | None = None) -> Step:
    return Step(chunks=chunks, hold=hold)


def uses(*tools: Use, text: str = "") -> Step:
    return Step(chunks=(text,) if text else (), uses=tools)


@dataclass(frozen=True)
class Asked:
    """What one model call was given."""

    messages: Messages
    tools: tuple[str, ...]
    system_prompt: str


class ScriptedModel(Model):
    """Plays the script once; a step that is an exception is raised."""

    def __init__(self, *script: Step | Exception) -> None:
        self._script = list(script)
        self.asked: list[Asked] = []

    def update_config(self, **model_config: Any) -> None:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {}

    def structured_output(self, *args: Any, **kwargs: Any) -> AsyncGenerator[dict[str, Any], None]:
        raise NotImplementedError

    async def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[StreamEvent]:
        names = tuple(spec["name"] for spec in tool_specs or ())
        self.asked.append(Asked(copy.deepcopy(messages), names, system_prompt or ""))
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        yield {"messageStart": {"role": "assistant"}}
        for position, chunk in enumerate(step.chunks):
            yield {"contentBlockDelta": {"delta": {"text": chunk}}}
            if position == 0 and step.hold is not None:
                await step.hold.wait()
        if step.chunks:
            yield {"contentBlockStop": {}}
        for use in step.uses:
            yield {"contentBlockStart": {"start": {"toolUse": {"name": use.tool, "toolUseId": use.use_id}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(use.arguments)}}}}
            yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if step.uses else "end_turn"}}
        if step.tokens is not None:
            given, made = step.tokens
            usage: Usage = {"inputTokens": given, "outputTokens": made, "totalTokens": given + made}
            yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}}

    def results(self, call: int = -1) -> list[dict[str, Any]]:
        """The tool results the model saw in the last message of one of its calls."""
        return [
            dict(block["toolResult"])
            for block in self.asked[call].messages[-1]["content"]
            if "toolResult" in block
        ]
