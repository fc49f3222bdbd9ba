"""Which of a part's stacks holds an agent, where a system is too large for one stack of each part.

A name alone decides (docs/decisions/0027): adding or removing an agent moves no other one, because what has a fixed
name cannot be made in one stack while another still has it. So the numbers below never change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum

TOGETHER = 30
"""Agents of a system that is not split. Its largest stack, the one that watches them, has 11 resources of each and
some 40 others: about four fifths of the 500 that CloudFormation takes."""

MOST_TOGETHER = 40
"""Agents of a system that is declared not to be split: what that stack takes."""


_WATCHED, _REMEMBERED = 11, 9
"""Resources of an agent and of a memory in the stack that watches them."""


def places(agents: int, memories: int) -> int:
    """How many agents a system counts for, by the room they and their memories take where they are watched."""
    return agents + -(-memories * _REMEMBERED // _WATCHED)


class Sharded(StrEnum):
    """What is split. The value begins its stacks' names."""

    IDENTITY = "Identity"
    POLICIES = "Policies"
    SWITCHES = "Switches"
    RUNTIME = "Runtime"
    OBSERVABILITY = "Observability"


COUNTS: Mapping[Sharded, int] = {
    Sharded.IDENTITY: 4,
    Sharded.POLICIES: 4,
    Sharded.SWITCHES: 4,
    Sharded.RUNTIME: 8,
    Sharded.OBSERVABILITY: 16,
}
"""Stacks of a part, for a runtime's part those of one depth: by how many resources an agent has there, so that 300
agents, more than one gateway's policies let in, fill none of them beyond two thirds."""

BADGES = 8
"""Resource servers of a split system: Cognito takes 100 scopes of one, and 25 servers of a pool."""


def shard(name: str, count: int) -> int:
    """0 to `count` - 1, the same for a name in every run, on every machine, whatever else there is."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % count


def label(number: int) -> str:
    """A shard's number as it stands in names: two digits."""
    return f"{number:02}"


def depths(delegations: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """How many agents stand above each in the longest chain of delegations; the entry agent has 0.

    An agent delegates only to deeper ones, so stacks by depth never wait for each other in a circle. Seen from
    above, because a tree grows at its leaves: what is added below an agent leaves it where it is.

    Args:
        delegations: every agent, and to whom it delegates; without a cycle.
    """
    callers: dict[str, list[str]] = {name: [] for name in delegations}
    for name, delegates in delegations.items():
        for delegate in delegates:
            callers[delegate].append(name)
    waiting = {name: len(above) for name, above in callers.items()}
    ready = [name for name, count in waiting.items() if count == 0]
    found = dict.fromkeys(delegations, 0)
    for name in ready:
        for delegate in delegations[name]:
            found[delegate] = max(found[delegate], found[name] + 1)
            waiting[delegate] -= 1
            if waiting[delegate] == 0:
                ready.append(delegate)
    return found
