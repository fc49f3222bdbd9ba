"""`POST /_airside/ask`: a question to the entry agent by the person at this machine, as `./airside ask` puts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localcloud.client import GUEST, authorization
from localcloud.console.config import entrance
from localcloud.control.wire import read_object, refused, text_of
from localcloud.runtimes.request import SESSION
from localcloud.spec import LocalSystem

MAX_BODY = 64 * 1024
"""Bytes, as an agent takes them."""
_FORM = '{"prompt": "<text>", "session_id": "<33 to 100 characters>", "customer": "<name>" or null}'
_KEYS = frozenset({"prompt", "session_id", "customer", "language"})


@dataclass(frozen=True)
class Asking:
    """`runtimes` takes invocations; `user_token` gives None for a user it does not know."""

    system: LocalSystem
    runtimes: ASGIApp
    user_token: Callable[[str], str | None]


def routes(asking: Asking) -> tuple[Route, ...]:
    """The one route."""
    (entry,) = (each for each in asking.system.runtimes if each.agent == asking.system.entry_agent)
    callers = {"arn": entry.arn, "callers": "jwt" if entry.authorizer else "iam"}
    path, qualifier = entrance(entry)

    async def ask(request: Request) -> _Relayed:
        given = await read_object(request, _FORM, longest=MAX_BODY)
        prompt, session = text_of(given, "prompt", _FORM), text_of(given, "session_id", _FORM)
        if set(given) - _KEYS or not session.isascii() or not session.isprintable():
            raise refused(400, f"Send {_FORM}.")
        payload = {"prompt": prompt}
        if given.get("language") is not None:
            payload["language"] = given["language"]
        began = request.headers.getlist("traceparent")
        headers = {
            **authorization(callers, _token(asking, given.get("customer"))),
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            SESSION: session,
            # Of two nobody knows which one counts, as at the runtime itself.
            **({"traceparent": began[0]} if len(began) == 1 else {}),
        }
        return _Relayed(
            asking.runtimes, path, f"qualifier={qualifier}", headers, json.dumps(payload).encode()
        )

    return (Route("/_airside/ask", ask, methods=["POST"]),)


def _token(asking: Asking, customer: object) -> str | None:
    """The token of the user that is named, else the guest's; None in a system without users."""
    if asking.system.users is None:
        if customer is not None:
            raise refused(400, "This system has no users: leave customer out.")
        return None
    if not isinstance(customer, str | None):
        raise refused(400, f"Send {_FORM}.")
    token = asking.user_token(GUEST if customer is None else customer)
    if token is None:
        raise refused(404, "There is no such user in this stage.")
    return token


class _Relayed:
    """The answer of the entry runtime, streamed through. It ends with whoever reads it."""

    def __init__(self, app: ASGIApp, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        self._app = app
        self._path = path
        self._query = query
        self._headers = headers
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = {name: value for name, value in scope["headers"] if name == b"host"}
        own = {name.lower().encode(): value.encode("latin-1") for name, value in self._headers.items()}
        asked = {
            **scope,
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": self._query.encode(),
            "headers": [*given.items(), *own.items()],
        }
        sent = False

        async def reading() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": self._body, "more_body": False}

        await self._app(asked, reading, send)
