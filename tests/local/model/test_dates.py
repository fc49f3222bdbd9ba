from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.model.playbook.dates import find_dates
from localcloud.model.playbook.numbers import find_counts, find_ordinals

SATURDAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("오늘", "2026-11-21"),
        ("내일", "2026-11-22"),
        ("모레", "2026-11-23"),
        ("어제", "2026-11-20"),
        ("그저께", "2026-11-19"),
        ("yesterday", "2026-11-20"),
        ("the day before yesterday", "2026-11-19"),
        ("내일모레", "2026-11-23"),
        ("내일 모레", "2026-11-23"),
        ("글피", "2026-11-24"),
        ("그글피", "2026-11-25"),
        ("3일 후", "2026-11-24"),
        ("2주 뒤에", "2026-12-05"),
        ("사흘 뒤", "2026-11-24"),
        ("열흘 후", "2026-12-01"),
        ("월요일", "2026-11-23"),
        ("토요일", "2026-11-28"),
        ("이번 주 토요일", "2026-11-21"),
        ("다음 주 월요일", "2026-11-23"),
        ("다음주 일요일에", "2026-11-29"),
        ("다다음 주 화요일", "2026-12-01"),
        ("12월 3일", "2026-12-03"),
        ("12월3일", "2026-12-03"),
        ("1월 5일", "2027-01-05"),
        ("11월 21일", "2026-11-21"),
        ("2027년 3월 1일", "2027-03-01"),
        ("내년 1월 5일", "2027-01-05"),
        ("다음 달 3일", "2026-12-03"),
        ("이번 달 25일", "2026-11-25"),
        ("today", "2026-11-21"),
        ("tonight", "2026-11-21"),
        ("Tomorrow", "2026-11-22"),
        ("the day after tomorrow", "2026-11-23"),
        ("in 3 days", "2026-11-24"),
        ("in two weeks", "2026-12-05"),
        ("a week from now", "2026-11-28"),
        ("two days later", "2026-11-23"),
        ("next Monday", "2026-11-23"),
        ("next week on Tuesday", "2026-11-24"),
        ("Tuesday next week", "2026-11-24"),
        ("this Saturday", "2026-11-21"),
        ("on Friday", "2026-11-27"),
        ("fri", "2026-11-27"),
        ("December 3", "2026-12-03"),
        ("Dec. 3rd", "2026-12-03"),
        ("3 December", "2026-12-03"),
        ("the 3rd of December 2027", "2027-12-03"),
        ("December 3, 2027", "2027-12-03"),
        ("January 5", "2027-01-05"),
        ("2026-12-03", "2026-12-03"),
        ("2026/12/3", "2026-12-03"),
        ("2026.12.03", "2026-12-03"),
        ("12/3", "2026-12-03"),
    ],
)
def test_a_way_to_write_a_date_is_not_read(text: str, expected: str) -> None:
    found = find_dates(f"({text}) x", SATURDAY)
    assert [day.isoformat() for _, _, day in found] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2월 30일",
        "February 30",
        "2026-13-01",
        "13/40",
        "may I ask",
        "I may fly",
        "sunny",
        "second",
        "monkey",
        "요일",
        "12.3 kg",
        "B12/3/4/5",
        "매일",
        "3일 전",
    ],
)
def test_something_else_is_read_as_a_date(text: str) -> None:
    assert find_dates(text, SATURDAY) == []


def test_two_dates_are_read_as_one() -> None:
    found = find_dates("12월 3일부터 다음 주 월요일, 2026-12-25", SATURDAY)
    assert [day.isoformat() for _, _, day in found] == ["2026-12-03", "2026-11-23", "2026-12-25"]


def test_the_next_day_is_taken_from_the_wrong_month_at_the_end_of_a_year() -> None:
    assert find_dates("내일", date(2026, 12, 31))[0][2] == date(2027, 1, 1)
    assert find_dates("다음 달 3일", date(2026, 12, 31))[0][2] == date(2027, 1, 3)


def test_february_29_is_refused_instead_of_meaning_the_next_leap_year() -> None:
    assert find_dates("2월 29일", SATURDAY)[0][2] == date(2028, 2, 29)


@given(st.text(max_size=200), st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_some_text_breaks_the_readers_or_gives_spans_outside_it(text: str, today: date) -> None:
    for reader in (lambda t: find_dates(t, today), find_ordinals, find_counts):
        end = 0
        for start, stop, _ in reader(text):
            assert end <= start < stop <= len(text)
            end = stop


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1번", 1),
        ("2번으로 예약", 2),
        ("2번째", 2),
        ("첫 번째", 1),
        ("첫번째 거", 1),
        ("두 번째", 2),
        ("세번째", 3),
        ("option 2", 2),
        ("Option #3", 3),
        ("number two", 2),
        ("#1", 1),
        ("the second one", 2),
        ("first flight", 1),
        ("the 3rd one", 3),
        ("the first", 1),
    ],
)
def test_a_way_to_choose_from_a_list_is_not_read(text: str, number: int) -> None:
    assert [value for _, _, value in find_ordinals(text)] == [number]


@pytest.mark.parametrize("text", ["first class", "in the first class", "번호", "두 번", "one day", "second"])
def test_something_else_is_read_as_a_choice(text: str) -> None:
    assert find_ordinals(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2명", 2),
        ("두 명이서", 2),
        ("세 사람", 3),
        ("성인 2명", 2),
        ("어른 둘이요", 2),
        ("혼자 가요", 1),
        ("two adults", 2),
        ("3 passengers", 3),
        ("a passenger", 1),
        ("for two", 2),
        ("for 4 people", 4),
        ("party of five", 5),
        ("just me", 1),
    ],
)
def test_a_way_to_say_how_many_people_is_not_read(text: str, number: int) -> None:
    assert [value for _, _, value in find_counts(text)] == [number]


@pytest.mark.parametrize("text", ["설명", "2인천", "증명", "for 2 days", "for a week", "seats"])
def test_something_else_is_read_as_a_head_count(text: str) -> None:
    assert find_counts(text) == []
