"""What growth costs: warm decision, list filter and policy load with 10 to 1,000 agents, 10 to 10,000 tools.

The warm decision takes the agents in turn, one token each, so that a memory too small for them would show.
The list is one page of 20 tools however many there are. Loading reads the whole policy, so it grows with it.

    ./airside bench growth [--json]     or     python bench/growth.py [--json]
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bench import _events as events  # noqa: E402
from bench._timing import Figure, dump, micros  # noqa: E402

AGENTS = ((10, 1_000), (100, 1_000), (1_000, 1_000))
TOOLS = ((10, 10), (10, 1_000), (10, 10_000))
PAGE = 20
EVENTS = 1_000
"""Events taken in turn, as many at every size: each is read from memory as a fresh one would be."""


@dataclass(frozen=True)
class Size:
    """One policy's figures; `policy_bytes` is its file's size."""

    agents: int
    tools: int
    policy_bytes: int
    warm: Figure
    filter: Figure
    load: Figure


def measure(agents: int, tools: int) -> Size:
    """The figures at one size."""
    from gateway_interceptor import policy

    pool = events.Pool()
    document = events.policy(agents, tools)
    raw = json.dumps(document).encode()
    intercept = events.interceptor(document, pool)
    names = [events.agent_name(number) for number in range(agents)]
    tokens = {agent: pool.token(agent) for agent in names}
    calls = [
        events.call(tokens[agent], events.granted_tools(document, agent)[0])
        for agent in itertools.islice(itertools.cycle(names), EVENTS)
    ]
    for call in calls:
        events.must_pass(intercept, call)
    turn = itertools.cycle(calls)
    agent = names[agents // 2]
    granted = events.granted_tools(document, agent)
    page = [*granted[: PAGE // 2], *(f"elsewhere___tool_{number}" for number in range(PAGE))][:PAGE]
    listed = events.listing(tokens[agent], page)
    return Size(
        agents,
        tools,
        len(raw),
        micros(lambda: intercept(next(turn)), 200),
        micros(lambda: intercept(listed), 100),
        micros(lambda: policy.parse(raw), 1, rounds=5),
    )


def sizes() -> dict[str, list[Size]]:
    """Both series: growing agents, growing tools."""
    return {
        "agents": [measure(*each) for each in AGENTS],
        "tools": [measure(*each) for each in TOOLS],
    }


def factors(found: dict[str, list[Size]]) -> dict[str, float]:
    """Largest size / smallest size of what should not grow, by the best rounds."""
    return {
        f"{title} with {series}": getattr(rows[-1], what).best / getattr(rows[0], what).best
        for series, rows in found.items()
        for what, title in (("warm", "warm decision"), ("filter", "list filter"))
    }


def show(found: dict[str, list[Size]]) -> None:
    """Prints the table."""
    print("Growth, processor time          warm decision    list filter    policy load   policy file")
    for size in itertools.chain.from_iterable(found.values()):
        print(
            f"  {size.agents:>5,} agents {size.tools:>6,} tools {size.warm.median:>14.2f} µs "
            f"{size.filter.median:>10.2f} µs {size.load.median / 1000:>10.2f} ms "
            f"{size.policy_bytes / 1000:>10,.0f} kB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    found = sizes()
    if as_json:
        dump(sizes=found, factors=factors(found))
        return
    show(found)
    for name, value in factors(found).items():
        print(f"  {name + ', largest / smallest':<44}{value:>6.2f} ×")


if __name__ == "__main__":
    main()
