"""Rate limits from the declaration: none without a line, one limit for agents and one for tools."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from governance import check_limits
from governance.check import Join
from governance.document import Document
from governance.load import load_project
from governance.rate_limits import BY_AGENT, BY_TOOL, Entry, RateLimit, render
from tests.governance.conftest import Shop

AGENT = "systems/shop/agents/clerk.yaml"
TARGET = "systems/shop/targets/stock.yaml"
PARCELS = "systems/shop/targets/parcels.yaml"
SYSTEM = "systems/shop/system.yaml"


def rendered(shop: Shop) -> dict[str, RateLimit]:
    return {limit.name: limit for limit in render(load_project(shop.root).system("shop"))}


def test_a_system_that_declares_none_has_none(shop: Shop) -> None:
    assert rendered(shop) == {}


def test_an_agents_number_is_its_own(shop: Shop) -> None:
    shop.change(AGENT, "seconds: 30", "seconds: 30, requests_per_minute: 90")
    limit = rendered(shop)["agents"]
    assert (limit.dimension, limit.entries) == (BY_AGENT, (Entry("clerk", 90),))
    assert set(rendered(shop)) == {"agents"}


def test_a_tools_number_is_its_own_whatever_kind_it_is(shop: Shop) -> None:
    shop.change(
        TARGET, "    effect: irreversible", "    limits: {calls_per_minute: 5}\n    effect: irreversible"
    )
    shop.change(PARCELS, "egress: external", "egress: external, limits: {calls_per_minute: 7}")
    limit = rendered(shop)["tools"]
    assert (limit.dimension, limit.entries) == (
        BY_TOOL,
        (Entry("parcels___quote", 7), Entry("stock___sell", 5)),
    )


def test_a_default_is_for_all_that_state_none_and_comes_last(shop: Shop) -> None:
    shop.change(
        SYSTEM,
        "languages:",
        "limits: {agent_requests_per_minute: 60, tool_calls_per_minute: 30}\nlanguages:",
    )
    shop.change(AGENT, "seconds: 30", "seconds: 30, requests_per_minute: 90")
    assert rendered(shop)["agents"].entries == (Entry("clerk", 90), Entry("*", 60))
    assert rendered(shop)["tools"].entries == (Entry("*", 30),)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (AGENT, "seconds: 30", "seconds: 30, requests_per_minute: 0", "0 is less than the minimum of 1"),
        (AGENT, "seconds: 30", "seconds: 30, requests_per_minute: 1.5", "has the type 'float'"),
        (AGENT, "seconds: 30", "seconds: 30, calls_per_minute: 5", "calls_per_minute: is not a known key"),
        (SYSTEM, "languages:", "limits: {}\nlanguages:", "limits: {} should be non-empty"),
        (SYSTEM, "languages:", "limits: {turns: 5}\nlanguages:", "limits.turns: is not a known key"),
        (TARGET, "    effect: irreversible", "    limits: {}\n    effect: irreversible", "is missing"),
        (
            TARGET,
            "    effect: irreversible",
            "    limits: {calls_per_minute: 10000001}\n    effect: irreversible",
            "greater than the maximum of 10000000",
        ),
    ],
)
def test_a_number_that_is_none_is_refused(shop: Shop, file: str, old: str, new: str, says: str) -> None:
    shop.change(file, old, new)
    problems = [str(problem) for problem in shop.problems()]
    assert any(says in problem for problem in problems), problems


def documents(count: int, key: str, value: object) -> Iterable[Document]:
    for number in range(count):
        yield Document(f"{key}{number}.yaml", {"agent": f"a{number}", "limits": value}, {})


@pytest.mark.parametrize(("own", "default", "refused"), [(1000, False, 0), (1001, False, 1), (1000, True, 1)])
def test_more_entries_than_a_limit_holds_are_refused_at_load(own: int, default: bool, refused: int) -> None:
    """They could not be split: a gateway refuses a second limit with the same dimensions."""
    limits = {"limits": {"agent_requests_per_minute": 5}} if default else {}
    system = Document("systems/shop/system.yaml", {"system": "shop", **limits}, {("limits",): 4})
    agents = tuple(documents(own, "agent", {"turns": 1, "seconds": 1, "requests_per_minute": 9}))
    problems = list(check_limits.problems_of(join(system, agents)))
    assert len(problems) == refused
    for problem in problems:
        assert "makes 1001 entries of agent_requests_per_minute; a gateway takes 1000" in str(problem)


def join(system: Document, agents: tuple[Document, ...]) -> Join:
    return Join(system, agents, (), {}, Path(), (), ())
