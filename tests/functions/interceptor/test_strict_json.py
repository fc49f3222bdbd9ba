"""Two parsers must never see two different requests in one text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_interceptor.strict_json import MAX_DEPTH, StrictJsonError, check_depth, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "last of two keys wins": ('{"a":1,"a":2}', "duplicate_key"),
    "last of two nested keys wins": ('[{"b":{"a":1,"a":1}}]', "duplicate_key"),
    "escaped key hides a duplicate": ('{"name":1,"n\\u0061me":2}', "duplicate_key"),
    "NaN": ("[NaN]", "not_a_number"),
    "Infinity": ('{"a":Infinity}', "not_a_number"),
    "negative Infinity": ("-Infinity", "not_a_number"),
    "overflow becomes infinity": ("[1e999]", "not_a_number"),
    "negative overflow becomes infinity": ("-1e999", "not_a_number"),
    "deep arrays raise RecursionError": ("[" * 30_000 + "]" * 30_000, "too_deep"),
    "deep objects raise RecursionError": ('{"a":' * 9_000 + "1" + "}" * 9_000, "too_deep"),
    "deep but not for the recursion limit": ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too_deep"),
    "byte order mark": ("\ufeff{}", "not_json"),
    "byte order mark in bytes": (b"\xef\xbb\xbf{}", "not_json"),
    "UTF-16": ("{}".encode("utf-16"), "not_utf8"),
    "UTF-16 without mark": ("{}".encode("utf-16-le"), "not_json"),
    "overlong UTF-8": (b'"\xc0\xaf"', "not_utf8"),
    "lone surrogate": ('"\ud800"', "not_utf8"),
    "escaped lone surrogate": ('{"a":"\\ud800"}', "not_utf8"),
    "escaped lone surrogate in a key": ('{"\\udfff":1}', "not_utf8"),
    "number of 5,000 digits": ("1" * 5_000, "not_json"),
    "empty": ("", "not_json"),
    "blank": (" \n", "not_json"),
    "two documents": ("{} {}", "not_json"),
    "comment": ("{}//", "not_json"),
    "trailing comma": ("[1,]", "not_json"),
    "single quotes": ("{'a':1}", "not_json"),
    "control character": ('"\n"', "not_json"),
    "Unicode blank": ("\u00a0{}", "not_json"),
    "non-ASCII digit": ("[\u0661]", "not_json"),
    "leading zero": ("01", "not_json"),
    "too large": ('"' + "a" * 65536 + '"', "too_large"),
    "too large in bytes only": ('"' + "한" * 30_000 + '"', "too_large"),
    "70 kB of leading blanks": (" " * 70_000 + "{}", "too_large"),
}


@pytest.mark.parametrize(("text", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_a_text_two_parsers_may_read_differently_is_refused(text: str | bytes, problem: str) -> None:
    with pytest.raises(StrictJsonError) as caught:
        loads(text, 65536)
    assert caught.value.problem == problem


@settings(deadline=None)
@given(VALUES)
def test_no_sound_value_is_refused_or_changed(value: Any) -> None:
    assert loads(json.dumps(value), 1 << 20) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode(), 1 << 20) == value


@settings(deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_text_makes_it_raise_anything_else(text: str | bytes) -> None:
    try:
        value = loads(text, 100)
    except StrictJsonError:
        return
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


def test_the_full_depth_and_brackets_in_text_are_not_taken_for_too_deep() -> None:
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH, 65536) is not None
    assert loads(json.dumps(["[{" * 200]), 65536) == ["[{" * 200]
    assert len(loads(json.dumps([[]] * 500), 65536)) == 500


def test_depth_of_a_value_already_parsed_is_checked_without_recursion() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(StrictJsonError):
        check_depth(deep)
    with pytest.raises(StrictJsonError):
        check_depth({"a": [{"b": deep}]})
    check_depth({"a": [1, "x", None]})
    while deep:  # Freed level by level: freeing it at once recurses in the interpreter.
        deep = deep[0]
