"""How a refusal of a name ends: with the names there are, and the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def among(name: str, names: Iterable[str]) -> str:
    """`Known: booking, policy. Did you mean booking?`; without the question where nothing is near."""
    # Only who mistypes pays for it.
    from difflib import get_close_matches

    there = list(names)
    near = get_close_matches(name, there, n=1)
    return f"Known: {', '.join(there) or 'none'}." + (f" Did you mean {near[0]}?" if near else "")
