"""Memory operations on the AWS wire form (rest-json, service `bedrock-agentcore`).

AgentCore data plane API: CreateEvent, GetEvent, DeleteEvent, ListEvents, ListSessions, ListActors,
RetrieveMemoryRecords, ListMemoryRecords. Every other operation is refused by name. What the documentation
leaves open is in docs/fidelity/memory.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.identity.errors import CoreError
from localcloud.memory import fields, search
from localcloud.memory.store import Event, Store
from localcloud.signed import OPERATOR, allows, caller
from localcloud.spec import LocalSystem

MAX_BODY = 10 * 1024 * 1024
PAGE = 20
_FILTER_SIZE = 5
_PLACES = ("namespace", "namespacePath")


def create_memory(system: LocalSystem, clock: Callable[[], datetime]) -> ASGIApp:
    """The ASGI application for paths below `/memories/`. What it holds ends with it."""
    return _App(system, clock)


class _App:
    def __init__(self, system: LocalSystem, clock: Callable[[], datetime]) -> None:
        self._grants = system.grants
        self._stores: dict[str, Store] = {}
        for memory in system.memories:
            store = Store(memory, clock)
            self._stores[memory.memory_id] = self._stores[memory.arn] = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            status, answer = self._answer(request, _parts(scope), await _body(request))
            response = JSONResponse(answer, status_code=status, headers={"Cache-Control": "no-store"})
        except CoreError as error:
            response = error.response()  # type: ignore[assignment]
        await response(scope, receive, send)

    def _answer(
        self, request: Request, parts: Sequence[str], body: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        match [request.method, *parts]:
            case ["POST", name, "events"]:
                store = self._store(request, name, "CreateEvent", _keys(body, "actorId", "sessionId"))
                return 201, {"event": store.create(body).wire(store.memory.memory_id)}
            case ["POST", name, "actors"]:
                return 200, _actors(self._store(request, name, "ListActors"), body)
            case ["POST", name, "actor", actor, "sessions"]:
                return 200, _sessions(self._store(request, name, "ListSessions"), _actor(actor), body)
            case ["POST", name, "actor", actor, "sessions", session]:
                store = self._store(request, name, "ListEvents")
                return 200, _events(store, _actor(actor), _session(session), body)
            case ["GET", name, "actor", actor, "sessions", session, "events", event]:
                store = self._store(request, name, "GetEvent")
                found = store.get(_actor(actor), _session(session), _event(event))
                return 200, {"event": found.wire(store.memory.memory_id)}
            case ["DELETE", name, "actor", actor, "sessions", session, "events", event]:
                store = self._store(request, name, "DeleteEvent")
                store.delete(_actor(actor), _session(session), _event(event))
                return 200, {"eventId": event}
            case ["POST", name, "retrieve"]:
                return 200, _retrieve(
                    self._store(request, name, "RetrieveMemoryRecords", _keys(body, *_PLACES)), body
                )
            case ["POST", name, "memoryRecords"]:
                return 200, _list_records(
                    self._store(request, name, "ListMemoryRecords", _keys(body, *_PLACES)), body
                )
        raise CoreError(
            "ResourceNotFoundException",
            f"{request.method} {request.url.path[:120]} has no local stand-in. Known: CreateEvent, GetEvent, "
            "DeleteEvent, ListEvents, ListSessions, ListActors, RetrieveMemoryRecords, ListMemoryRecords.",
        )

    def _store(
        self, request: Request, name: str, action: str, context: Mapping[str, str] | None = None
    ) -> Store:
        """The memory, once the caller's role allows the action on it: strangers learn nothing of it."""
        who = caller(request.headers.get("authorization"))
        store = self._stores.get(name)
        if who != OPERATOR:
            arn = store.memory.arn if store else "-"
            if not allows(
                self._grants.get(who or "", ()), f"bedrock-agentcore:{action}", arn, context=context
            ):
                raise CoreError(
                    "AccessDeniedException",
                    f"The role of {who or 'an unsigned request'} does not allow {action} on this memory, "
                    "or not for what the request names.",
                )
        if store is None:
            raise CoreError("ResourceNotFoundException", "There is no such memory in this stage.")
        return store


def _keys(body: Mapping[str, Any], *names: str) -> dict[str, str]:
    """The condition keys of a request, by the members of its body that they are made of."""
    return {f"bedrock-agentcore:{name}": body[name] for name in names if isinstance(body.get(name), str)}


def _actor(value: str) -> str:
    return fields.checked(value, "actorId", fields.ACTOR, 255)


def _session(value: str) -> str:
    return fields.checked(value, "sessionId", fields.SESSION, 100)


def _event(value: str) -> str:
    return fields.checked(value, "eventId", fields.EVENT, 100)


def _actors(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    fields.only(body, "maxResults", "nextToken")
    actors = dict.fromkeys(event.actor for event in store.events())
    return _page([{"actorId": actor} for actor in actors], "actorSummaries", body)


def _sessions(store: Store, actor: str, body: Mapping[str, Any]) -> dict[str, Any]:
    fields.only(body, "maxResults", "nextToken", "filter")
    wanted = fields.table(body.get("filter") or {}, "filter")
    fields.only(wanted, "eventFilter", inside="filter")
    if wanted.get("eventFilter") not in (None, "HAS_EVENTS"):
        raise fields.invalid("filter.eventFilter must be HAS_EVENTS.")
    # Newest first, so the last one seen of a session is its first event.
    first = {event.session: event for event in store.events(actor)}
    summaries = [
        {"sessionId": session, "actorId": actor, "createdAt": event.created.timestamp()}
        for session, event in first.items()
    ]
    return _page(summaries, "sessionSummaries", body)


def _events(store: Store, actor: str, session: str, body: Mapping[str, Any]) -> dict[str, Any]:
    fields.only(body, "includePayloads", "filter", "maxResults", "nextToken")
    payloads = fields.flag(body, "includePayloads", default=True)
    found = _filtered(store.events(actor, session), fields.table(body.get("filter") or {}, "filter"))
    return _page([event.wire(store.memory.memory_id, payloads=payloads) for event in found], "events", body)


def _filtered(events: list[Event], wanted: Mapping[str, Any]) -> list[Event]:
    fields.only(wanted, "branch", "eventMetadata", inside="filter")
    if wanted.get("branch") is not None:
        branch = fields.table(wanted["branch"], "filter.branch")
        fields.only(branch, "name", "includeParentBranches", inside="filter.branch")
        name = fields.checked(branch.get("name"), "filter.branch.name", fields.BRANCH, 100)
        if fields.flag(branch, "includeParentBranches", default=False):
            raise fields.invalid("filter.branch.includeParentBranches has no local stand-in.")
        events = [event for event in events if (event.branch or {"name": "main"})["name"] == name]
    expressions = wanted.get("eventMetadata") or []
    if not isinstance(expressions, list) or len(expressions) > _FILTER_SIZE:
        raise fields.invalid(f"filter.eventMetadata must be a list of at most {_FILTER_SIZE} expressions.")
    for expression in expressions:
        holds = _expression(fields.table(expression, "filter.eventMetadata"))
        events = [event for event in events if holds(event)]
    return events


def _expression(expression: Mapping[str, Any]) -> Callable[[Event], bool]:
    where = "filter.eventMetadata"
    fields.only(expression, "left", "operator", "right", inside=where)
    left = fields.table(expression.get("left"), f"{where}.left")
    key = fields.checked(left.get("metadataKey"), f"{where}.left.metadataKey", fields.METADATA, 128)
    match expression.get("operator"):
        case "EXISTS":
            return lambda event: key in event.metadata
        case "NOT_EXISTS":
            return lambda event: key not in event.metadata
        case "EQUALS_TO":
            right = fields.table(expression.get("right"), f"{where}.right")
            value = fields.label(right.get("metadataValue"), f"{where}.right.metadataValue")
            return lambda event: event.metadata.get(key) == value
    raise fields.invalid(f"{where}.operator must be EQUALS_TO, EXISTS or NOT_EXISTS.")


def _retrieve(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    fields.only(body, "namespace", "namespacePath", "searchCriteria", "nextToken", "maxResults")
    criteria = fields.table(body.get("searchCriteria"), "searchCriteria")
    # metadataFilters among others: ignoring one would find more than was asked for.
    fields.only(criteria, "searchQuery", "memoryStrategyId", "topK", inside="searchCriteria")
    query = fields.text({"text": criteria.get("searchQuery")}, "searchCriteria.searchQuery", 10_000)
    strategy = fields.optional(criteria, "memoryStrategyId", fields.STRATEGY, 100)
    top = fields.limit(criteria, "topK", 10)
    scored = [
        (search.score(query, record.text), record)
        for record in search.chosen(store.records(), body, strategy)
    ]
    best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:top]
    return _page(
        [record.wire() | {"score": round(value, 4)} for value, record in best],
        "memoryRecordSummaries",
        body,
    )


def _list_records(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    fields.only(body, "namespace", "namespacePath", "memoryStrategyId", "maxResults", "nextToken")
    strategy = fields.optional(body, "memoryStrategyId", fields.STRATEGY, 100)
    chosen = search.chosen(store.records(), body, strategy)
    return _page([record.wire() for record in chosen], "memoryRecordSummaries", body)


def _page(items: list[dict[str, Any]], name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """One page; the token is the place to go on at, opaque to the caller."""
    size, start = fields.limit(body, "maxResults", PAGE), 0
    token = body.get("nextToken")
    if token is not None:
        try:
            start = int(base64.b64decode(token, altchars=b"-_", validate=True))
        except (TypeError, ValueError):
            raise fields.invalid("nextToken is invalid.") from None
        if not 0 < start <= len(items):
            raise fields.invalid("nextToken is invalid.")
    page: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        page["nextToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return page


def _parts(scope: Scope) -> list[str]:
    """The path below `/memories/`, split before it is decoded: an actor id may hold a slash."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    _, root, *parts = raw.decode("ascii", "replace").partition("?")[0].split("/")
    if root != "memories":
        return []
    return [unquote(part) for part in parts]


async def _body(request: Request) -> Mapping[str, Any]:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise fields.invalid("The request is larger than 10 MB.")
    try:
        body = json.loads(bytes(raw) or b"{}", parse_constant=_no_constant)
        # A lone surrogate (`"\\ud800"`) is read, but could never be sent back.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise fields.invalid("The request is not JSON.") from None
    return fields.table(body, "The request")


def _no_constant(name: str) -> float:
    raise ValueError(name)
