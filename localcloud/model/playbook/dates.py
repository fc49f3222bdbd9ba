"""Dates as people write them in Korean and English, relative to a given day.

Weeks begin on Monday. A weekday alone is the next one to come, today excluded. `next Monday` and
`다음 주 월요일` are the one of the following calendar week, `this Friday` and `이번 주 금요일` that of the
current one. A month and day without a year are the next such day, today included. A day that does not
exist (`February 30`) is no date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

_KO_DAYS = {"월": 0, "화": 1, "수": 2, "목": 3, "금": 4, "토": 5, "일": 6}
_EN_DAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_KO_RELATIVE = {
    "그저께": -2,
    "그제": -2,
    "어제": -1,
    "오늘": 0,
    "금일": 0,
    "내일": 1,
    "명일": 1,
    "모레": 2,
    "내일모레": 2,
    "낼모레": 2,
    "글피": 3,
    "그글피": 4,
}
_KO_COUNT = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "열흘": 10,
    "보름": 15,
}
_EN_COUNT = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(?:,?\s+(?P<year>20\d\d))?"
_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_NUMBER = r"(?P<number>\d{1,3}|" + "|".join(_EN_COUNT) + ")"

Found = tuple[int, int, date]
"""Start and end in the text, and the day meant."""


def find_dates(text: str, today: date) -> list[Found]:
    """All dates in order of appearance; where two readings overlap, the longer one counts."""
    found: list[Found] = []
    for pattern, reader in _READERS:
        for match in pattern.finditer(text):
            day = reader(match, today)
            if day is not None:
                found.append((*match.span(), day))
    return list(_longest(found))


def _longest(found: list[Found]) -> Iterator[Found]:
    end = -1
    for item in sorted(found, key=lambda f: (f[0], f[0] - f[1])):
        if item[0] >= end:
            end = item[1]
            yield item


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _upcoming(month: int, day: int, today: date) -> date | None:
    for year in range(today.year, today.year + 5):
        made = _make(year, month, day)
        if made is not None and made >= today:
            return made
    return None


def _full(match: re.Match[str], _: date) -> date | None:
    return _make(int(match["year"]), int(match["month"]), int(match["day"]))


def _month_day(match: re.Match[str], today: date) -> date | None:
    return _upcoming(int(match["month"]), int(match["day"]), today)


def _named_month(match: re.Match[str], today: date) -> date | None:
    month, day = _MONTHS.index(match["month"].lower()[:3]) + 1, int(match["day"])
    return _make(int(match["year"]), month, day) if match["year"] else _upcoming(month, day, today)


def _ko_month_day(match: re.Match[str], today: date) -> date | None:
    month, day = int(match["month"]), int(match["day"])
    if match["which"]:
        return _make(today.year + (0 if match["which"] == "올해" else 1), month, day)
    return _make(int(match["year"]), month, day) if match["year"] else _upcoming(month, day, today)


def _ko_month_word(match: re.Match[str], today: date) -> date | None:
    ahead = 1 if match["which"].startswith("다음") or match["which"].startswith("내") else 0
    month = today.month - 1 + ahead
    return _make(today.year + month // 12, month % 12 + 1, int(match["day"]))


def _ko_relative(match: re.Match[str], today: date) -> date | None:
    return today + timedelta(days=_KO_RELATIVE[re.sub(r"\s", "", match[0])])


def _ko_after(match: re.Match[str], today: date) -> date | None:
    number = int(match["number"]) if match["number"] else _KO_COUNT[match["word"]]
    return today + timedelta(days=number * (7 if match["unit"] == "주" else 1))


def _ko_weekday(match: re.Match[str], today: date) -> date | None:
    weekday = _KO_DAYS[match["weekday"]]
    week = re.sub(r"\s", "", match["week"] or "")
    return _weekday(weekday, {"": None, "이번주": 0, "다음주": 1, "담주": 1, "다다음주": 2}[week], today)


def _en_weekday(match: re.Match[str], today: date) -> date | None:
    weekday = _EN_DAYS[match["weekday"].lower()[:3]]
    words = (match["before"] or "").lower() + (match["after"] or "").lower()
    week = 2 if "after next" in words else 1 if "next" in words else 0 if "this" in words else None
    return _weekday(weekday, week, today)


def _weekday(weekday: int, week: int | None, today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    if week is not None:
        return monday + timedelta(days=weekday + 7 * week)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _en_relative(match: re.Match[str], today: date) -> date | None:
    words = match[0].lower()
    if "yesterday" in words:
        # A past day is read as one, so that it can be refused as one.
        return today - timedelta(days=2 if "before" in words else 1)
    return today + timedelta(days=2 if "after" in words else 0 if words in {"today", "tonight"} else 1)


def _en_after(match: re.Match[str], today: date) -> date | None:
    number = int(match["number"]) if match["number"].isdigit() else _EN_COUNT[match["number"].lower()]
    return today + timedelta(days=number * (7 if match["unit"].lower().startswith("w") else 1))


_Reader = Callable[[re.Match[str], date], date | None]


def _p(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (
        _p(r"(?<![\d-])(?P<year>20\d\d)(?P<s>[-/.])\s?(?P<month>\d{1,2})(?P=s)\s?(?P<day>\d{1,2})(?!\d)"),
        _full,
    ),
    (_p(r"(?<![\d/.])(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])"), _month_day),
    (_p(rf"(?<![a-z]){_MONTH}\s+(?:the\s+)?{_DAY}{_YEAR}"), _named_month),
    (_p(rf"(?<!\d){_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}(?![a-z])"), _named_month),
    (
        _p(
            r"(?:(?P<which>올해|내년)\s*|(?P<year>20\d\d)\s*년\s*)?(?<!\d)(?P<month>\d{1,2})\s*월\s*"
            r"(?P<day>\d{1,2})\s*일"
        ),
        _ko_month_day,
    ),
    (_p(r"(?P<which>다음\s*달|내달|이번\s*달|이달)\s*(?P<day>\d{1,2})\s*일"), _ko_month_word),
    (_p(r"내일\s*모레|낼모레|그저께|그제|어제|오늘|금일|내일|명일|모레|그글피|글피"), _ko_relative),
    (
        _p(
            rf"(?:(?<!\d)(?P<number>\d{{1,3}})\s*(?P<unit>일|주)\s*일?|(?P<word>{'|'.join(_KO_COUNT)}))\s*"
            r"(?:후|뒤)(?![가-힣]*쯤\s*전)"
        ),
        _ko_after,
    ),
    (
        _p(r"(?:(?P<week>이번\s*주|다음\s*주|담주|다다음\s*주)\s*)?(?P<weekday>[월화수목금토일])요일"),
        _ko_weekday,
    ),
    (
        _p(
            r"\b(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)\b|\byesterday\b|\btomorrow\b|\btmr\b|\btoday\b|\btonight\b"
        ),
        _en_relative,
    ),
    (_p(rf"\bin\s+{_NUMBER}\s+(?P<unit>days?|weeks?)(?:'\s*time)?\b"), _en_after),
    (_p(rf"\b{_NUMBER}\s+(?P<unit>days?|weeks?)\s+(?:from\s+(?:now|today)|later)\b"), _en_after),
    (
        _p(
            rf"\b(?P<before>(?:this|next)\s+(?:coming\s+)?)?{_WEEKDAY}\b(?P<after>\s+(?:next\s+week|after\s+next))?"
        ),
        _en_weekday,
    ),
    (_p(rf"\b(?P<before>next\s+week\s+(?:on\s+)?){_WEEKDAY}\b(?P<after>)"), _en_weekday),
)
