"""What the console needs and the platform does not know: its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Console:
    """`folder` holds the page's built files."""

    folder: Path
