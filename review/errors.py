"""What stops a review."""

from __future__ import annotations


class Unreadable(Exception):
    """Something cannot be read. The review then knows nothing, which is never the same as "nothing found"."""
