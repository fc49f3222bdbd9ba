# ruff: noqa: E501
"""Requests the service refuses, refused here with the same status and code."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.local.model.support import AUTHORIZATION, MODEL, TOOL_CONFIG

BLOCK = {"text": "hi"}
USE = {"toolUse": {"toolUseId": "t1", "name": "catalog___find", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}]}}
USER, ASSISTANT = {"role": "user", "content": [BLOCK]}, {"role": "assistant", "content": [BLOCK]}

MALFORMED: list[tuple[str, Any, str]] = [
    ("no JSON", b"{", "not a JSON object"),
    ("a list", b"[]", "not a JSON object"),
    ("NaN", b'{"messages": NaN}', "not a JSON object"),
    ("deep nesting", b'{"messages":' + b"[" * 100_000, "not a JSON object"),
    ("no UTF-8", b"\xff\xfe\x00", "not a JSON object"),
    ("half a surrogate pair", b'{"messages": [{"role": "user", "content": [{"text": "\\ud800"}]}]}', "surrogate"),
    ("no messages", {}, "must start with a user message"),
    ("messages no list", {"messages": "hi"}, "messages is not a list"),
    ("assistant first", {"messages": [ASSISTANT, USER]}, "must start with a user message"),
    ("assistant last", {"messages": [USER, ASSISTANT]}, "must end with a user message"),
    ("user twice", {"messages": [USER, USER]}, "must alternate"),
    ("role unknown", {"messages": [{"role": "tool", "content": [BLOCK]}]}, "none of: user, assistant"),
    ("content empty", {"messages": [{"role": "user", "content": []}]}, "is empty"),
    ("text blank", {"messages": [{"role": "user", "content": [{"text": " "}]}]}, "is blank"),
    ("two members", {"messages": [{"role": "user", "content": [BLOCK | USE]}]}, "exactly one member"),
    ("block unknown", {"messages": [{"role": "user", "content": [{"hologram": {}}]}]}, "unknown kind"),
    ("system blank", {"messages": [USER], "system": [{"text": ""}]}, "is blank"),
    ("tool use of a user", {"messages": [{"role": "user", "content": [USE]}], "toolConfig": TOOL_CONFIG},
     "belong to an assistant"),
    ("no tool config", {"messages": [USER, {"role": "assistant", "content": [USE]}, {"role": "user", "content": [RESULT]}]},
     "toolConfig field must be defined"),
    ("result missing", {"messages": [USER, {"role": "assistant", "content": [USE]}, USER], "toolConfig": TOOL_CONFIG},
     "expected toolResult blocks for the following ids: t1"),
    ("result unasked", {"messages": [{"role": "user", "content": [RESULT]}], "toolConfig": TOOL_CONFIG},
     "no toolUse block of the previous message"),
    ("use twice", {"messages": [USER, {"role": "assistant", "content": [USE, USE]}, {"role": "user", "content": [RESULT]}],
                   "toolConfig": TOOL_CONFIG}, "duplicate toolUse ids"),
    ("no tools", {"messages": [USER], "toolConfig": {"tools": []}}, "toolConfig.tools is empty"),
    ("tool name", {"messages": [USER], "toolConfig": {"tools": [
        {"toolSpec": {"name": "a.b", "inputSchema": {"json": {"type": "object"}}}}]}}, "[a-zA-Z0-9_-]{1,64}"),
    ("tool name long", {"messages": [USER], "toolConfig": {"tools": [
        {"toolSpec": {"name": "a" * 65, "inputSchema": {"json": {"type": "object"}}}}]}}, "[a-zA-Z0-9_-]{1,64}"),
    ("tool twice", {"messages": [USER], "toolConfig": {"tools": [TOOL_CONFIG["tools"][0]] * 2}}, "already defined"),
    ("tool schema", {"messages": [USER], "toolConfig": {"tools": [
        {"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "string"}}}}]}}, "inputSchema.json.type"),
    ("choice of nothing", {"messages": [USER], "toolConfig": TOOL_CONFIG | {"toolChoice": {"tool": {"name": "no"}}}},
     "not among toolConfig.tools"),
    ("temperature", {"messages": [USER], "inferenceConfig": {"temperature": 2}}, "from 0 to 1"),
    ("max tokens", {"messages": [USER], "inferenceConfig": {"maxTokens": 0}}, "inferenceConfig.maxTokens"),
]  # fmt: skip


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
@pytest.mark.parametrize(("name", "body", "message"), MALFORMED, ids=[m[0] for m in MALFORMED])
def test_a_malformed_request_is_answered(
    url: str, operation: str, name: str, body: Any, message: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    got = httpx.post(
        f"{url}/model/{MODEL}/{operation}",
        content=content,
        headers={"Authorization": AUTHORIZATION},
        trust_env=False,
    )
    assert got.status_code == 400
    assert got.headers["x-amzn-ErrorType"] == "ValidationException"
    assert message in got.json()["message"]
