"""Whether a system's rate limits fit into what one gateway holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.errors import Problem
from governance.rate_limits import MAX_ENTRIES

if TYPE_CHECKING:
    from governance.check import Join


def problems_of(join: Join) -> Iterator[Problem]:
    """A limit holds 1,000 entries and cannot be split: its dimensions may stand in one limit only."""
    defaults = join.system.value.get("limits", {})
    tools = [tool for target in join.targets for tool in target.value["tools"].values()]
    counts = {
        "agent_requests_per_minute": sum(
            "requests_per_minute" in agent.value["limits"] for agent in join.agents
        ),
        "tool_calls_per_minute": sum("limits" in tool for tool in tools),
    }
    for key, count in counts.items():
        entries = count + (key in defaults)
        if entries > MAX_ENTRIES:
            yield join.system.problem(
                ("limits",),
                f"makes {entries} entries of {key}; a gateway takes {MAX_ENTRIES} and they cannot be split.",
                f"State {key} once here, and numbers of their own for fewer.",
            )
