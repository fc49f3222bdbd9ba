"""Long-term memory: what users said is found again, in its own namespace only."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.memory import search
from tests.local.memory.conftest import Wire

pytestmark = pytest.mark.anyio


async def _found(wire: Wire, query: str, **where: Any) -> list[dict[str, Any]]:
    criteria = {"searchQuery": query, **where.pop("criteria", {})}
    reply = await wire.send("POST", "/retrieve", {"searchCriteria": criteria, **where})
    assert reply.status_code == 200, reply.text
    return list(reply.json()["memoryRecordSummaries"])


async def test_the_most_similar_record_comes_first(wire: Wire) -> None:
    for text in ("창가 자리를 좋아합니다", "채식 기내식을 주문했습니다", "도쿄에 자주 갑니다"):
        await wire.say(text)
    found = await _found(wire, "창가 자리", namespace="/facts/facts/C1001/")
    assert found[0]["content"]["text"] == "창가 자리를 좋아합니다"
    assert 0 < found[0]["score"] <= 1
    assert found[0]["memoryRecordId"].startswith("mem-")
    assert 40 <= len(found[0]["memoryRecordId"]) <= 50
    assert found[0]["namespaces"] == ["/facts/facts/C1001/"]


async def test_a_path_does_not_reach_an_actor_whose_name_only_begins_alike(wire: Wire) -> None:
    await wire.say("I like aisle seats", actor="ann")
    await wire.say("I like aisle seats", actor="anna")
    found = await _found(wire, "aisle", namespacePath="/facts/facts/ann")
    assert [record["namespaces"] for record in found] == [["/facts/facts/ann/"]]


async def test_only_what_a_user_said_becomes_a_record(wire: Wire) -> None:
    await wire.say("assistant text", role="ASSISTANT")
    await wire.say("skipped text", extractionMode="SKIP")
    assert await _found(wire, "text", namespacePath="/") == []


async def test_a_strategy_and_a_limit_narrow_the_result(wire: Wire) -> None:
    for number in range(4):
        await wire.say(f"seat {number}")
    both = await _found(wire, "seat", namespacePath="/", criteria={"topK": 100})
    assert len(both) == 8
    one = await _found(wire, "seat", namespacePath="/", criteria={"memoryStrategyId": "facts", "topK": 3})
    assert [record["memoryStrategyId"] for record in one] == ["facts"] * 3


async def test_a_namespace_must_be_named_exactly_one_way(wire: Wire) -> None:
    for where in ({}, {"namespace": "/a", "namespacePath": "/a"}, {"namespace": "한"}):
        body = {"searchCriteria": {"searchQuery": "x"}, **where}
        assert (await wire.send("POST", "/retrieve", body)).status_code == 400


async def test_records_are_listed_newest_first_by_page(wire: Wire) -> None:
    for text in ("first", "second"):
        await wire.say(text)
    body: dict[str, Any] = {"namespace": "/notes/C1001/s1/", "maxResults": 1}
    page = (await wire.send("POST", "/memoryRecords", body)).json()
    assert page["memoryRecordSummaries"][0]["content"] == {"text": "second"}
    rest = (await wire.send("POST", "/memoryRecords", body | {"nextToken": page["nextToken"]})).json()
    assert rest["memoryRecordSummaries"][0]["content"] == {"text": "first"}
    assert "nextToken" not in rest


def test_a_query_without_words_finds_nothing_instead_of_dividing_by_zero() -> None:
    assert search.score("…", "text") == 0
    assert search.score("seat", "SEAT") == 1
