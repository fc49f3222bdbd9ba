"""The files of a site and the headers they are kept with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONFIG = "config.json"
REVALIDATED = "no-cache"
"""Kept by nobody without asking again: what changes under the same name."""
FOREVER = "public, max-age=31536000, immutable"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_HASHED = re.compile(r"-[0-9A-Za-z]{8,}\.(?:css|js)")
"""The end of a name that says what is in the file, so that the name never has other content."""


class SiteError(Exception):
    """The site cannot be published as it is; the message names the file and nothing in it."""


@dataclass(frozen=True)
class File:
    """One object of the site's bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


def of_folder(folder: Path) -> Iterator[File]:
    """Every file below `folder`, those that name others last: nobody may be sent to a file that is not there yet.

    Raises:
        SiteError: if there is no `index.html`, or a file of a type that is not known.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if folder / "index.html" not in paths:
        raise SiteError("the asset has no index.html: build the console before synthesis")
    for path in sorted(paths, key=lambda path: path.suffix == ".html"):
        key = path.relative_to(folder).as_posix()
        if path.suffix not in _TYPES:
            raise SiteError(f"{key}: no content type is known for {path.suffix or 'a name without a suffix'}")
        kept = FOREVER if _HASHED.search(path.name) else REVALIDATED
        yield File(key, path.read_bytes(), _TYPES[path.suffix], kept)
