"""The person at the terminal, if there is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def person() -> Callable[[str], str] | None:
    """How to put a question to somebody; None in a pipeline, where nobody would ever answer."""
    if os.environ.get("CI") or not sys.stdin.isatty():
        return None
    return _asked


def _asked(question: str) -> str:
    """The answer; empty where the terminal was closed instead."""
    try:
        return input(question)
    except EOFError:
        print(file=sys.stderr)
        return ""
