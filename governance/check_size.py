"""What of a system's size no stack would take, told before anything is synthesized."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.errors import Problem
from governance.shards import MOST_TOGETHER, places

if TYPE_CHECKING:
    from governance.check import Join

MAX_DELEGATES = 32
"""Agents that one agent may delegate to. Each is one of a runtime's 50 environment variables, of which up to 18 are
for what else an agent is told, and some 220 of the 10,240 characters of its role's policies: those are counted
exactly at synth, and long names can make it fewer."""


def problems_of(join: Join) -> Iterator[Problem]:
    count = len(join.agents)
    memories = sum(agent.value.get("memory", "none") != "none" for agent in join.agents)
    if join.system.value.get("split") is False and places(count, memories) > MOST_TOGETHER:
        remembering = f", {memories} with a memory," if memories else ""
        yield join.system.problem(
            ("split",),
            f"is false, and the system has {count} agents{remembering}; one stack of each part takes "
            f"{MOST_TOGETHER}{', fewer with memories' if memories else ''}.",
            'Set it to true; read "Splitting a system" in docs/runbook.md first if the system is deployed.',
        )
    for agent in join.agents:
        delegates = len(agent.value["may_delegate_to"])
        if delegates > MAX_DELEGATES:
            yield agent.problem(
                ("may_delegate_to",),
                f"names {delegates} agents; one agent's runtime and role take {MAX_DELEGATES}.",
                "Give some of them to an agent of their own, and delegate to that one.",
            )
