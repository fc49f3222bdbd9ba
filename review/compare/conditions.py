"""Conditions compared by meaning where that is cheap: numbers with a bound, lists of values, sets of conjuncts."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from review.compare.change import Direction

_BOUND = re.compile(
    r"\(?(?:context\.input\.)?(?P<name>[\w.-]+) (?P<sign>≤|≥|<=|>=|<|>) (?P<number>-?\d+(?:\.\d+)?)\)?"
)
_ONE_OF = re.compile(r"(?P<name>[\w.-]+) is one of (?P<values>.+)")
_CONTAINS = re.compile(r"\[(?P<values>.*)\]\.contains\((?:context\.input\.)?(?P<name>[\w.-]+)\)")


def direction(before: Sequence[str], after: Sequence[str]) -> Direction:
    """Of one list of conditions, all of which must hold, to another.

    Fewer conditions, a higher upper bound, a longer list of values are wider. Whatever else is unknown.
    """
    old, new = set(before), set(after)
    if old == new:
        return Direction.NEUTRAL
    gone, come = sorted(old - new), sorted(new - old)
    found: set[Direction] = set()
    for condition in list(gone):
        partner = next((each for each in come if _about(each) and _about(each) == _about(condition)), None)
        if partner is None:
            continue
        found.add(_one(condition, partner))
        gone.remove(condition)
        come.remove(partner)
    if gone:
        found.add(Direction.WIDENING)
    if come:
        found.add(Direction.NARROWING)
    found.discard(Direction.NEUTRAL)
    if len(found) == 1:
        return found.pop()
    # Some are wider, some narrower: whoever fits the wider ones may gain.
    return Direction.NEUTRAL if not found else Direction.UNKNOWN


def _about(condition: str) -> tuple[str, str] | None:
    """What a condition bounds, and from which side."""
    if match := _BOUND.fullmatch(condition):
        return match["name"], "upper" if match["sign"] in ("≤", "<=", "<") else "lower"
    if match := _ONE_OF.fullmatch(condition) or _CONTAINS.fullmatch(condition):
        return match["name"], "values"
    return None


def _one(before: str, after: str) -> Direction:
    old, new = _BOUND.fullmatch(before), _BOUND.fullmatch(after)
    if old and new:
        higher = _limit(new) > _limit(old)
        upper = _about(before) == (old["name"], "upper")
        return Direction.WIDENING if higher == upper else Direction.NARROWING
    held, now = _values(before), _values(after)
    if held is None or now is None:
        return Direction.UNKNOWN
    if held == now:
        return Direction.NEUTRAL
    return Direction.WIDENING if held < now else Direction.NARROWING if now < held else Direction.UNKNOWN


def _limit(match: re.Match[str]) -> tuple[float, int]:
    """Ordered bounds: `< 5` is below `≤ 5`, and `≥ 5` below `> 5`."""
    return float(match["number"]), {"<": -1, ">": 1}.get(match["sign"], 0)


def _values(condition: str) -> frozenset[str] | None:
    match = _ONE_OF.fullmatch(condition) or _CONTAINS.fullmatch(condition)
    if match is None:
        return None
    try:
        found = ast.literal_eval(f"[{match['values']}]")
    except (ValueError, SyntaxError):
        return None
    return frozenset(map(repr, found))
