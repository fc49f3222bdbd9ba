"""From clients to agents and back: whose token a call carried, and a token to make one with."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from localcloud.issuer import SigningKeys
from localcloud.issuer.grant import Grant, claims
from localcloud.spec import UserPool
from localcloud.telemetry.events import EventLog


class AgentNames:
    """The event log as the gateway writes it: it knows clients, the reader wants agents."""

    def __init__(self, events: EventLog, pool: UserPool) -> None:
        self._events = events
        self._agents = {client.client_id: client.agent for client in pool.clients}

    def record(self, event: Mapping[str, Any]) -> None:
        """Keeps one event, with the agent its client belongs to."""
        agent = self._agents.get(str(event.get("client")))
        if agent is not None and event.get("agent") is None:
            event = {**event, "agent": agent}
        self._events.record(event)


class TokensForCalls:
    """Access tokens for raw calls: what the token endpoint would issue to the agent's own client."""

    def __init__(self, pool: UserPool, keys: SigningKeys, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._keys = keys
        self._clock = clock

    def __call__(self, agent: str) -> str | None:
        """A token with the agent's badge, or None for an agent without a client."""
        client = next((client for client in self._pool.clients if client.agent == agent), None)
        if client is None:
            return None
        grant = Grant(client, client.scopes)
        return self._keys.sign(claims(self._pool, grant, self._clock(), str(uuid.uuid4())))
