"""How often each agent was allowed or refused each tool, from the platform's own decision events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from localcloud.spec import Gateway
from localcloud.telemetry.events import EventLog

MOST_CELLS = 10_000
_WAIT = 30.0


class Counts:
    """Counts of this run. Every layer decides a call on its own, and only the last one's yes is the call's."""

    def __init__(self, gateway: Gateway, events: EventLog) -> None:
        self._events = events
        self._last = "policy" if gateway.policy_mode else "interceptor"
        self.enforced = gateway.policy_mode == "ENFORCE"
        """Whether the policy engine's no stops a call."""
        self._seen = 0
        self._cells: dict[tuple[str, str], dict[str, int]] = {}

    async def follow(self) -> None:
        """Counts what is recorded until the log ends, so that its ring may forget it."""
        while not self._events.ended:
            await self._events.wait(self._seen, timeout=_WAIT)
            self.catch_up()
            await asyncio.sleep(0)

    def catch_up(self) -> None:
        """Counts what has been recorded since the last time."""
        for event in self._events.select(after=self._seen):
            self._seen = event["seq"]
            if event["event"] == "decision" and event.get("method") == "tools/call":
                self._count(event)

    def of(self, agent: str, tool: str) -> Mapping[str, int]:
        """`allowed`, `refused`, and `shadow`: allowed calls that are refused once their shadow ends."""
        return dict(self._cells.get((agent, tool), _none()))

    def _count(self, event: Mapping[str, Any]) -> None:
        agent, tool = event.get("agent"), event.get("tool")
        if not isinstance(agent, str) or not isinstance(tool, str):
            return
        if (agent, tool) not in self._cells and len(self._cells) >= MOST_CELLS:
            return
        cell = self._cells.setdefault((agent, tool), _none())
        layer, allowed = event["layer"], event.get("effect") == "allow"
        if layer == "policy" and not self.enforced:
            # What is only logged lets every call pass.
            cell["allowed"] += 1
        elif not allowed:
            cell["refused"] += 1
        elif layer == self._last:
            cell["allowed"] += 1
        if layer == "interceptor" and allowed and event.get("would_refuse"):
            cell["shadow"] += 1


def _none() -> dict[str, int]:
    return {"allowed": 0, "refused": 0, "shadow": 0}
