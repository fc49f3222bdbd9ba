"""What memory refuses: strangers, wrong members, operations without a stand-in; and it tells no payload."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.memory.conftest import Wire

pytestmark = pytest.mark.anyio

GOOD: dict[str, Any] = {"actorId": "C1001", "sessionId": "s1", "eventTimestamp": 1, "payload": []}


@pytest.mark.parametrize("who", [None, "stranger", "reader", "elsewhere"])
async def test_a_role_without_the_action_on_this_memory_writes_nothing(wire: Wire, who: str | None) -> None:
    reply = await wire.send("POST", "/events", GOOD, who=who)
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert (await wire.listed("C1001", "s1"))["events"] == []


async def test_a_role_with_the_action_is_served_and_a_deny_wins(wire: Wire) -> None:
    assert (await wire.send("POST", "/events", GOOD, who="may")).status_code == 201
    made = (await wire.send("POST", "/events", GOOD, who="denied")).json()["event"]["eventId"]
    path = f"/actor/C1001/sessions/s1/events/{made.replace('#', '%23')}"
    assert (await wire.send("DELETE", path, who="denied")).status_code == 403
    assert (await wire.send("GET", path, who="denied")).status_code == 200


async def test_an_unknown_memory_is_refused_like_a_forbidden_one_to_a_role(wire: Wire) -> None:
    url = "/memories/other-a1b2c3d4e5/events"
    credential = (
        "AWS4-HMAC-SHA256 Credential=LOCAL.may/20261121/ap-northeast-2/bedrock-agentcore/aws4_request, "
        f"SignedHeaders=host, Signature={'0' * 64}"
    )
    assert (await wire.client.post(url, json=GOOD, headers={"authorization": credential})).status_code == 403
    operator = credential.replace("LOCAL.may", "LOCAL.operator")
    assert (await wire.client.post(url, json=GOOD, headers={"authorization": operator})).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"actorId": None},
        {"actorId": ""},
        {"actorId": "-starts-wrong"},
        {"actorId": "a" * 256},
        {"actorId": "line\n"},
        {"sessionId": "s/1"},
        {"sessionId": "s" * 101},
        {"sessionId": None},
        {"eventTimestamp": None},
        {"eventTimestamp": "now"},
        {"eventTimestamp": True},
        {"eventTimestamp": -1},
        {"eventTimestamp": 10**12},
        {"payload": None},
        {"payload": {}},
        {"payload": [{}]},
        {"payload": [{"blob": 1, "json": {"content": 1}}]},
        {"payload": [{"image": 1}]},
        {"payload": [{"json": {}}]},
        {"payload": [{"conversational": {"role": "SYSTEM", "content": {"text": "x"}}}]},
        {"payload": [{"conversational": {"role": "USER", "content": {"text": ""}}}]},
        {"payload": [{"conversational": {"role": "USER", "content": {"text": "x" * 100_001}}}]},
        {"payload": [{"blob": 1}] * 101},
        {"metadata": {str(number): {"stringValue": "x"} for number in range(16)}},
        {"metadata": {"key": {"stringValue": "한글"}}},
        {"metadata": {"key": {"stringValue": "x" * 257}}},
        {"branch": {"name": "a b"}},
        {"extractionMode": "ALL"},
        {"extractionConfig": {"namespaceVariables": {"a": "b"}}},
        {"clientToken": 1},
    ],
)
async def test_a_member_outside_of_the_model_is_refused_and_nothing_is_kept(
    wire: Wire, change: dict[str, Any]
) -> None:
    reply = await wire.send("POST", "/events", GOOD | change)
    assert (reply.status_code, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert (await wire.listed("C1001", "s1"))["events"] == []


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[]", b"1", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"actorId": "\\ud800"}'],
    ids=["half", "list", "number", "not utf-8", "nan", "deep", "surrogate"],
)
async def test_a_body_that_is_no_json_object_is_refused_without_a_server_error(
    wire: Wire, raw: bytes
) -> None:
    assert (await wire.send("POST", "/events", raw=raw)).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/memoryRecords/batchCreate"),
        ("PUT", "/events"),
        ("GET", "/memoryRecord/mem-1"),
        ("POST", "/"),
    ],
)
async def test_an_operation_without_a_stand_in_is_refused_by_name(wire: Wire, method: str, path: str) -> None:
    reply = await wire.send(method, path, {})
    assert reply.status_code == 404
    assert "no local stand-in" in reply.json()["message"]


async def test_a_filter_that_is_not_honoured_is_refused_rather_than_ignored(wire: Wire) -> None:
    branch = {"name": "b", "includeParentBranches": True}
    for body in (
        {"filter": {"branch": branch}},
        {"filter": {"other": 1}},
        {"maxResults": 0},
        {"maxResults": 101},
    ):
        assert (await wire.send("POST", "/actor/C1001/sessions/s1", body)).status_code == 400
    criteria = {"searchQuery": "x", "metadataFilters": [{"left": {"metadataKey": "k"}, "operator": "EXISTS"}]}
    reply = await wire.send("POST", "/retrieve", {"namespace": "/facts", "searchCriteria": criteria})
    assert reply.status_code == 400


async def test_a_refusal_does_not_repeat_what_was_sent(wire: Wire) -> None:
    secret = "주민번호-9001011234567"
    for body in (
        GOOD | {"payload": [{"conversational": {"role": secret, "content": {"text": secret}}}]},
        GOOD | {"actorId": f"!{secret}"},
        GOOD | {"metadata": {"k": {"stringValue": secret}}},
    ):
        reply = await wire.send("POST", "/events", body)
        assert reply.status_code == 400
        assert secret not in reply.text
