"""What one memory holds: events by actor and session, and the records made of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from localcloud.identity.errors import CoreError
from localcloud.memory import fields
from localcloud.spec import Memory

_MODE = "extractionMode"


@dataclass(frozen=True)
class Event:
    """One event as it was created; `created` is the service's time, `timestamp` the caller's."""

    event_id: str
    actor: str
    session: str
    timestamp: float
    created: datetime
    payload: list[Any]
    branch: Mapping[str, str] | None
    metadata: Mapping[str, Mapping[str, str]]

    def wire(self, memory_id: str, *, payloads: bool = True) -> dict[str, Any]:
        """The `Event` shape."""
        shape: dict[str, Any] = {
            "memoryId": memory_id,
            "actorId": self.actor,
            "sessionId": self.session,
            "eventId": self.event_id,
            "eventTimestamp": self.timestamp,
            "payload": self.payload if payloads else [],
        }
        if self.branch:
            shape["branch"] = dict(self.branch)
        if self.metadata:
            shape["metadata"] = {key: dict(value) for key, value in self.metadata.items()}
        return shape


@dataclass(frozen=True)
class Record:
    """A long-term record: what a user said, in the namespace of one strategy."""

    record_id: str
    strategy: str
    namespace: str
    text: str
    created: datetime

    def wire(self) -> dict[str, Any]:
        """The `MemoryRecordSummary` shape."""
        return {
            "memoryRecordId": self.record_id,
            "content": {"text": self.text},
            "memoryStrategyId": self.strategy,
            "namespaces": [self.namespace],
            "createdAt": self.created.timestamp(),
        }


@dataclass
class Store:
    """One memory's content, oldest first. Events older than the declared expiry are gone."""

    memory: Memory
    clock: Callable[[], datetime]
    _events: list[Event] = field(default_factory=list)
    _records: list[Record] = field(default_factory=list)
    _tokens: dict[str, tuple[Mapping[str, Any], Event]] = field(default_factory=dict)

    def create(self, body: Mapping[str, Any]) -> Event:
        """CreateEvent; the same clientToken gives the same event. Raises CoreError."""
        fields.only(
            body,
            "actorId",
            "sessionId",
            "eventTimestamp",
            "payload",
            "branch",
            "clientToken",
            "metadata",
            _MODE,
        )
        token = body.get("clientToken")
        if token is not None and not isinstance(token, str):
            raise fields.invalid("clientToken must be a string.")
        if token is not None and token in self._tokens:
            earlier, event = self._tokens[token]
            if earlier != body:
                raise CoreError("ConflictException", "The clientToken was used for another event.")
            return event
        event = self._event(body)
        self._events.append(event)
        if token is not None:
            self._tokens[token] = (dict(body), event)
        if body.get(_MODE) is None:
            self._records.extend(self._extract(event))
        return event

    def _event(self, body: Mapping[str, Any]) -> Event:
        now = self.clock()
        actor = fields.checked(body.get("actorId"), "actorId", fields.ACTOR, 255)
        session = fields.checked(body.get("sessionId"), "sessionId", fields.SESSION, 100)
        if body.get(_MODE) not in (None, "SKIP"):
            raise fields.invalid(f"{_MODE} must be SKIP.")
        made = f"{int(now.timestamp() * 1000):016d}#{secrets.token_hex(4)}"
        return Event(
            event_id=made,
            actor=actor,
            session=session,
            timestamp=fields.timestamp(body, "eventTimestamp"),
            created=now,
            payload=fields.payload(body),
            branch=self._branch(body.get("branch"), actor, session),
            metadata=fields.metadata(body),
        )

    def _branch(self, value: Any, actor: str, session: str) -> Mapping[str, str] | None:
        if value is None:
            return None
        branch = fields.table(value, "branch")
        fields.only(branch, "name", "rootEventId", inside="branch")
        made = {"name": fields.checked(branch.get("name"), "branch.name", fields.BRANCH, 100)}
        root = fields.optional(branch, "rootEventId", fields.EVENT, 100)
        if root is not None:
            self.get(actor, session, root)
            made["rootEventId"] = root
        return made

    def _extract(self, event: Event) -> Iterator[Record]:
        for item in event.payload:
            conversational = item.get("conversational")
            if conversational is None or conversational["role"] != "USER":
                continue
            for strategy, templates in self.memory.strategies.items():
                for template in templates:
                    namespace = (
                        template.replace("{actorId}", event.actor)
                        .replace("{sessionId}", event.session)
                        .replace("{memoryStrategyId}", strategy)
                    )
                    text = conversational["content"]["text"][:16_000]
                    made = f"mem-{secrets.token_hex(20)}"
                    yield Record(made, strategy, namespace, text, event.created)

    def events(self, actor: str | None = None, session: str | None = None) -> list[Event]:
        """Events newest first."""
        self._expire()
        return [
            event
            for event in reversed(self._events)
            if (actor is None or event.actor == actor) and (session is None or event.session == session)
        ]

    def get(self, actor: str, session: str, event_id: str) -> Event:
        """One event. Raises CoreError (ResourceNotFoundException)."""
        for event in self.events(actor, session):
            if event.event_id == event_id:
                return event
        raise CoreError("ResourceNotFoundException", "There is no such event.")

    def delete(self, actor: str, session: str, event_id: str) -> None:
        """Forgets one event; records made of it stay, as in AWS. Raises CoreError."""
        found = self.get(actor, session, event_id)
        self._events.remove(found)

    def records(self) -> list[Record]:
        """Records newest first."""
        return self._records[::-1]

    def _expire(self) -> None:
        oldest = self.clock() - timedelta(days=self.memory.expiry_days)
        self._events = [event for event in self._events if event.created >= oldest]
        self._tokens = {key: kept for key, kept in self._tokens.items() if kept[1].created >= oldest}
