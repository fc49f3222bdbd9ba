"""Reading a document of which nothing is certain: every step checks, every refusal says where."""

from __future__ import annotations

import re
from typing import Any

from lambda_common.errors import Refusal

MALFORMED = "malformed_offer"
_AMOUNT = re.compile(r"[1-9][0-9]{0,8}(?:\.0{1,2})?")


class Node:
    """A value inside the document and the path that leads to it."""

    def __init__(self, value: Any, path: str) -> None:
        self._value = value
        self.path = path

    def refusal(self, expected: str) -> Refusal:
        """The refusal of this value; it never quotes it."""
        return Refusal(MALFORMED, f"{self.path} must be {expected}.")

    def __getitem__(self, key: str) -> Node:
        """A member that must be there."""
        found = self.get(key)
        if found is None:
            raise Node(None, f"{self.path}.{key}").refusal("present")
        return found

    def get(self, key: str) -> Node | None:
        """A member, or None if it is left out or null."""
        if not isinstance(self._value, dict):
            raise self.refusal("an object")
        value = self._value.get(key)
        return None if value is None else Node(value, f"{self.path}.{key}")

    def items(self, most: int) -> list[Node]:
        """The elements of a list of 1 to `most`."""
        if not isinstance(self._value, list) or not 1 <= len(self._value) <= most:
            raise self.refusal("a list of one element" if most == 1 else f"a list of 1 to {most} elements")
        return [Node(value, f"{self.path}[{place}]") for place, value in enumerate(self._value)]

    def text(self, pattern: re.Pattern[str], expected: str) -> str:
        """A string that matches the pattern as a whole."""
        if not isinstance(self._value, str) or not pattern.fullmatch(self._value):
            raise self.refusal(expected)
        return self._value

    def amount(self) -> int:
        """A positive whole amount below 10^9: a number, or text such as `312400` or `312400.00`."""
        value = self._value
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            return int(value.partition(".")[0])
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9:
            return value
        raise self.refusal("a positive whole amount")

    def count(self, most: int) -> int:
        """A whole number from 0 to `most`."""
        if not isinstance(self._value, int) or isinstance(self._value, bool) or not 0 <= self._value <= most:
            raise self.refusal(f"a whole number from 0 to {most}")
        return self._value
