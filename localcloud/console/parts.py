"""What the console needs and the platform does not know: its files, and what can be said about the stage's access."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.client import PlatformClient

Document = Mapping[str, Any]


class NotTold(Exception):
    """A document cannot be made, or a change is refused. The message says why, and what to do."""


def _nothing() -> Document:
    raise NotTold("This platform knows nothing of the stage's access: it was started without it.")


@dataclass(frozen=True)
class Console:
    """`folder` holds the page's built files. The rest is called when it is asked for, off the event loop.

    Each may raise NotTold. Forms: docs/console.md.

    `access` gives agents, tools and cells without counts; `topology` nodes and edges: both are asked once.
    `explain` takes an agent and a tool; None where one of them is unknown. `switch` takes the platform, kind,
    subject, whether it is to be off, and why.
    """

    folder: Path
    access: Callable[[], Document] = _nothing
    topology: Callable[[], Document] = _nothing
    explain: Callable[[str, str], Document | None] = lambda _agent, _tool: _nothing()
    switch: Callable[[PlatformClient, str, str, bool, str | None], Document] = lambda *_: _nothing()
