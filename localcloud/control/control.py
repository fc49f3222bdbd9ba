"""What the interface of one platform shows and does, as its routes get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.routing import Route

from localcloud.telemetry.events import EventLog


@dataclass(frozen=True)
class Control:
    """What the interface shows. `status` is called per request.

    `token` gives None for an unknown agent, `user_token` for an unknown user; without users every one is. `more`
    are further routes below `/_airside/`; they need not ask for the key.
    """

    key: str
    status: Callable[[], Mapping[str, Any]]
    events: EventLog
    token: Callable[[str], str | None]
    user_token: Callable[[str], str | None] = lambda _: None
    more: tuple[Route, ...] = ()
