"""The search tool."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.spec import Target, ToolSpec
from tests.local.gateway.kit import World, call_body, rpc, token
from tests.local.gateway.parts import FUNCTION, gateway, permit

SEARCH = "x_amz_bedrock_agentcore_search"


def _spec(name: str, description: str) -> ToolSpec:
    return ToolSpec(name, description, {"type": "object", "properties": {}, "required": []})


TARGET = Target(
    "air",
    "T",
    "lambda",
    function_arn=FUNCTION,
    tools=(
        _spec("get_baggage_policy", "Returns the baggage allowance for a fare."),
        _spec("search_flights", "Searches flights between two airports."),
        _spec("get_points", "Returns a member's miles. 마일리지 조회"),
        *(_spec(f"extra_{number}", "Something about a fare.") for number in range(12)),
    ),
)
ALL = tuple(f"air___{tool.name}" for tool in TARGET.tools)


def _world(*granted: str, **changes: Any) -> World:
    policies = (permit("p", "booking", *granted),) if granted else ()
    mode = "ENFORCE" if granted else None
    return World(
        gateway(targets=(TARGET,), policies=policies, policy_mode=mode, **changes, semantic_search=True)
    )


def _find(world: World, query: str) -> list[str]:
    value = world.call(SEARCH, {"query": query}).json()["result"]
    assert json.loads(value["content"][0]["text"]) == value["structuredContent"]
    assert value["isError"] is False
    return [tool["name"] for tool in value["structuredContent"]["tools"]]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("how much baggage may I take", "air___get_baggage_policy"),
        ("find a flight", "air___search_flights"),
        ("FLIGHTS", "air___search_flights"),
        ("마일리지", "air___get_points"),
    ],
)
def test_the_best_tool_is_not_first(query: str, first: str) -> None:
    assert _find(_world(), query)[0] == first


def test_more_than_ten_or_unrelated_tools_are_found() -> None:
    assert len(_find(_world(), "fare")) == 10
    assert _find(_world(), "zebra") == []
    assert _find(_world(), "") == []


def test_a_tool_without_a_grant_is_found() -> None:
    assert _find(_world(SEARCH, "air___get_points"), "fare flights baggage miles") == ["air___get_points"]


def test_searching_needs_no_grant() -> None:
    world = _world("air___get_points")
    assert world.call(SEARCH, {"query": "miles"}).status_code == 403
    assert world.tools() == ["air___get_points"]


@pytest.mark.parametrize("arguments", [{}, {"query": 5}, {"query": "x", "limit": 100}])
def test_search_takes_other_arguments(arguments: dict[str, Any]) -> None:
    assert _world().call(SEARCH, arguments).status_code == 400


def test_search_is_not_listed_first_or_found_by_itself() -> None:
    world = _world()
    assert world.tools() == [SEARCH, *ALL]
    assert SEARCH not in _find(world, "task tools search names")


def test_search_exists_where_it_is_off() -> None:
    world = World(gateway())
    answer = world.post(call_body(SEARCH, {"query": "x"}), bearer=token())
    assert answer.status_code == 404
    assert SEARCH not in world.post(rpc("tools/list")).text
