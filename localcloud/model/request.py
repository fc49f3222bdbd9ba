"""A Converse request as values, checked as Bedrock checks it (API reference: Converse, ContentBlock, Tool).

Only what both a playbook and a forwarded model need is kept; unknown members are ignored, as the service
does for members newer than itself. Messages name the path of what is wrong and show the value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.model.errors import BedrockError

BODY_LIMIT = 25_000_000
"""Bytes; the service's limit for one request."""


@dataclass(frozen=True)
class Text:
    """A text block."""

    text: str


@dataclass(frozen=True)
class ToolUse:
    """A call the model asks for; `input` is JSON."""

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True)
class ToolResult:
    """What a call gave: `texts` in order, JSON parts as JSON text; `error` is the block's status."""

    id: str
    texts: tuple[str, ...]
    error: bool


@dataclass(frozen=True)
class Image:
    """An image; `data` is base64 as on the wire."""

    format: str
    data: str


@dataclass(frozen=True)
class Other:
    """A block this stand-in does not read; `kind` is its member name."""

    kind: str


Block = Text | ToolUse | ToolResult | Image | Other


@dataclass(frozen=True)
class Message:
    """One message; `role` is `user` or `assistant`."""

    role: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tool:
    """A tool offered to the model; `schema` is its JSON schema."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Inference:
    """inferenceConfig; None where the request leaves the model's default."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConverseRequest:
    """A checked request. `tool_choice` is None, `auto`, `any` or the name of a tool."""

    model_id: str
    system: tuple[str, ...]
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str | None = None
    forced_tool: str | None = None
    inference: Inference = field(default_factory=Inference)

    @property
    def tool_names(self) -> frozenset[str]:
        """Names of the tools offered."""
        return frozenset(tool.name for tool in self.tools)

    @property
    def characters(self) -> int:
        """Length of all text the model would read."""
        total = sum(len(text) for text in self.system)
        for message in self.messages:
            for block in message.blocks:
                if isinstance(block, Text):
                    total += len(block.text)
                elif isinstance(block, ToolResult):
                    total += sum(len(text) for text in block.texts)
                elif isinstance(block, ToolUse):
                    total += len(json.dumps(block.input, ensure_ascii=False))
        return total


def invalid(message: str) -> BedrockError:
    """A ValidationException."""
    return BedrockError("ValidationException", message)
