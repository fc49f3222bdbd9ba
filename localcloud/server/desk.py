"""What the person at this machine may ask the platform through the console, put together from its parts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.routing import Route
from starlette.types import ASGIApp

from localcloud.client import PlatformClient
from localcloud.console import Console
from localcloud.console.counts import Counts
from localcloud.control import asking, console
from localcloud.server.users import Users
from localcloud.spec import LocalSystem
from localcloud.telemetry.events import EventLog


@dataclass(frozen=True)
class Desk:
    """The parts of one platform. `runtimes` takes invocations."""

    system: LocalSystem
    events: EventLog
    users: Users | None
    runtimes: ASGIApp

    def user_token(self, name: str) -> str | None:
        """A token of a user, as after signing in; None for a name nobody has."""
        return self.users.token(name) if self.users else None

    def routes(
        self,
        shown: Console | None,
        switches: Callable[[], Sequence[Mapping[str, Any]]],
        client: Callable[[], PlatformClient],
        undo: contextlib.AsyncExitStack,
    ) -> tuple[Route, ...]:
        """Further routes of the control interface. Without a console nobody asks for more than an answer."""
        ask = asking.routes(asking.Asking(self.system, self.runtimes, self.user_token))
        if shown is None:
            return ask
        counts = Counts(self.system.gateway, self.events)
        undo.callback(asyncio.create_task(counts.follow()).cancel)
        return (*ask, *console.routes(console.Shown(shown, counts, switches, client)))
