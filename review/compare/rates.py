"""Rate limits: who may call how often. The same limit with less in it is narrower."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.compare.change import Change, Direction, Subject
from review.model import RateLimit

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def rates(subject: Subject, before: Sequence[RateLimit], after: Sequence[RateLimit]) -> Iterator[Change]:
    old, new = _entries(before), _entries(after)
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    for way in (Direction.WIDENING, Direction.UNKNOWN, Direction.NARROWING):
        changed = sorted(key for key in old.keys() & new.keys() if _direction(old[key], new[key]) is way)
        if changed:
            said = {Direction.WIDENING: "higher", Direction.NARROWING: "lower"}.get(way, "other")
            detail = [f"{key}: {new[key]} instead of {old[key]}" for key in changed]
            yield subject.make(way, f"has {said} rate limits", detail)
    if gone:
        detail = [f"{key}: {old[key]}" for key in sorted(gone)]
        yield subject.make(Direction.UNKNOWN if come else Direction.WIDENING, "has lost rate limits", detail)
    if come:
        yield subject.make(
            Direction.NARROWING, "has new rate limits", [f"{key}: {new[key]}" for key in sorted(come)]
        )


def _entries(limits: Sequence[RateLimit]) -> dict[str, str]:
    """Whom an entry is for → what it allows, as a text each. Of two for the same, both count."""
    found: dict[str, str] = {}
    for limit in limits:
        for text in limit.entries:
            entry = _parsed(text)
            whom = json.dumps(entry.pop("Dimensions", None), sort_keys=True, ensure_ascii=False)
            key = f"{','.join(limit.dimensions)} {whom}"
            allowed = json.dumps(entry, sort_keys=True, ensure_ascii=False)
            found[key] = f"{found[key]} {allowed}" if key in found else allowed
    return found


def _parsed(text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"": text}


def _direction(old: str, new: str) -> Direction | None:
    if old == new:
        return None
    held, holds = _per_second(old), _per_second(new)
    if held is None or holds is None or held.keys() != holds.keys():
        return Direction.UNKNOWN
    more, less = (any(sign * (holds[key] - held[key]) > 0 for key in held) for sign in (1, -1))
    return Direction.UNKNOWN if more == less else Direction.WIDENING if more else Direction.NARROWING


def _per_second(text: str) -> Mapping[tuple[str, str], float] | None:
    """(what is counted, period) → how many; None where that is not all an entry says."""
    entry, found = _parsed(text), {}
    for what, listed in entry.items():
        for each in listed if isinstance(listed, list) else [None]:
            rate, period = (each.get("Rate"), each.get("Period")) if isinstance(each, dict) else (None, None)
            if (
                not isinstance(period, str)
                or period not in _SECONDS
                or isinstance(rate, bool)
                or not isinstance(rate, int | float)
            ):
                return None
            found[(what, period)] = rate / _SECONDS[period]
    return found
