"""Whether search is on where somebody may use it, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.errors import Problem

if TYPE_CHECKING:
    from governance.check import Join


def problems_of(join: Join) -> Iterator[Problem]:
    searching = [agent for agent in join.agents if agent.value.get("may_search")]
    if join.system.value.get("search") == "semantic":
        if not searching:
            yield join.system.problem(
                ("search",),
                "is semantic, and no agent may search.",
                "Give one may_search: true, or write none.",
            )
        return
    for agent in searching:
        yield agent.problem(
            ("may_search",),
            "is true, and the system's gateway has no search.",
            "Write search: semantic there.",
        )
