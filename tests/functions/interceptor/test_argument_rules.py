"""A rule allows exactly the JSON values it names: no other type, spelling or nesting stands for one."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway_interceptor.argument_rules import Rule, parse

CLAIMS = {"customer_id": "username"}
MIN_INTEGER, MAX_INTEGER = -9_223_372_036_854_775_808, 9_223_372_036_854_775_807
"""Cedar's, in digits: those of the code are among what is tested."""


def rule(**form: Any) -> Rule:
    made = parse("x", {**form, "source": "f.yaml:1"}, CLAIMS)
    assert made is not None
    return made


def allows(form: dict[str, Any], *values: Any) -> list[bool]:
    """What a rule says of each value, as it would be read from a request."""
    made = rule(**form)
    return [made.allows({"x": json.loads(json.dumps(value))}) for value in values]


LIKE_ONE: list[Any] = [1, True, 1.0, "1", "1.0", "true", [1], {"x": 1}, None, 0, 2, "", "１", "¹"]
"""All that some reader takes for 1."""


@pytest.mark.parametrize("form", [{"equals": 1}, {"one_of": [1]}, {"one_of": [1, 7]}, {"min": 1, "max": 1}])
def test_nothing_but_the_integer_one_is_one(form: dict[str, Any]) -> None:
    assert allows(form, *LIKE_ONE) == [True] + [False] * (len(LIKE_ONE) - 1)


@pytest.mark.parametrize("form", [{"equals": True}, {"one_of": [True]}])
def test_nothing_but_true_is_true(form: dict[str, Any]) -> None:
    assert allows(form, *LIKE_ONE) == [value is True for value in LIKE_ONE]


@pytest.mark.parametrize("form", [{"equals": False}, {"one_of": [False]}])
def test_nothing_but_false_is_false(form: dict[str, Any]) -> None:
    assert allows(form, False, 0, 0.0, -0.0, "", "false", None, [], {}) == [True] + [False] * 8


@pytest.mark.parametrize("form", [{"equals": "1"}, {"one_of": ["1"]}])
def test_nothing_but_the_text_one_is_the_text_one(form: dict[str, Any]) -> None:
    assert allows(form, *LIKE_ONE) == [value == "1" for value in LIKE_ONE]


@pytest.mark.parametrize("form", [{"equals": 0}, {"min": 0, "max": 0}])
def test_minus_zero_as_a_float_is_not_zero(form: dict[str, Any]) -> None:
    assert allows(form, 0, -0, -0.0, 0.0, False) == [True, True, False, False, False]


def test_a_list_of_many_types_confuses_none_of_them() -> None:
    form = {"one_of": [1, "true"]}
    assert allows(form, 1, "true", True, "1", 1.0, "True") == [True, True, False, False, False, False]


TEXTS = [
    "Café ",
    " Café",
    "café",
    "CAFÉ",
    "Cafe",
    "Caf\u0435\u0301",
    "C\u0430f\u00e9",
    "Ｃafé",
    "Caf\u00e9\u200b",
]


def test_text_is_neither_folded_nor_normalised_nor_trimmed() -> None:
    composed = unicodedata.normalize("NFC", "Café")
    decomposed = unicodedata.normalize("NFD", "Café")
    for form in ({"equals": composed}, {"one_of": [composed, "x"]}):
        assert allows(form, composed, decomposed, *TEXTS) == [True] + [False] * (1 + len(TEXTS))
    own = rule(user="customer_id")
    assert own.is_users_own({"x": composed}, composed)
    assert not any(own.is_users_own({"x": value}, composed) for value in [decomposed, *TEXTS])


def test_the_outermost_integers_are_refused() -> None:
    assert allows({"min": MIN_INTEGER, "max": MAX_INTEGER}, MIN_INTEGER, MAX_INTEGER) == [True, True]
    for end in (MIN_INTEGER, MAX_INTEGER):
        assert allows({"equals": end}, end) == [True]


def test_bounds_hold_at_both_ends_and_alone() -> None:
    assert allows({"min": 1, "max": 9}, 0, 1, 5, 9, 10, -1) == [False, True, True, True, False, False]
    assert allows({"min": 1}, 0, 1, MAX_INTEGER, MAX_INTEGER + 1, 10**400) == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert allows({"max": 9}, 10, 9, MIN_INTEGER, MIN_INTEGER - 1) == [False, True, True, False]


@pytest.mark.parametrize(
    "text", ["1e0", "1E0", "1e3", "1.0", "5.0", "5.5", "0.5e1", "true", '"5"', "[5]", "null", "{}"]
)
def test_a_number_written_otherwise_is_no_integer(text: str) -> None:
    assert not rule(min=1, max=1000).allows({"x": json.loads(text)})


@pytest.mark.parametrize(
    "form", [{"equals": "a"}, {"one_of": ["a"]}, {"min": 0}, {"max": 0}, {"equals": False}]
)
def test_an_argument_elsewhere_is_a_missing_one(form: dict[str, Any]) -> None:
    good = {"equals": form.get("equals"), "one_of": "a"}.get(next(iter(form)), 0)
    made = rule(**form)
    assert made.allows({"x": good})
    hidden: list[dict[str, Any]] = [
        {}, {"X": good}, {" x": good}, {"x ": good}, {"х": good}, {"ｘ": good}, {"x\u200b": good}, {"": good},
        {"y": {"x": good}}, {"x": {"x": good}}, {"x": [good]}, {"x": None}, {"arguments": {"x": good}},
    ]  # fmt: skip
    assert not any(made.allows(arguments) for arguments in hidden)


def test_a_rule_of_a_user_is_kept_by_no_value_alone() -> None:
    """Asked the wrong question it says no."""
    assert not rule(user="customer_id").allows({"x": "C1001"})
    assert not rule(user="customer_id").allows({"x": 5})


NOBODYS: list[Any] = [
    None,
    "",
    "c1001",
    "C1001 ",
    " C1001",
    "C10010",
    "C100",
    1001,
    True,
    ["C1001"],
    {"x": "C1001"},
]


@pytest.mark.parametrize("value", NOBODYS)
def test_only_the_users_own_text_is_the_users(value: Any) -> None:
    own = rule(user="customer_id")
    assert own.is_users_own({"x": "C1001"}, "C1001")
    assert not own.is_users_own({"x": value}, "C1001")


@pytest.mark.parametrize("own", [None, ""])
def test_a_user_without_the_attribute_owns_nothing(own: str | None) -> None:
    made = rule(user="customer_id")
    values: list[Any] = ["", None, "C1001", "None", False, 0, []]
    assert not any(made.is_users_own({"x": value}, own) for value in values)
    assert not made.is_users_own({}, own)


NO_RULES: dict[str, Any] = {
    "null": None,
    "true": True,
    "a list": [{"equals": 1, "source": "a:1"}],
    "empty": {},
    "source alone": {"source": "a:1"},
    "no source": {"equals": 1},
    "an empty source": {"equals": 1, "source": ""},
    "source no text": {"equals": 1, "source": 1},
    "two kinds": {"equals": 1, "one_of": [1], "source": "a:1"},
    "bound and constant": {"equals": 1, "max": 1, "source": "a:1"},
    "user and constant": {"user": "customer_id", "equals": "C1", "source": "a:1"},
    "user and bound": {"user": "customer_id", "min": 1, "source": "a:1"},
    "unknown kind": {"matches": ".*", "source": "a:1"},
    "unknown kind beside a known": {"equals": 1, "optional": True, "source": "a:1"},
    "kind in capitals": {"Equals": 1, "source": "a:1"},
    "undeclared attribute": {"user": "username", "source": "a:1"},
    "attribute null": {"user": None, "source": "a:1"},
    "attribute a list": {"user": ["customer_id"], "source": "a:1"},
    "equals null": {"equals": None, "source": "a:1"},
    "equals a float": {"equals": 1.0, "source": "a:1"},
    "equals a list": {"equals": [1], "source": "a:1"},
    "equals an object": {"equals": {}, "source": "a:1"},
    "equals beyond 64 bits": {"equals": 1 << 63, "source": "a:1"},
    "one of none": {"one_of": [], "source": "a:1"},
    "one of text": {"one_of": "AB", "source": "a:1"},
    "one of an object": {"one_of": {"A": 1}, "source": "a:1"},
    "one of floats": {"one_of": [1.5], "source": "a:1"},
    "one of lists": {"one_of": [["A"]], "source": "a:1"},
    "one of null": {"one_of": ["A", None], "source": "a:1"},
    "one twice": {"one_of": ["A", "A"], "source": "a:1"},
    "min a float": {"min": 1.0, "source": "a:1"},
    "min true": {"min": True, "source": "a:1"},
    "min text": {"min": "1", "source": "a:1"},
    "min null": {"min": None, "max": 1, "source": "a:1"},
    "max a float": {"max": 1.0, "source": "a:1"},
    "max true": {"max": True, "source": "a:1"},
    "max text": {"max": "1", "source": "a:1"},
    "max below min": {"min": 2, "max": 1, "source": "a:1"},
    "max beyond 64 bits": {"max": 1 << 63, "source": "a:1"},
    "min beyond 64 bits": {"min": -(1 << 63) - 1, "source": "a:1"},
}


@pytest.mark.parametrize("form", NO_RULES.values(), ids=NO_RULES.keys())
def test_what_is_nearly_a_rule_is_none(form: Any) -> None:
    assert parse("x", form, CLAIMS) is None


def test_nobody_changes_a_rule_after_it_was_read() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        rule(max=9).high = 10


NUMBERS = st.integers(-3, 3) | st.integers() | st.sampled_from([MIN_INTEGER, MAX_INTEGER])
SMALL = st.integers(MIN_INTEGER, MAX_INTEGER)
WORDS = st.sampled_from(["1", "true", "A", "a", "A ", "é", "e\u0301", ""]) | st.text(max_size=3)
CONSTANTS = st.booleans() | st.integers(-2, 2) | SMALL | WORDS
BOUNDS = st.tuples(st.integers(-3, 3) | SMALL, st.integers(-3, 3) | SMALL).map(sorted)
FORMS = st.one_of(
    CONSTANTS.map(lambda value: {"equals": value}),
    st.lists(CONSTANTS, min_size=1, max_size=4, unique_by=json.dumps).map(lambda values: {"one_of": values}),
    BOUNDS.map(lambda ends: {"min": ends[0], "max": ends[1]}),
    SMALL.map(lambda end: {"min": end}),
    SMALL.map(lambda end: {"max": end}),
)
VALUES = st.recursive(
    st.none() | CONSTANTS | NUMBERS | st.floats(-3, 3).map(round).map(float) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("x"), inner, max_size=1),
    max_leaves=3,
)


def holds(form: dict[str, Any], value: Any) -> bool:
    """Whether a value keeps a rule, told from the JSON texts alone: no comparison of Python's."""
    text = json.dumps(value)
    if "min" in form or "max" in form:
        if not re.fullmatch(r"-?[0-9]+", text) or not -(2**63) <= int(text) < 2**63:
            return False
        return int(form.get("min", text)) <= int(text) <= int(form.get("max", text))
    return text in [json.dumps(one) for one in form.get("one_of", [form.get("equals")])]


@settings(deadline=None, max_examples=500)
@given(FORMS, VALUES, st.data())
@example({"equals": True}, 1, None)
@example({"min": 0, "max": 1}, True, None)
def test_a_value_is_allowed_if_and_only_if_the_rule_holds(
    form: dict[str, Any], value: Any, data: st.DataObject | None
) -> None:
    if data is not None and data.draw(st.booleans()):
        named = form.get("one_of") or [form[name] for name in ("equals", "min", "max") if name in form]
        value = data.draw(st.sampled_from(named))
    assert rule(**form).allows({"x": value}) is holds(form, value)
