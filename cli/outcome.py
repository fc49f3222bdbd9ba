"""Exit codes, and how commands talk: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

CLEAN = 0
"""Done, allowed, nothing found."""
FOUND = 1
"""Findings, or refused."""
COULD_NOT_LOOK = 2
"""The question could not be answered: bad input, something missing, something broken."""


class Failure(Exception):
    """A command cannot go on. The message says what is wrong and what to do next."""

    def __init__(self, message: str, exit_code: int = COULD_NOT_LOOK) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def tell(message: str) -> None:
    """Says something to the person, not to the pipe. That nobody hears it any more changes nothing."""
    with contextlib.suppress(OSError):
        print(f"airside: {message}", file=sys.stderr, flush=True)


def show(text: str = "") -> None:
    """Writes a result."""
    print(text, flush=True)


def show_json(value: Any) -> None:
    """Writes a result as JSON, Korean text readable."""
    print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)
