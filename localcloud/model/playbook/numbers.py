"""Ordinals ("1번", "두 번째", "option 2", "the second one") and head counts ("두 명", "2 adults", "혼자")."""

from __future__ import annotations

import re
from collections.abc import Callable

Found = tuple[int, int, int]
"""Start and end in the text, and the number meant."""

_KO_NATIVE = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "아홉": 9,
}  # fmt: skip
_KO_ORDINAL = {"첫": 1, "첫번": 1} | {
    k: v for k, v in _KO_NATIVE.items() if k not in {"하나", "둘", "셋", "넷"}
}
_EN_ORDINAL = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
_EN_NUMBER = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
_THING = r"(?:one|option|flight|offer|choice|result|item)"


def _words(table: dict[str, int]) -> str:
    return "|".join(sorted(table, key=len, reverse=True))


def _value(text: str, *tables: dict[str, int]) -> int | None:
    if text.isdigit():
        return int(text)
    for table in tables:
        if text.lower() in table:
            return table[text.lower()]
    return None


_ORDINALS = (
    re.compile(r"(?<!\d)(?P<n>\d{1,2})\s*번(?!\s*(?:국도|출구|게이트))(?:째)?"),
    re.compile(rf"(?P<n>{_words(_KO_ORDINAL)})\s*번\s*째"),
    re.compile(
        rf"\b(?:option|number|no\.?|offer|choice|flight)\s*#?\s*(?P<n>\d{{1,2}}|{_words(_EN_NUMBER)})(?!\d)\b",
        re.I,
    ),
    re.compile(r"(?<![\w#])#(?P<n>\d{1,2})\b"),
    re.compile(rf"\b(?:the\s+)?(?P<n>{_words(_EN_ORDINAL)})\s+{_THING}\b", re.I),
    re.compile(rf"\bthe\s+(?P<n>{_words(_EN_ORDINAL)})\b(?!\s+(?:class|time|of)\b)", re.I),
)
_PEOPLE = r"(?:adults?|passengers?|people|persons?|travell?ers?|seats?|tickets?|pax)"
_COUNTS = (
    re.compile(
        rf"(?<!\d)(?P<n>\d{{1,2}}|{_words(_KO_NATIVE)})\s*(?:명|사람|인(?![가-힣])|분(?=이|의|\s|$)|장(?=\s|$|으로|만|을))"
    ),
    re.compile(rf"(?:성인|어른|승객|탑승객)\s*(?P<n>\d{{1,2}}|{_words(_KO_NATIVE)})(?=\s|명|$|으로|이|,)"),
    re.compile(rf"(?<!\d)(?P<n>\d{{1,2}}|{_words(_EN_NUMBER)}|an?)\s+{_PEOPLE}\b", re.I),
    re.compile(rf"\bfor\s+(?P<n>\d{{1,2}}|{_words(_EN_NUMBER)})(?!\s*\w)", re.I),
    re.compile(rf"\bparty\s+of\s+(?P<n>\d{{1,2}}|{_words(_EN_NUMBER)})\b", re.I),
    re.compile(r"(?P<n>혼자|저\s*혼자|\bjust me\b|\bby myself\b|\balone\b)", re.I),
)
_ALONE = re.compile(r"혼자|just me|by myself|alone", re.I)


def find_ordinals(text: str) -> list[Found]:
    """Which item of a list is meant, from 1."""
    return _find(text, _ORDINALS, lambda word: _value(word, _KO_ORDINAL, _EN_ORDINAL, _EN_NUMBER))


def find_counts(text: str) -> list[Found]:
    """How many people."""

    def read(word: str) -> int | None:
        if _ALONE.search(word) or word.lower() in {"a", "an"}:
            return 1
        return _value(word, _KO_NATIVE, _EN_NUMBER)

    return _find(text, _COUNTS, read)


def _find(text: str, patterns: tuple[re.Pattern[str], ...], read: Callable[[str], int | None]) -> list[Found]:
    found: list[Found] = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            value = read(match["n"])
            if value is None or any(match.start() < end and start < match.end() for start, end, _ in found):
                continue
            found.append((*match.span(), value))
    return sorted(found)
