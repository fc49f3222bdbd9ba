"""The console as commands put it together: the built page, and what the review knows of the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.options import ROOT

if TYPE_CHECKING:
    from localcloud.client import PlatformClient
    from localcloud.console import Console

BUILT = ROOT / "console" / "dist"


def console() -> Console:
    """For `Platform(console=…)`."""
    from localcloud.console import Console

    return Console(folder=BUILT)


def link(client: PlatformClient) -> str | None:
    """The page's address with the key in its fragment, which no browser sends; None where no page is built."""
    from urllib.parse import urlsplit

    if not (BUILT / "index.html").is_file():
        return None
    # By this name, as it is what a system's environments register for signing in.
    return f"http://localhost:{urlsplit(client.front).port}/#key={client.key}"
