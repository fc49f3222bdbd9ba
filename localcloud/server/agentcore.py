"""AgentCore, data and control plane: its APIs are signed for one service, so the path decides which is meant."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.identity.errors import CoreError


class AgentCore:
    """An ASGI application. `apps` are found by the first part of the path: `runtimes`, `identities`, …"""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = dict(apps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        app = self._apps.get(path.split("/")[1] if "/" in path else "")
        if app is None:
            error = CoreError(
                "ResourceNotFoundException",
                f"The operation {scope['method']} {path[:80]} has no local stand-in.",
            )
            await error.response()(scope, receive, send)
        else:
            await app(scope, receive, send)
