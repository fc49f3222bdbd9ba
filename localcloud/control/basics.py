"""What commands ask: what runs, what has happened, and a token to call with."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.control.control import Control
from localcloud.control.wire import after_of, read_object, refused, text_of

_TRACE = re.compile(r"[0-9a-f]{32}")


def routes(control: Control) -> list[Route]:
    """`status`, `events`, `token` and `user-token`."""

    async def status(_: Request) -> Response:
        return JSONResponse(dict(control.status()))

    async def events(request: Request) -> Response:
        trace = request.query_params.get("trace_id")
        if trace is not None and not _TRACE.fullmatch(trace):
            raise refused(400, "trace_id takes 32 hexadecimal digits.")
        after = after_of(request)
        found = control.events.select(trace_id=trace, after=after)
        return JSONResponse({"events": found, "next": max([after, *(event["seq"] for event in found)])})

    async def token(request: Request) -> Response:
        agent = await _name(request, "agent")
        return _granted(control.token(agent), f"{agent!r} is no agent of this system.")

    async def user_token(request: Request) -> Response:
        user = await _name(request, "user")
        return _granted(control.user_token(user), f"{user!r} is no user of this system.")

    return [
        Route("/_airside/status", status, methods=["GET"]),
        Route("/_airside/events", events, methods=["GET"]),
        Route("/_airside/token", token, methods=["POST"]),
        Route("/_airside/user-token", user_token, methods=["POST"]),
    ]


async def _name(request: Request, key: str) -> str:
    form = f'{{"{key}": "<name>"}}'
    return text_of(await read_object(request, form), key, form)


def _granted(token: str | None, missing: str) -> Response:
    if token is None:
        raise refused(404, missing)
    return JSONResponse({"access_token": token})
