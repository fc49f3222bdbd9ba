"""Server-sent chunks of a chat completion → parts of a Converse answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

from localcloud.model.errors import BedrockError
from localcloud.model.reply import Part, Stop, TextDelta, ToolDelta, ToolStart, Usage

_REASONS = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "content_filtered",
}
_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


async def parts(lines: AsyncIterator[str]) -> AsyncGenerator[Part, None]:
    """Translate until `[DONE]` or the end; an answer that ends without a finish reason is an error."""
    gather = _Gather()
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            break
        for part in gather.chunk(_chunk(data)):
            yield part
    for part in gather.end():
        yield part


def _chunk(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError):
        chunk = None
    if not isinstance(chunk, dict):
        raise BedrockError("ModelErrorException", "The model server sent a chunk that is not a JSON object.")
    if chunk.get("error"):
        raise BedrockError("ModelErrorException", "The model server reported an error during its answer.")
    return chunk


class _Gather:
    """Numbers blocks in the order they begin, and holds back calls until their turn has come.

    Converse blocks follow one another; a chat completion may interleave the arguments of several calls. So a
    call other than the first open one is kept until that one is complete.
    """

    def __init__(self) -> None:
        self._next = 0
        self._text: int | None = None
        self._calls: dict[int, dict[str, str]] = {}
        self._live: int | None = None
        self._live_block = 0
        self._reason: str | None = None
        self._usage = Usage(0, 0)

    def chunk(self, chunk: dict[str, Any]) -> Iterator[Part]:
        """The parts one chunk gives."""
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            self._usage = Usage(_count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return
        delta = choices[0].get("delta")
        if isinstance(delta, dict):
            text = delta.get("content")
            # Text after a call began cannot be placed before it any more; no known server sends it.
            if isinstance(text, str) and text and not self._calls:
                if self._text is None:
                    self._text, self._next = self._next, self._next + 1
                yield TextDelta(self._text, text)
            calls = delta.get("tool_calls")
            for position, call in enumerate(calls if isinstance(calls, list) else []):
                if isinstance(call, dict):
                    yield from self._call(call, position)
        reason = choices[0].get("finish_reason")
        if isinstance(reason, str):
            self._reason = reason

    def _call(self, call: dict[str, Any], position: int) -> Iterator[Part]:
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        name, arguments = function.get("name"), function.get("arguments")
        index = call.get("index")
        if not isinstance(index, int):
            # Servers that leave the index out send each call whole.
            index = len(self._calls) if name else max(self._calls, default=position)
        known = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        known["id"] = known["id"] or str(call.get("id") or "")
        known["name"] = known["name"] or str(name or "")
        new = arguments if isinstance(arguments, str) else ""
        known["arguments"] += new
        if self._live is None and known["name"]:
            self._live, self._live_block = index, self._next
            yield self._start(index, known)
            new = known["arguments"]
        if index == self._live and new:
            yield ToolDelta(self._live_block, new)

    def _start(self, index: int, call: dict[str, str]) -> ToolStart:
        if not _NAME.fullmatch(call["name"]):
            raise BedrockError(
                "ModelErrorException", f"The model called a tool by the name {call['name'][:80]!r}."
            )
        identifier = call["id"]
        if not _ID.fullmatch(identifier):
            # Ids come back in the next request: any that Converse does not allow is replaced for good.
            seed = f"{identifier}/{index}/{call['name']}/{call['arguments']}"
            identifier = "tooluse_" + hashlib.sha256(seed.encode()).hexdigest()[:24]
        block, self._next = self._next, self._next + 1
        return ToolStart(block, identifier, call["name"])

    def end(self) -> Iterator[Part]:
        """The calls held back, and the stop."""
        if self._reason is None:
            raise BedrockError(
                "ModelErrorException", "The model server's answer ended before it was complete."
            )
        for index, call in sorted(self._calls.items()):
            if index != self._live:
                start = self._start(index, call)
                yield start
                yield ToolDelta(start.index, call["arguments"] or "{}")
        reason = _REASONS.get(self._reason, "end_turn")
        # Some servers finish with "stop" although they called a tool.
        if self._calls and reason == "end_turn":
            reason = "tool_use"
        yield Stop(reason, self._usage)


def _count(usage: dict[str, Any], key: str) -> int:
    value = usage.get(key)
    return value if isinstance(value, int) and value >= 0 else 0
