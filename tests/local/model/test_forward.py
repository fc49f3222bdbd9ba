"""Forwarding: what is asked of the server, and what its answers become."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.model.chat_server import HELLO, KEY, TOOLS, USAGE, Server, call, chunk, forwarding
from tests.local.model.support import MODEL


def test_streamed_text_is_lost_or_reordered() -> None:
    server = Server(
        chunk(role="assistant", content=""),
        chunk(content="안녕"),
        chunk(content="하세요"),
        chunk("stop"),
        USAGE,
    )
    with forwarding(server) as client:
        stream = list(client.converse_stream(modelId=MODEL, messages=HELLO)["stream"])
    text = [e["contentBlockDelta"]["delta"]["text"] for e in stream if "contentBlockDelta" in e]
    assert text == ["안녕", "하세요"]
    assert stream[-2]["messageStop"]["stopReason"] == "end_turn"
    assert stream[-1]["metadata"]["usage"] == {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
    assert server.keys == [f"Bearer {KEY}"]


def test_a_conversation_with_tools_is_not_translated() -> None:
    messages = [
        {"role": "user", "content": [{"text": "find it"}]},
        {
            "role": "assistant",
            "content": [
                {"text": "I look."},
                {"toolUse": {"toolUseId": "a1", "name": "find", "input": {"isbn": "1"}}},
                {"toolUse": {"toolUseId": "a2", "name": "find", "input": {}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "a1", "content": [{"text": "x"}, {"json": {"n": "가"}}]}},
                {"toolResult": {"toolUseId": "a2", "content": [{"text": "broken"}], "status": "error"}},
                {"text": "go on"},
            ],
        },
    ]
    server = Server(chunk(content="ok"), chunk("stop"))
    with forwarding(server) as client:
        client.converse(
            modelId=MODEL,
            messages=messages,
            system=[{"text": "one"}, {"text": "two"}],
            toolConfig=TOOLS | {"toolChoice": {"any": {}}},
            inferenceConfig={"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
        )
    (body,) = server.bodies
    assert body["messages"] == [
        {"role": "system", "content": "one\n\ntwo"},
        {"role": "user", "content": "find it"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "a1", "type": "function", "function": {"name": "find", "arguments": '{"isbn": "1"}'}},
                {"id": "a2", "type": "function", "function": {"name": "find", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a1", "content": 'x\n{"n": "가"}'},
        {"role": "tool", "tool_call_id": "a2", "content": "[tool error] broken"},
        {"role": "user", "content": "go on"},
    ]
    assert body["tools"][0]["function"] == {
        "name": "find",
        "description": "Finds.",
        "parameters": {"type": "object", "properties": {"isbn": {"type": "string"}}},
    }
    assert (body["model"], body["tool_choice"], body["stream"]) == ("tiny", "required", True)
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["stop"]) == (50, 0.5, 0.9, ["END"])


@pytest.mark.parametrize(
    "lines",
    [
        # One after the other, in pieces.
        [
            chunk(content="I look."),
            chunk(tool_calls=[call(0, "", id="c1", name="find")]),
            chunk(tool_calls=[call(0, '{"isbn"')]),
            chunk(tool_calls=[call(0, ': "1"}')]),
            chunk(tool_calls=[call(1, '{"isbn": "2"}', id="c2", name="find")]),
            chunk("tool_calls"),
        ],
        # Interleaved.
        [
            chunk(content="I look."),
            chunk(tool_calls=[call(0, "", id="c1", name="find"), call(1, '{"isbn"', id="c2", name="find")]),
            chunk(tool_calls=[call(1, ': "2"}'), call(0, '{"isbn": "1"}')]),
            chunk("tool_calls"),
        ],
        # Whole calls without an index, finished with "stop".
        [
            chunk(content="I look."),
            chunk(tool_calls=[call(None, '{"isbn": "1"}', id="c1", name="find")]),
            chunk(tool_calls=[call(None, '{"isbn": "2"}', id="c2", name="find")]),
            chunk("stop"),
        ],
    ],
    ids=["in turn", "interleaved", "no index"],
)
def test_the_pieces_of_two_calls_are_mixed_up(lines: list[Any]) -> None:
    with forwarding(Server(*lines)) as client:
        got = client.converse(modelId=MODEL, messages=HELLO, toolConfig=TOOLS)
        stream = list(client.converse_stream(modelId=MODEL, messages=HELLO, toolConfig=TOOLS)["stream"])
    assert got["stopReason"] == "tool_use"
    assert got["output"]["message"]["content"] == [
        {"text": "I look."},
        {"toolUse": {"toolUseId": "c1", "name": "find", "input": {"isbn": "1"}}},
        {"toolUse": {"toolUseId": "c2", "name": "find", "input": {"isbn": "2"}}},
    ]
    opened = [e["contentBlockStart"]["contentBlockIndex"] for e in stream if "contentBlockStart" in e]
    closed = [e["contentBlockStop"]["contentBlockIndex"] for e in stream if "contentBlockStop" in e]
    assert (opened, closed) == ([1, 2], [0, 1, 2])


def test_a_call_without_arguments_or_with_a_foreign_id_breaks_the_next_request() -> None:
    server = Server(chunk(tool_calls=[call(0, "", id="call/with spaces", name="find")]), chunk("tool_calls"))
    with forwarding(server) as client:
        got = client.converse(modelId=MODEL, messages=HELLO, toolConfig=TOOLS)
        use = got["output"]["message"]["content"][0]["toolUse"]
        assert use["input"] == {}
        answered = [
            *HELLO,
            got["output"]["message"],
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": "x"}]}}],
            },
        ]
        client.converse(modelId=MODEL, messages=answered, toolConfig=TOOLS)
    assert server.bodies[1]["messages"][-1]["tool_call_id"] == use["toolUseId"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "content_filtered"),
        ("odd", "end_turn"),
    ],
)
def test_why_an_answer_ended_is_not_told(reason: str, expected: str) -> None:
    with forwarding(Server(chunk(content="x"), chunk(reason))) as client:
        assert client.converse(modelId=MODEL, messages=HELLO)["stopReason"] == expected


def test_a_document_is_dropped_in_silence() -> None:
    document = {"document": {"name": "a", "format": "txt", "source": {"bytes": b"x"}}}
    with forwarding(Server()) as client, pytest.raises(ClientError) as caught:
        client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "a"}, document]}])
    assert "a document block cannot be forwarded" in str(caught.value)


def test_an_image_is_not_forwarded() -> None:
    server = Server(chunk(content="ok"), chunk("stop"))
    image = {"image": {"format": "png", "source": {"bytes": b"png"}}}
    with forwarding(server) as client:
        client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "a"}, image]}])
    assert server.bodies[0]["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
            ],
        }
    ]
