"""What agents and tools may do in one request and in a minute."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one request to an agent: model turns and wall-clock seconds; and what the agent may send to the
    gateway in a minute."""

    turns: int
    seconds: int
    requests_per_minute: int | None = None


@dataclass(frozen=True)
class Rates:
    """What each agent and each tool may do in a minute unless it states a number of its own."""

    agent_requests_per_minute: int | None = None
    tool_calls_per_minute: int | None = None
