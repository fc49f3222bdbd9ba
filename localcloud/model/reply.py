"""A model's answer as parts, and its two wire forms: one JSON document, or a series of events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.model.errors import BedrockError
from localcloud.model.request import Text, ToolUse

CHUNK = 12
"""Characters of one streamed piece of text or tool input: small enough that a client sees it grow."""


@dataclass(frozen=True)
class Usage:
    """Tokens. A playbook has none: its numbers are estimates of four characters a token."""

    input_tokens: int
    output_tokens: int

    def wire(self) -> dict[str, int]:
        """TokenUsage."""
        return {
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "totalTokens": self.input_tokens + self.output_tokens,
        }


@dataclass(frozen=True)
class TextDelta:
    """A piece of text of block `index`."""

    index: int
    text: str


@dataclass(frozen=True)
class ToolStart:
    """A tool call begins as block `index`."""

    index: int
    id: str
    name: str


@dataclass(frozen=True)
class ToolDelta:
    """A piece of the call's input, which is JSON text once complete."""

    index: int
    text: str


@dataclass(frozen=True)
class Stop:
    """The end: `reason` is a Converse stopReason."""

    reason: str
    usage: Usage


Part = TextDelta | ToolStart | ToolDelta | Stop


def parts_of(blocks: Sequence[Text | ToolUse], usage: Usage) -> Iterator[Part]:
    """A finished answer cut into the parts it is streamed in."""
    for index, block in enumerate(blocks):
        if isinstance(block, Text):
            yield from (TextDelta(index, piece) for piece in chunks(block.text))
        else:
            yield ToolStart(index, block.id, block.name)
            document = json.dumps(block.input, ensure_ascii=False)
            yield from (ToolDelta(index, piece) for piece in chunks(document))
    reason = "tool_use" if any(isinstance(block, ToolUse) for block in blocks) else "end_turn"
    yield Stop(reason, usage)


def chunks(text: str) -> Iterator[str]:
    """Pieces of at most `CHUNK` characters; joined they are the text."""
    for start in range(0, len(text), CHUNK):
        yield text[start : start + CHUNK]


async def collect(parts: AsyncIterator[Part], latency_ms: int) -> dict[str, Any]:
    """The ConverseResponse document."""
    blocks: dict[int, dict[str, Any]] = {}
    inputs: dict[int, str] = {}
    stop = None
    async for part in parts:
        match part:
            case TextDelta(index, text):
                blocks.setdefault(index, {"text": ""})["text"] += text
            case ToolStart(index, identifier, name):
                blocks[index] = {"toolUse": {"toolUseId": identifier, "name": name, "input": {}}}
            case ToolDelta(index, text):
                inputs[index] = inputs.get(index, "") + text
            case Stop():
                stop = part
    if stop is None:
        raise BedrockError("ModelErrorException", "The model's answer ended before it was complete.")
    for index, text in inputs.items():
        blocks[index]["toolUse"]["input"] = tool_input(text)
    content = [blocks[index] for index in sorted(blocks)]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop.reason,
        "usage": stop.usage.wire(),
        "metrics": {"latencyMs": latency_ms},
    }


def tool_input(text: str) -> dict[str, Any]:
    """A call's complete input; models write `""` where they mean no arguments."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BedrockError(
            "ModelErrorException", "The model called a tool with an input that is not a JSON object."
        )
    return value


class Events:
    """Turns parts into ConverseStream events, opening and closing blocks as they change."""

    def __init__(self) -> None:
        self._open: int | None = None

    def start(self) -> tuple[str, Mapping[str, Any]]:
        """The first event."""
        return "messageStart", {"role": "assistant"}

    def of(self, part: Part, latency_ms: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The events one part causes."""
        index = None if isinstance(part, Stop) else part.index
        if self._open is not None and self._open != index:
            yield "contentBlockStop", {"contentBlockIndex": self._open}
        self._open = index
        match part:
            case TextDelta(_, text):
                yield "contentBlockDelta", {"delta": {"text": text}, "contentBlockIndex": index}
            case ToolStart(_, identifier, name):
                start = {"toolUse": {"toolUseId": identifier, "name": name}}
                yield "contentBlockStart", {"start": start, "contentBlockIndex": index}
            case ToolDelta(_, text):
                yield "contentBlockDelta", {"delta": {"toolUse": {"input": text}}, "contentBlockIndex": index}
            case Stop(reason, usage):
                yield "messageStop", {"stopReason": reason}
                yield "metadata", {"usage": usage.wire(), "metrics": {"latencyMs": latency_ms}}
