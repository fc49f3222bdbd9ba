"""Strict reading of a call's arguments: unknown keys, wrong types and long values are refused."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from lambda_common.errors import Refusal

INVALID = "invalid_argument"
MAX_DEPTH = 12
MAX_NODES = 2_000
MAX_STRING = 1_000
MAX_CHARACTERS = 40_000


def oversized(value: object) -> str | None:
    """Why a JSON value is no acceptable argument, or None.

    Bounded are depth, number of values, length of each string and all characters together (keys included);
    NaN and infinities are no JSON. Walks without recursion, so nesting cannot exhaust the stack.
    """
    pending: list[tuple[object, int]] = [(value, 1)]
    nodes = characters = 0
    while pending:
        one, depth = pending.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            return f"is nested deeper than {MAX_DEPTH} levels"
        if isinstance(one, str):
            if len(one) > MAX_STRING:
                return f"has a text longer than {MAX_STRING} characters"
            characters += len(one)
        elif isinstance(one, float) and not math.isfinite(one):
            return "has a number that is not finite"
        elif isinstance(one, Mapping):
            pending += [(item, depth + 1) for pair in one.items() for item in pair]
        elif isinstance(one, list):
            pending += [(item, depth + 1) for item in one]
        if nodes + len(pending) > MAX_NODES:
            return f"has more than {MAX_NODES} values"
        if characters > MAX_CHARACTERS:
            return f"has more than {MAX_CHARACTERS} characters"
    return None


class Arguments:
    """The arguments of one call. An optional argument that is null counts as left out."""

    def __init__(self, event: object, *, required: Collection[str], optional: Collection[str] = ()) -> None:
        if not isinstance(event, dict):
            raise Refusal(INVALID, "The arguments must be a JSON object.")
        allowed = [*required, *optional]
        if any(key not in allowed for key in event):
            raise Refusal(INVALID, f"There is an unknown argument; allowed are: {', '.join(allowed)}.")
        self._values: dict[str, Any] = {k: v for k, v in event.items() if v is not None or k in required}
        if missing := [name for name in required if self._values.get(name) is None]:
            raise Refusal(INVALID, f"Missing: {', '.join(missing)}.")
        for name, value in self._values.items():
            if problem := oversized(value):
                raise Refusal(INVALID, f"{name} {problem}.")

    def text(self, name: str, pattern: re.Pattern[str], expected: str) -> str:
        """A required string that matches the pattern as a whole; `expected` says in words what it is."""
        value = self._values[name]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Refusal(INVALID, f"{name} must be {expected}.")
        return value

    def choice(self, name: str, choices: Collection[str], *, code: str) -> str:
        """A required string out of a closed set; another one is refused with `code`."""
        value = self._values[name]
        if not isinstance(value, str):
            raise Refusal(INVALID, f"{name} must be a string.")
        if value not in choices:
            raise Refusal(code, f"{name} must be one of: {', '.join(choices)}.")
        return value

    def optional_text(self, name: str, pattern: re.Pattern[str], expected: str) -> str | None:
        """As `text`, or None if left out."""
        return self.text(name, pattern, expected) if name in self._values else None

    def optional_integer(self, name: str, minimum: int, maximum: int) -> int | None:
        """A whole number within bounds, or None if left out. Booleans and fractions are no whole numbers."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise Refusal(INVALID, f"{name} must be a whole number from {minimum} to {maximum}.")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A required JSON object."""
        value = self._values[name]
        if not isinstance(value, dict):
            raise Refusal(INVALID, f"{name} must be a JSON object.")
        return value
