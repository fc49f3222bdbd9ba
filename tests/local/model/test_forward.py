"""Forwarding, against a small chat completions server of the test's own."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from localcloud.model import ForwardSettings, create_model
from localcloud.model.forward.settings import ForwardSettingsError
from tests.local.model.support import AGENTS, MODEL, Events, bedrock, serving

KEY = "test-key-5f2c"
TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "find",
                "description": "Finds.",
                "inputSchema": {"json": {"type": "object", "properties": {"isbn": {"type": "string"}}}},
            }
        }
    ]
}
HELLO = [{"role": "user", "content": [{"text": "안녕"}]}]


class Server:
    """Answers with the chunks or the status it was given and keeps what it was asked."""

    def __init__(self, *lines: Any, status: int = 200, raw: str | None = None, hang: bool = False) -> None:
        self.lines = lines
        self.status = status
        self.raw = raw
        self.hang = hang
        self.bodies: list[Any] = []
        self.keys: list[str | None] = []

    async def answer(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        if self.status != 200:
            return JSONResponse({"error": {"message": f"no, {KEY}, your prompt was 안녕"}}, self.status)
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        for line in self.lines:
            yield f"data: {json.dumps(line, ensure_ascii=False)}\n\n"
        if self.hang:
            await asyncio.sleep(30)
        yield self.raw if self.raw is not None else "data: [DONE]\n\n"


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def call(index: int | None, arguments: str, **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": more["name"]} if "name" in more else {})
    made: dict[str, Any] = {"function": function, "type": "function"}
    if index is not None:
        made["index"] = index
    if "id" in more:
        made["id"] = more["id"]
    return made


USAGE = {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}


@contextmanager
def forwarding(server: Server, *, timeout: float = 5.0, events: Events | None = None) -> Iterator[Any]:
    """A bedrock client whose model is `server`."""
    upstream = Starlette(routes=[Route("/v1/chat/completions", server.answer, methods=["POST"])])
    with serving(upstream) as address:
        settings = ForwardSettings(f"{address}/v1/", "tiny", api_key_variable="KEY", timeout=timeout)
        app = create_model(None, settings, events or Events(), agents=AGENTS, environment={"KEY": KEY})
        with serving(app) as url, bedrock(url) as client:
            yield client


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


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (401, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottlingException"),
        (500, "ModelErrorException"),
        (503, "ServiceUnavailableException"),
        (307, "ModelErrorException"),
    ],
)
def test_a_servers_refusal_has_another_form_or_leaks(operation: str, status: int, code: str) -> None:
    events = Events()
    with forwarding(Server(status=status), events=events) as client, pytest.raises(ClientError) as caught:
        getattr(client, operation)(modelId=MODEL, messages=HELLO)
    assert caught.value.response["Error"]["Code"] == code
    shown = str(caught.value) + repr(events.kept)
    assert KEY not in shown
    assert "안녕" not in shown
    assert events.kept[-1]["error"] == code
    assert events.kept[-1]["kind"] == "forward"


@pytest.mark.parametrize(
    "server",
    [
        Server(chunk(content="half")),
        Server(chunk(content="half"), raw="data: {oops\n\n"),
        Server(chunk(content="half"), raw='data: {"error": {"message": "secret"}}\n\n'),
        Server(chunk(content="half"), raw="data: []\n\n"),
    ],
    ids=["cut off", "no JSON", "an error", "a list"],
)
def test_a_broken_answer_is_taken_for_a_whole_one(server: Server) -> None:
    with forwarding(server) as client:
        with pytest.raises(ClientError) as caught:
            client.converse(modelId=MODEL, messages=HELLO)
        assert caught.value.response["Error"]["Code"] == "ModelErrorException"
        assert "secret" not in str(caught.value)
        with (
            closing(client.converse_stream(modelId=MODEL, messages=HELLO)["stream"]) as stream,
            pytest.raises(Exception, match="modelStreamErrorException") as streamed,
        ):
            list(stream)
        assert "secret" not in str(streamed.value)


@pytest.mark.parametrize("arguments", ["{oops", "[1]", '"x"', "[" * 100_000])
def test_arguments_that_are_no_object_are_passed_on(arguments: str) -> None:
    server = Server(chunk(tool_calls=[call(0, arguments, id="c", name="find")]), chunk("tool_calls"))
    with forwarding(server) as client, pytest.raises(ClientError) as caught:
        client.converse(modelId=MODEL, messages=HELLO, toolConfig=TOOLS)
    assert caught.value.response["Error"]["Code"] == "ModelErrorException"


def test_a_silent_server_is_waited_for_without_end() -> None:
    with forwarding(Server(hang=True), timeout=0.3) as client, pytest.raises(ClientError) as caught:
        client.converse(modelId=MODEL, messages=HELLO)
    assert caught.value.response["Error"]["Code"] == "ModelTimeoutException"


def test_a_server_that_is_not_there_gives_a_bare_traceback() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = ForwardSettings(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "tiny")
        app = create_model(None, settings, Events(), agents=AGENTS)
        with serving(app) as url, bedrock(url) as client, pytest.raises(ClientError) as caught:
            client.converse(modelId=MODEL, messages=HELLO)
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailableException"
    assert "No model server answers at http://127.0.0.1" in str(caught.value)


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_url": "ftp://x"}, "http"),
        ({"base_url": "127.0.0.1:1"}, "http"),
        ({"base_url": "http://user:pass@host/v1"}, "credentials"),
        ({"base_url": "http://host/v1?key=1"}, "credentials"),
        ({"model": ""}, "model"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_settings_that_cannot_work_are_accepted(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ForwardSettingsError, match=message):
        ForwardSettings(**({"base_url": "http://host/v1", "model": "m"} | changes))


def test_a_missing_key_is_found_out_by_the_first_customer() -> None:
    settings = ForwardSettings("http://127.0.0.1:9/v1", "m", api_key_variable="ABSENT")
    with pytest.raises(ForwardSettingsError, match="ABSENT is not set"):
        create_model(None, settings, Events(), agents=AGENTS, environment={})
