"""`/_airside/…`: what a command or the console's page may ask the platform, each group of routes in its own module.

The key is asked for here, before a route is looked up, and nowhere else: another user of this machine can reach
the port but not read the state file, and neither can a page of somebody else's.
"""

from __future__ import annotations

import hmac

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from localcloud.control import basics, stream
from localcloud.control.control import Control
from localcloud.control.wire import problem


def create_control(control: Control) -> ASGIApp:
    """The ASGI application for paths below `/_airside/`."""
    app = Starlette(
        routes=[*basics.routes(control), *stream.routes(control.events), *control.more],
        exception_handlers={HTTPException: problem},
    )
    app.router.redirect_slashes = False
    return _Keyed(app, control.key)


class _Keyed:
    """Lets nobody through without the key, whatever is asked; marks every answer as not to be kept."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        # Of two keys nobody knows which one counts. A key in the address would end up in logs and histories.
        given = [value for name, value in scope["headers"] if name == b"x-airside-key"]
        if len(given) == 1 and hmac.compare_digest(given[0], self._key):
            await self._app(scope, receive, marked)
        else:
            refusal = JSONResponse(
                {"message": "The key of the state file is missing or wrong."}, status_code=403
            )
            await refusal(scope, receive, marked)
