"""The page's built files, read once and kept in memory: what may be asked for is exactly what was there then.

A request's path is looked up, never joined to a folder's, so no path leads out of the folder.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

INDEX = "index.html"
MAX_BYTES = 8 * 1024 * 1024
"""Of all files together; the page is to weigh less than a twentieth of that."""
_BUILT = re.compile(r"[a-z]{1,16}-[A-Za-z0-9_]{6,64}\.(?:js|css|svg)")
_KINDS = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
REVALIDATE = "no-cache"
FOREVER = "public, max-age=31536000, immutable"
"""For a file whose name holds a hash of its content (RFC 8246)."""


@dataclass(frozen=True)
class Built:
    """One file. `etag` is the plain content's, with its quotes; `packed` is the content in gzip."""

    content: bytes
    packed: bytes
    kind: str
    cache: str
    etag: str


def read(folder: Path) -> dict[str, Built]:
    """Path of the URL → file; empty where there is no built page. Other files of the folder are not served.

    Raises:
        ValueError: the folder holds more than `MAX_BYTES`.
        OSError: a file cannot be read.
    """
    found: dict[str, Built] = {}
    size = 0
    for path in sorted(folder.iterdir()) if (folder / INDEX).is_file() else ():
        if not path.is_file() or not (path.name == INDEX or _BUILT.fullmatch(path.name)):
            continue
        size += path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(
                f"{folder}: the console's files are more than {MAX_BYTES} bytes. Build it again."
            )
        index = path.name == INDEX
        found["/" if index else f"/{path.name}"] = built(
            path.read_bytes(), _KINDS[path.suffix[1:]], REVALIDATE if index else FOREVER
        )
    return found


def built(content: bytes, kind: str, cache: str) -> Built:
    """A file as it is served."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    # No time in it: equal bytes give equal answers.
    return Built(content, gzip.compress(content, mtime=0), kind, cache, f'"{digest}"')
