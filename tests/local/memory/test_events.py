"""Short-term memory: events kept, found, paged, filtered, forgotten."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.local.memory.conftest import Wire

pytestmark = pytest.mark.anyio


async def test_an_event_comes_back_as_it_was_sent_korean_included(wire: Wire) -> None:
    made = await wire.say("창가 자리를 좋아해요", metadata={"topic": {"stringValue": "seat"}})
    assert re.fullmatch(r"[0-9]+#[a-fA-F0-9]+", made["eventId"])
    reply = await wire.send("GET", f"/actor/C1001/sessions/s1/events/{quote(made['eventId'], safe='')}")
    assert reply.status_code == 200
    assert reply.json()["event"] == made
    assert made["payload"] == [
        {"conversational": {"role": "USER", "content": {"text": "창가 자리를 좋아해요"}}}
    ]
    assert made["eventTimestamp"] == 1763715600.5
    assert made["metadata"] == {"topic": {"stringValue": "seat"}}


async def test_events_are_listed_newest_first_so_that_last_turns_are_found(wire: Wire) -> None:
    for number in range(3):
        await wire.say(f"말 {number}")
    texts = [
        e["payload"][0]["conversational"]["content"]["text"]
        for e in (await wire.listed("C1001", "s1"))["events"]
    ]
    assert texts == ["말 2", "말 1", "말 0"]


async def test_one_actor_never_sees_another_actors_events(wire: Wire) -> None:
    mine = await wire.say("mine", actor="ann")
    await wire.say("theirs", actor="anna")
    assert [e["actorId"] for e in (await wire.listed("ann", "s1"))["events"]] == ["ann"]
    stolen = await wire.send("GET", f"/actor/anna/sessions/s1/events/{quote(mine['eventId'], safe='')}")
    assert stolen.status_code == 404
    removed = await wire.send("DELETE", f"/actor/anna/sessions/s1/events/{quote(mine['eventId'], safe='')}")
    assert removed.status_code == 404
    assert len((await wire.listed("ann", "s1"))["events"]) == 1


async def test_an_actor_id_with_slash_and_colon_is_one_path_segment(wire: Wire) -> None:
    await wire.say("hello", actor="tenant/a:user/1")
    assert len((await wire.listed("tenant/a:user/1", "s1"))["events"]) == 1


async def test_pages_hold_every_event_once(wire: Wire) -> None:
    made = [(await wire.say(str(n)))["eventId"] for n in range(7)]
    seen: list[str] = []
    body: dict[str, Any] = {"maxResults": 3}
    while True:
        page = await wire.listed("C1001", "s1", body)
        seen += [event["eventId"] for event in page["events"]]
        if "nextToken" not in page:
            break
        body = {"maxResults": 3, "nextToken": page["nextToken"]}
    assert seen == made[::-1]


async def test_a_made_up_page_token_is_refused_rather_than_starting_over(wire: Wire) -> None:
    await wire.say("one")
    for token in ("", "x", "MA==", "LTE=", "OTk=", 3):
        reply = await wire.send("POST", "/actor/C1001/sessions/s1", {"nextToken": token})
        assert reply.status_code == 400, token


async def test_a_deleted_event_is_gone(wire: Wire) -> None:
    made = await wire.say("forget me")
    path = f"/actor/C1001/sessions/s1/events/{quote(made['eventId'], safe='')}"
    assert (await wire.send("DELETE", path)).json() == {"eventId": made["eventId"]}
    assert (await wire.send("GET", path)).status_code == 404
    assert (await wire.send("DELETE", path)).status_code == 404


async def test_events_end_with_the_declared_expiry(wire: Wire) -> None:
    await wire.say("old")
    wire.clock.now += timedelta(days=31)
    await wire.say("new")
    assert len((await wire.listed("C1001", "s1"))["events"]) == 1


async def test_a_client_token_makes_a_repeated_request_one_event(wire: Wire) -> None:
    first = await wire.say("once", clientToken="a" * 33)
    again = await wire.say("once", clientToken="a" * 33)
    assert first["eventId"] == again["eventId"]
    assert len((await wire.listed("C1001", "s1"))["events"]) == 1
    body = {
        "actorId": "C1001",
        "sessionId": "s1",
        "eventTimestamp": 1,
        "payload": [],
        "clientToken": "a" * 33,
    }
    assert (await wire.send("POST", "/events", body)).status_code == 409


async def test_branches_and_labels_narrow_a_list(wire: Wire) -> None:
    root = await wire.say("main")
    await wire.say("side", branch={"name": "retry", "rootEventId": root["eventId"]})
    await wire.say("labelled", metadata={"lang": {"stringValue": "ko"}})

    async def count(wanted: dict[str, Any]) -> int:
        return len((await wire.listed("C1001", "s1", {"filter": wanted}))["events"])

    assert await count({"branch": {"name": "retry"}}) == 1
    assert await count({"branch": {"name": "main"}}) == 2
    left = {"metadataKey": "lang"}
    assert await count({"eventMetadata": [{"left": left, "operator": "EXISTS"}]}) == 1
    assert await count({"eventMetadata": [{"left": left, "operator": "NOT_EXISTS"}]}) == 2
    for value, expected in (("ko", 1), ("en", 0)):
        right = {"metadataValue": {"stringValue": value}}
        assert (
            await count({"eventMetadata": [{"left": left, "operator": "EQUALS_TO", "right": right}]})
            == expected
        )


async def test_a_branch_from_an_event_that_is_not_there_is_refused(wire: Wire) -> None:
    body = {
        "actorId": "C1001",
        "sessionId": "s1",
        "eventTimestamp": 1,
        "payload": [],
        "branch": {"name": "b", "rootEventId": "1#ab"},
    }
    assert (await wire.send("POST", "/events", body)).status_code == 404


async def test_sessions_and_actors_are_listed_once_each(wire: Wire) -> None:
    for actor, session in (("ann", "s1"), ("ann", "s2"), ("bob", "s1"), ("ann", "s1")):
        await wire.say("hi", actor=actor, session=session)
    actors = (await wire.send("POST", "/actors", {})).json()["actorSummaries"]
    assert sorted(item["actorId"] for item in actors) == ["ann", "bob"]
    sessions = (await wire.send("POST", "/actor/ann/sessions", {})).json()["sessionSummaries"]
    assert sorted(item["sessionId"] for item in sessions) == ["s1", "s2"]


async def test_payloads_can_be_left_out(wire: Wire) -> None:
    await wire.say("long text")
    assert (await wire.listed("C1001", "s1", {"includePayloads": False}))["events"][0]["payload"] == []
