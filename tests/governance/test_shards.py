"""Where an agent of a large system stands: by its name alone, below its callers, within what a stack takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import _grown
from governance import check_size, shards
from governance.errors import DeclarationErrors
from governance.load import load_project
from governance.names import Names, badge_server
from governance.shards import BADGES, COUNTS, MOST_TOGETHER, Sharded, depths, places, shard
from tests.governance.conftest import Shop

NAMES = [f"{word}-{number:03}" for word in ("clerk", "lead", "agent") for number in range(100)]
"""300 agents: more than one gateway's policies let in."""

RESOURCES = {
    Sharded.IDENTITY: 3,
    Sharded.RUNTIME: 5,
    Sharded.OBSERVABILITY: 11,
    Sharded.POLICIES: 3,
    Sharded.SWITCHES: 1,
}
"""Of an agent in each part."""

_AGENTS = st.integers(1, 12)


@st.composite
def delegations(draw: st.DrawFn) -> dict[str, list[str]]:
    """Any delegations without a cycle: an agent knows some of those after it, in an order that tells nothing."""
    count = draw(_AGENTS)
    names = [f"a{number}" for number in draw(st.permutations(range(count)))]
    graph = {
        name: draw(st.lists(st.sampled_from(names[place + 1 :]), unique=True)) if names[place + 1 :] else []
        for place, name in enumerate(names)
    }
    return {name: graph[name] for name in sorted(graph)}


def test_an_agents_place_changes_from_one_release_to_the_next() -> None:
    """Computed once with sha256sum: what is deployed stands there."""
    assert {name: shard(name, 16) for name in ("booking", "orchestrator", "clerk-000")} == {
        "booking": 9,
        "orchestrator": 3,
        "clerk-000": 2,
    }
    assert dict(COUNTS) == {"Identity": 4, "Policies": 4, "Switches": 4, "Runtime": 8, "Observability": 16}
    assert BADGES == 8


@pytest.mark.parametrize("part", Sharded)
def test_the_names_fill_one_stack_and_leave_others_empty(part: Sharded) -> None:
    count = COUNTS[part]
    held = Counter(shard(name, count) for name in NAMES)
    assert set(held) == set(range(count))
    assert max(held.values()) * RESOURCES[part] <= 500 * 2 / 3
    # Were each of them to remember: 7 more where it is watched, 3 where it runs.
    more = {Sharded.OBSERVABILITY: 7, Sharded.RUNTIME: 3}.get(part, 0)
    assert max(held.values()) * (RESOURCES[part] + more) <= 490


def test_a_resource_server_takes_a_hundred_badges() -> None:
    held = Counter(badge_server("shop", name, split=True) for name in NAMES)
    assert len(held) == BADGES
    assert max(held.values()) <= 100
    assert badge_server("shop", "clerk", split=False) == "shop"


def test_names_of_shards_are_taken_for_others() -> None:
    names = Names("shop", "dev")
    made = {names.agents_dashboard(shards.label(number)) for number in range(COUNTS[Sharded.OBSERVABILITY])}
    assert len(made | {names.dashboard}) == COUNTS[Sharded.OBSERVABILITY] + 1


@given(delegations())
def test_stacks_of_agents_wait_for_each_other_in_a_circle(graph: Mapping[str, Iterable[str]]) -> None:
    found = depths(graph)
    assert set(found) == set(graph)
    for name, delegates in graph.items():
        assert all(found[delegate] > found[name] for delegate in delegates)
    # No deeper than its callers make it, so that nothing else moves it.
    for name, depth in found.items():
        above = [found[caller] for caller, delegates in graph.items() if name in delegates]
        assert depth == max((each + 1 for each in above), default=0)


@given(delegations(), st.data())
def test_an_agent_moves_when_one_is_added_below_or_taken_from_the_end(
    graph: dict[str, list[str]], data: st.DataObject
) -> None:
    caller = data.draw(st.sampled_from(sorted(graph)))
    before = depths(graph)
    after = depths({**graph, caller: [*graph[caller], "new"], "new": []})
    assert after == {**before, "new": before[caller] + 1}
    leaf = next(name for name, delegates in graph.items() if not delegates)
    rest = {
        name: [each for each in delegates if each != leaf]
        for name, delegates in graph.items()
        if name != leaf
    }
    assert depths(rest) == {name: depth for name, depth in before.items() if name != leaf}


@pytest.mark.parametrize(
    ("agents", "declared", "split"),
    [(30, None, False), (31, None, True), (2, True, True), (40, False, False)],
)
def test_a_system_is_split_at_another_size_or_against_its_word(
    agents: int, declared: bool | None, split: bool, tmp_path: Path
) -> None:
    system = load_project(_grown.write(tmp_path, agents, split=declared, targets=1)).system(_grown.SYSTEM)
    assert (system.split, system.split_stated) == (split, declared is not None)
    server = badge_server(system.name, _grown.ENTRY, split=split)
    assert system.badge(_grown.ENTRY) == f"{server}/agent.{_grown.ENTRY}"
    assert (server == system.name) is not split


def test_more_agents_than_a_stack_takes_are_held_together(tmp_path: Path) -> None:
    with pytest.raises(DeclarationErrors) as caught:
        load_project(_grown.write(tmp_path, 41, split=False, targets=1))
    (problem,) = map(str, caught.value.problems)
    assert problem.startswith("systems/works/system.yaml:7: split: is false, and the system has 41 agents;")
    assert "one stack of each part takes 40." in problem


def test_an_agent_delegates_to_more_than_its_runtime_takes(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    most = check_size.MAX_DELEGATES
    clerk = (shop.root / "systems/shop/agents/clerk.yaml").read_text(encoding="utf-8")
    others = [f"other-{number}" for number in range(most + 1)]
    for name in others:
        text = clerk.replace("agent: clerk", f"agent: {name}").replace("[auditor]", "[]")
        shop.write(f"systems/shop/agents/{name}.yaml", text)
        shop.write(f"agent_src/{name.replace('-', '_')}/__main__.py", "")
    path = "systems/shop/agents/clerk.yaml"
    shop.change(path, "[auditor]", f"[{', '.join(others[:-1])}]")
    assert shop.problems() == ()
    shop.change(path, "may_delegate_to: [", f"may_delegate_to: [{others[-1]}, ")
    problem = only_problem()
    assert problem.startswith(f"{path}:9: may_delegate_to: names 33 agents;")
    assert "Give some of them to an agent of their own" in problem


@pytest.mark.parametrize(("agents", "memories"), [(40, 0), (30, 12), (25, 18), (22, 22)])
def test_memories_take_no_room(agents: int, memories: int) -> None:
    """The stack that watches agents has some 40 resources, 11 for each of them and 9 for each memory."""
    assert places(agents, memories) <= MOST_TOGETHER
    assert 40 + 11 * agents + 9 * memories <= 500
    assert places(31, 31) > MOST_TOGETHER
    assert places(agents, 0) == agents
