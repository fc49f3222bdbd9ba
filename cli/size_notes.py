"""What to tell about a system that is split only because of how many agents it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from governance.model import System
from governance.shards import TOGETHER


def notes(systems: Iterable[System]) -> Iterator[str]:
    for system in systems:
        if system.split and not system.split_stated:
            memories = sum(agent.parts.memory is not None for agent in system.agents)
            room = f", {memories} with a memory, which take the room of" if memories else ","
            yield (
                f"{system.source}: split: {system.name} has {len(system.agents)} agents{room} more than {TOGETHER}, "
                'so each part has several stacks. Write "split: true", so that it stays so with fewer; or "split: '
                'false" if it is deployed with one of each (docs/runbook.md, "Splitting a system").'
            )
