"""Real clients over HTTP: boto3's Converse and ConverseStream, and Strands' BedrockModel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from localcloud.model import ModelApp, create_model
from tests.local.model.support import (
    AGENTS,
    AUTHORIZATION,
    MODEL,
    SYSTEM,
    TOOL_CONFIG,
    Events,
    bedrock,
    said,
    serving,
)


def test_boto3_cannot_read_an_answer(url: str) -> None:
    with bedrock(url) as client:
        got = client.converse(modelId=MODEL, messages=said("tell me a story"), system=SYSTEM)
    assert got["stopReason"] == "end_turn"
    assert "not a language model" in got["output"]["message"]["content"][0]["text"]
    assert got["output"]["message"]["role"] == "assistant"
    usage = got["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] > 0


def test_boto3_cannot_read_a_tool_call(url: str) -> None:
    with bedrock(url) as client:
        got = client.converse(
            modelId=MODEL, messages=said("lend me Emma"), system=SYSTEM, toolConfig=TOOL_CONFIG
        )
    assert got["stopReason"] == "tool_use"
    use = got["output"]["message"]["content"][0]["toolUse"]
    assert use["name"] == "catalog___find"
    assert use["input"] == {"isbn": "ISBN1", "deep": {"copies": 2, "day": None}}


def test_a_stream_is_not_made_of_the_events_boto3_knows(url: str) -> None:
    with bedrock(url) as client:
        got = client.converse_stream(modelId=MODEL, messages=said("이야기해 줘"), system=SYSTEM)
        stream = list(got["stream"])
    kinds = [next(iter(event)) for event in stream]
    assert kinds[0] == "messageStart"
    assert kinds[-3:] == ["contentBlockStop", "messageStop", "metadata"]
    pieces = [e["contentBlockDelta"]["delta"]["text"] for e in stream if "contentBlockDelta" in e]
    assert len(pieces) > 1
    assert "".join(pieces) == "언어 모델이 아닙니다. 책을 빌려드립니다."
    assert stream[-2]["messageStop"]["stopReason"] == "end_turn"


def test_streamed_calls_run_into_each_other(url: str) -> None:
    with bedrock(url) as client:
        got = client.converse_stream(
            modelId=MODEL, messages=said("many"), system=SYSTEM, toolConfig=TOOL_CONFIG
        )
        stream = list(got["stream"])
    starts = {e["contentBlockStart"]["contentBlockIndex"]: e for e in stream if "contentBlockStart" in e}
    inputs = dict.fromkeys(starts, "")
    for event in stream:
        if "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]
            inputs[delta["contentBlockIndex"]] += delta["delta"]["toolUse"]["input"]
    assert {index: json.loads(text) for index, text in inputs.items()} == {0: {"isbn": "1"}, 1: {"isbn": "2"}}
    order = [next(iter(e)) for e in stream if "contentBlockDelta" not in e]
    assert order == [
        "messageStart",
        "contentBlockStart",
        "contentBlockStop",
        "contentBlockStart",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert stream[-2]["messageStop"]["stopReason"] == "tool_use"


def test_a_model_that_does_not_exist_answers(url: str) -> None:
    with bedrock(url) as client, pytest.raises(client.exceptions.ResourceNotFoundException):
        client.converse(modelId="other.model-v1:0", messages=said("hi"))


def test_a_models_arn_is_not_its_id(url: str) -> None:
    with bedrock(url) as client:
        arn = f"arn:aws:bedrock:ap-northeast-2:111122223333:inference-profile/{MODEL}"
        assert client.converse(modelId=arn, messages=said("hi"))["stopReason"] == "end_turn"


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_another_process_is_answered_as_an_agent(url: str, operation: str) -> None:
    with bedrock(url, "library_dev_stranger") as client, pytest.raises(ClientError) as caught:
        getattr(client, operation)(modelId=MODEL, messages=said("hi"))
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "library_dev_librarian" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "MissingAuthenticationTokenException"),
        ("Bearer x", "UnrecognizedClientException"),
        (AUTHORIZATION.replace("LOCAL.", "AKIA"), "UnrecognizedClientException"),
        (AUTHORIZATION.replace("Credential=", "X=1, Credential="), "UnrecognizedClientException"),
        (
            AUTHORIZATION.replace("Credential=", "Credential=LOCAL.a/b/, Credential="),
            "UnrecognizedClientException",
        ),
        (AUTHORIZATION.partition(",")[0], "UnrecognizedClientException"),
        (AUTHORIZATION.replace("/aws4_request", ""), "UnrecognizedClientException"),
        (AUTHORIZATION.replace("librarian", "other"), "AccessDeniedException"),
    ],
)
def test_a_caller_without_a_name_is_answered(url: str, authorization: str | None, code: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    got = httpx.post(
        f"{url}/model/{MODEL}/converse", json={"messages": said("hi")}, headers=headers, trust_env=False
    )
    assert (got.status_code, got.headers["x-amzn-ErrorType"]) == (403, code)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "converse"), ("POST", "invoke"), ("POST", "converse/x")]
)
def test_another_operation_is_served(url: str, method: str, path: str) -> None:
    got = httpx.request(
        method, f"{url}/model/{MODEL}/{path}", headers={"Authorization": AUTHORIZATION}, trust_env=False
    )
    assert (got.status_code, got.headers["x-amzn-ErrorType"]) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_an_event_lacks_a_fact_or_holds_the_prompt(url: str, events: Events, operation: str) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    before = len(events.kept)
    httpx.post(
        f"{url}/model/{MODEL}/{operation}",
        json={"messages": said("lend me something secret")},
        headers={"Authorization": AUTHORIZATION, "traceparent": f"00-{trace}-b7ad6b7169203331-01"},
        trust_env=False,
    )
    (event,) = events.kept[before:]
    assert event.pop("ms") >= 0
    assert event == {
        "event": "model",
        "layer": "model",
        "agent": "librarian",
        "kind": "playbook",
        "rule": "lend",
        "problem": None,
        "error": None,
        "trace_id": trace,
    }


@pytest.mark.parametrize("version", ["01", "ff"])
def test_a_trace_of_another_version_is_taken_for_one(url: str, events: Events, version: str) -> None:
    before = len(events.kept)
    httpx.post(
        f"{url}/model/{MODEL}/converse",
        json={"messages": said("hi")},
        headers={"Authorization": AUTHORIZATION, "traceparent": f"{version}-{'a' * 32}-{'b' * 16}-01"},
        trust_env=False,
    )
    (event,) = events.kept[before:]
    assert event["trace_id"] is None


def test_a_model_with_nothing_to_answer_from_is_made(events: Events) -> None:
    with pytest.raises(ValueError, match="playbook or an address"):
        create_model(None, None, events, agents=AGENTS)


def test_strands_cannot_hold_a_conversation(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from strands import Agent, tool
    from strands.models import BedrockModel

    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "LOCAL.library_dev_librarian")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "irrelevant")
    monkeypatch.setenv("NO_PROXY", "*")
    lent: list[tuple[str, str]] = []

    @tool(name="catalog___find")
    def find(isbn: str, deep: dict[str, Any] | None = None) -> str:
        """Find a book."""
        return json.dumps({"title": "Emma", "copies": 1, "where": "shelf Q4"})

    @tool(name="catalog___lend")
    def lend(isbn: str, reader: str) -> str:
        """Lend a book."""
        lent.append((isbn, reader))
        return "{}"

    model = BedrockModel(model_id=MODEL, region_name="ap-northeast-2")
    agent = Agent(
        model=model,
        tools=[find, lend],
        system_prompt="Today is 2026-11-21.\nThe reader is R7.",
        callback_handler=None,
    )
    assert str(agent("lend me Emma")).strip() == "EMMA! Q4 not_offered"
    assert lent == [("ISBN1", "R7")]
    assert "before: Emma" in str(agent("and again?"))
    agent.cleanup()
    model.client.close()


def test_a_frame_has_a_wrong_checksum_or_length(tmp_path: Path) -> None:
    from botocore.eventstream import EventStreamBuffer

    from localcloud.model import eventstream

    buffer = EventStreamBuffer()
    buffer.add_data(
        eventstream.event("a", {"text": "항공"}) + eventstream.exception("throttlingException", "slow")
    )
    first, second = list(buffer)
    assert json.loads(first.payload) == {"text": "항공"}
    assert second.headers[":exception-type"] == "throttlingException"


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_a_bug_of_the_stand_in_has_no_aws_form_or_leaks(app: ModelApp, operation: str) -> None:
    class Broken(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise KeyError("the prompt was: secret")

    from dataclasses import replace

    playbook = app._playbook
    assert playbook is not None
    events = Events()
    broken = create_model(replace(playbook, agents=Broken()), None, events, agents=AGENTS)
    with serving(broken) as address:
        got = httpx.post(
            f"{address}/model/{MODEL}/{operation}",
            json={"messages": said("hi")},
            headers={"Authorization": AUTHORIZATION},
            trust_env=False,
        )
    assert (got.status_code, got.headers["x-amzn-ErrorType"]) == (500, "InternalServerException")
    assert "secret" not in got.text + repr(events.kept)
    assert events.kept[0]["problem"] == "KeyError"
