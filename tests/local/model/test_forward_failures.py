"""Forwarding: servers that refuse, break off, hang or are not there, and settings that cannot work."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.model import ForwardSettings, create_model
from localcloud.model.forward.settings import ForwardSettingsError
from tests.local.model.chat_server import HELLO, KEY, TOOLS, Server, call, chunk, forwarding
from tests.local.model.support import AGENTS, MODEL, Events, bedrock, serving


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
