"""What both issuers do with a request before anything is decided: local callers only, strict forms."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localcloud.issuer.grant import GrantError
from localcloud.loopback import accepted_hosts, is_local

MAX_BODY = 8 * 1024
"""Bytes of a token request; a real one has some 200."""
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TooLargeError(Exception):
    """A token request over `MAX_BODY`."""


async def read_form(request: Request) -> bytes:
    """The body of a form post; anything else is `invalid_request`."""
    kind = (only_header(request, b"content-type") or b"").decode("latin-1")
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise GrantError("invalid_request")
    if request.url.query:
        raise GrantError("invalid_request")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLargeError
    return bytes(body)


def only_header(request: Request, name: bytes) -> bytes | None:
    """A header's one value, or None. Raises GrantError for a header given twice."""
    values = [value for key, value in request.scope["headers"] if key == name]
    if len(values) > 1:
        raise GrantError("invalid_request")
    return values[0] if values else None


class LocalOnly:
    """Refuses requests that do not name this loopback address (421).

    Scripts of `origins` may read what the paths of `shared` answer to a POST, and nothing else (CORS).
    """

    def __init__(
        self, app: ASGIApp, url: str, *, origins: Iterable[str] = (), shared: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._hosts = accepted_hosts(url)
        self._origins = frozenset(each.encode() for each in origins)
        self._shared = frozenset(shared)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shared = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._shared
        origins = self._origins if shared else frozenset[bytes]()
        if shared:
            send = _shared(send, [value for name, value in scope["headers"] if name == b"origin"], origins)
        if scope["type"] == "http" and not is_local(scope["headers"], self._hosts, origins):
            refused = PlainTextResponse("Misdirected Request", status_code=421)
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _shared(send: Send, given: list[bytes], origins: frozenset[bytes]) -> Send:
    """Tells the browser that the page which asked may read the answer, where it is one of `origins`."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            more = [(b"vary", b"Origin")]
            if len(given) == 1 and given[0] in origins:
                more.append((b"access-control-allow-origin", given[0]))
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return told


class OneAddress:
    """Two issuers at one address: paths below the users' pool's id are its own, all others the agents'.

    In AWS each pool has hosts of its own; the agents' token endpoint has no pool in its path.
    """

    def __init__(self, agents: ASGIApp, users: ASGIApp, users_pool_id: str) -> None:
        self._agents = agents
        self._users = users
        self._first = f"/{users_pool_id}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = scope["type"] == "http" and scope["path"].startswith(self._first)
        await (self._users if own else self._agents)(scope, receive, send)
