"""A Converse request as a chat completions request (OpenAI API reference: Create chat completion)."""

from __future__ import annotations

import json
from typing import Any

from localcloud.model.request import (
    Block,
    ConverseRequest,
    Image,
    Message,
    Other,
    Text,
    ToolResult,
    ToolUse,
    invalid,
)

_DROPPED = frozenset({"cachePoint", "reasoningContent"})
"""Blocks that carry no content of the conversation for another model."""


def chat_request(request: ConverseRequest, model: str) -> dict[str, Any]:
    """The body; always streamed, since a stream can be gathered but a document not streamed."""
    body: dict[str, Any] = {
        "model": model,
        "messages": _messages(request),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, "parameters": dict(t.schema)},
            }
            for t in request.tools
        ]
        if request.tool_choice == "any":
            body["tool_choice"] = "required"
        elif request.forced_tool is not None:
            body["tool_choice"] = {"type": "function", "function": {"name": request.forced_tool}}
    inference = request.inference
    optional = {
        "max_tokens": inference.max_tokens,
        "temperature": inference.temperature,
        "top_p": inference.top_p,
        "stop": list(inference.stop) or None,
    }
    return body | {key: value for key, value in optional.items() if value is not None}


def _messages(request: ConverseRequest) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if request.system:
        messages.append({"role": "system", "content": "\n\n".join(request.system)})
    for index, message in enumerate(request.messages):
        for block in message.blocks:
            if isinstance(block, Other) and block.kind not in _DROPPED:
                raise invalid(f"messages.{index}: a {block.kind} block cannot be forwarded to a chat server.")
        messages += _user(message) if message.role == "user" else _assistant(message)
    return messages


def _assistant(message: Message) -> list[dict[str, Any]]:
    text = "".join(block.text for block in message.blocks if isinstance(block, Text))
    calls = [
        {
            "id": block.id,
            "type": "function",
            "function": {"name": block.name, "arguments": json.dumps(block.input, ensure_ascii=False)},
        }
        for block in message.blocks
        if isinstance(block, ToolUse)
    ]
    if not text and not calls:
        return []
    return [{"role": "assistant", "content": text or None} | ({"tool_calls": calls} if calls else {})]


def _user(message: Message) -> list[dict[str, Any]]:
    """Tool results become messages of their own, before what the user adds to them."""
    made: list[dict[str, Any]] = []
    for block in message.blocks:
        if isinstance(block, ToolResult):
            text = "\n".join(block.texts)
            # The chat completions API has no status: say it, or the model takes an error for an answer.
            content = f"[tool error] {text}" if block.error else text
            made.append({"role": "tool", "tool_call_id": block.id, "content": content})
    rest = [part for block in message.blocks if (part := _part(block)) is not None]
    if rest and all(part["type"] == "text" for part in rest):
        made.append({"role": "user", "content": "\n".join(part["text"] for part in rest)})
    elif rest:
        made.append({"role": "user", "content": rest})
    return made


def _part(block: Block) -> dict[str, Any] | None:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    if isinstance(block, Image):
        url = f"data:image/{block.format};base64,{block.data}"
        return {"type": "image_url", "image_url": {"url": url}}
    return None
