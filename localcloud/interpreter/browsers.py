"""Browser operations: each is refused by name, once the caller's role is known to allow it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.identity.errors import CoreError
from localcloud.interpreter.wire import actions_of, parts_of
from localcloud.spec import LocalSystem

_OPERATIONS = {("PUT", "start"): "StartBrowserSession", ("PUT", "stop"): "StopBrowserSession"}


def create_browsers(system: LocalSystem) -> ASGIApp:
    """The ASGI application for paths below `/browsers/`."""
    allowed = actions_of(system)
    arns = {name: each.arn for each in system.browsers for name in (each.browser_id, each.arn)}

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        parts = parts_of(request)
        action = _OPERATIONS.get((request.method, parts[-1] if parts else ""), "InvokeBrowser")
        try:
            allowed(request, action, arns.get(parts[0] if parts else ""), "browser")
            raise CoreError(
                "ResourceNotFoundException",
                f"{action} has no local stand-in: no browser runs on this machine. On AWS one does.",
            )
        except CoreError as error:
            await error.response()(scope, receive, send)

    return refuse
