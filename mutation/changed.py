"""Which lines of a file have changed since a commit, by git."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class UnknownRevision(ValueError):
    """git knows no such commit, or is not there. The message is git's first line."""


def lines_since(root: Path, revision: str, path: str) -> set[int]:
    """The numbers of lines that are new or different now; where lines were only taken out, those around.

    Raises UnknownRevision.
    """
    try:
        result = subprocess.run(
            ["git", "diff", "--unified=0", "--no-ext-diff", "--end-of-options", revision, "--", path],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise UnknownRevision(f"git cannot be started ({error.strerror})") from None
    if result.returncode:
        raise UnknownRevision(result.stderr.strip().splitlines()[0])
    lines: set[int] = set()
    for first, count in _HUNK.findall(result.stdout):
        start, number = int(first), int(count or 1)
        lines |= set(range(start, start + number)) if number else {start, start + 1}
    return lines
