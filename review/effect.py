"""What a layer, or all of them together, decides about a call."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Effect(StrEnum):
    """From the narrowest to the widest; UNKNOWN is what could not be read, so it counts as the widest."""

    DENY = "deny"
    CONDITIONAL = "conditional"
    ALLOW = "allow"
    UNKNOWN = "unknown"

    @property
    def width(self) -> int:
        return _ORDER.index(self)


_ORDER = (Effect.DENY, Effect.CONDITIONAL, Effect.ALLOW, Effect.UNKNOWN)


def every(effects: Iterable[Effect]) -> Effect:
    """Layers one after the other: one denial denies; else what is unknown stays so, then conditions."""
    found = set(effects)
    for effect in (Effect.DENY, Effect.UNKNOWN, Effect.CONDITIONAL):
        if effect in found:
            return effect
    return Effect.ALLOW
