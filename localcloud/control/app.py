"""`/_airside/…`: what a command may ask the platform. `localcloud/client.py` is the other side.

The key from the state file is asked for on every request: another user of this machine can reach the port,
but not read the file.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from localcloud.telemetry.events import EventLog

_TRACE = re.compile(r"[0-9a-f]{32}")
MAX_BODY = 4096


@dataclass(frozen=True)
class Control:
    """What the interface shows. `status` is called per request.

    `token` gives None for an unknown agent, `user_token` for an unknown user; without users every one is.
    """

    key: str
    status: Callable[[], Mapping[str, Any]]
    events: EventLog
    token: Callable[[str], str | None]
    user_token: Callable[[str], str | None] = lambda _: None


def create_control(control: Control) -> ASGIApp:
    """The ASGI application for paths below `/_airside/`."""

    def allowed(request: Request) -> None:
        given = request.headers.getlist("x-airside-key")
        if len(given) != 1 or not hmac.compare_digest(given[0].encode(), control.key.encode()):
            raise HTTPException(403, "The key of the state file is missing or wrong.")

    async def status(request: Request) -> Response:
        allowed(request)
        return JSONResponse(dict(control.status()))

    async def events(request: Request) -> Response:
        allowed(request)
        trace = request.query_params.get("trace_id")
        after = request.query_params.get("after", "0")
        if (trace is not None and not _TRACE.fullmatch(trace)) or not re.fullmatch(r"[0-9]{1,15}", after):
            raise HTTPException(400, "trace_id takes 32 hexadecimal digits, after a number.")
        found = control.events.select(trace_id=trace, after=int(after))
        return JSONResponse({"events": found, "next": max([int(after), *(event["seq"] for event in found)])})

    async def token(request: Request) -> Response:
        allowed(request)
        agent = await _text(request, "agent")
        return _granted(control.token(agent), f"{agent!r} is no agent of this system.")

    async def user_token(request: Request) -> Response:
        allowed(request)
        user = await _text(request, "user")
        return _granted(control.user_token(user), f"{user!r} is no user of this system.")

    async def problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        return JSONResponse({"message": error.detail}, status_code=error.status_code)

    return Starlette(
        routes=[
            Route("/_airside/status", status, methods=["GET"]),
            Route("/_airside/events", events, methods=["GET"]),
            Route("/_airside/token", token, methods=["POST"]),
            Route("/_airside/user-token", user_token, methods=["POST"]),
        ],
        exception_handlers={HTTPException: problem},
    )


def _granted(token: str | None, missing: str) -> Response:
    if token is None:
        raise HTTPException(404, missing)
    return JSONResponse({"access_token": token}, headers={"Cache-Control": "no-store"})


async def _text(request: Request, key: str) -> str:
    """The one member of the request's JSON object."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, "The request is too large.")
    wanted = HTTPException(400, f'Send {{"{key}": "<name>"}}.')
    try:
        value = json.loads(body)[key]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise wanted from None
    if not isinstance(value, str):
        raise wanted
    return value
