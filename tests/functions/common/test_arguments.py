"""Arguments are read strictly."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_common.arguments import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, MAX_STRING, Arguments, oversized
from lambda_common.errors import Refusal

NUMBER = re.compile(r"C[0-9]{4,8}")


def refused(
    event: object, *, required: tuple[str, ...] = ("name",), optional: tuple[str, ...] = ("days",)
) -> Refusal:
    with pytest.raises(Refusal) as caught:
        Arguments(event, required=required, optional=optional)
    assert caught.value.code == "invalid_argument"
    return caught.value


@pytest.mark.parametrize("event", [None, [], "text", 1, True, [{"name": "x"}]])
def test_an_event_that_is_no_object_is_refused(event: object) -> None:
    refused(event)


def test_an_unknown_argument_is_refused_without_repeating_it() -> None:
    refusal = refused({"name": "x", "s3cret": "y"})
    assert "s3cret" not in refusal.message
    assert "name, days" in refusal.message


@pytest.mark.parametrize("event", [{}, {"name": None}, {"days": 1}])
def test_a_missing_argument_is_named(event: object) -> None:
    assert "name" in refused(event).message


def test_an_optional_argument_that_is_null_counts_as_left_out() -> None:
    arguments = Arguments({"name": "x", "days": None}, required=("name",), optional=("days",))
    assert arguments.optional_integer("days", 0, 9) is None


@pytest.mark.parametrize(
    "value",
    [
        "c1001",
        "C1001 ",
        " C1001",
        "C1001\n",
        "C１００１",
        "C100",
        "C123456789",
        "С1001",
        "C1001\0",
        1001,
        True,
        [],
        {},
    ],
)
def test_text_that_is_not_wholly_of_its_pattern_is_refused(value: object) -> None:
    arguments = Arguments({"name": value}, required=("name",))
    with pytest.raises(Refusal) as caught:
        arguments.text("name", NUMBER, "a customer number")
    assert caught.value.code == "invalid_argument"


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, "1", -1, 401, 10**30, [1], {}])
def test_what_is_no_whole_number_within_bounds_is_refused(value: object) -> None:
    arguments = Arguments({"days": value}, required=(), optional=("days",))
    with pytest.raises(Refusal):
        arguments.optional_integer("days", 0, 400)


@pytest.mark.parametrize("value", [["GOLD"], {"a": 1}, 5, True])
def test_a_choice_that_is_no_string_is_refused_as_an_argument(value: object) -> None:
    arguments = Arguments({"tier": value}, required=("tier",))
    with pytest.raises(Refusal) as caught:
        arguments.choice("tier", ("GOLD",), code="unknown_tier")
    assert caught.value.code == "invalid_argument"


@pytest.mark.parametrize("value", ["gold", "GOLD ", "", "PLASTIC"])
def test_a_choice_outside_the_set_is_refused_with_its_own_code(value: str) -> None:
    arguments = Arguments({"tier": value}, required=("tier",))
    with pytest.raises(Refusal) as caught:
        arguments.choice("tier", ("GOLD", "SILVER"), code="unknown_tier")
    assert caught.value.code == "unknown_tier"
    assert "GOLD, SILVER" in caught.value.message


@pytest.mark.parametrize("value", [[], "{}", 1, True])
def test_an_object_argument_of_another_type_is_refused(value: object) -> None:
    arguments = Arguments({"offer": value}, required=("offer",))
    with pytest.raises(Refusal):
        arguments.mapping("offer")


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        nested(MAX_DEPTH),
        nested(100_000),
        "x" * (MAX_STRING + 1),
        {"x" * (MAX_STRING + 1): 1},
        [0] * MAX_NODES,
        {str(n): n for n in range(MAX_NODES)},
        ["x" * MAX_STRING] * (MAX_CHARACTERS // MAX_STRING + 1),
        float("nan"),
        [float("inf")],
        {"a": {"b": float("-inf")}},
    ],
    ids=[
        "deep",
        "very deep",
        "long text",
        "long key",
        "many",
        "many keys",
        "much text",
        "nan",
        "infinity",
        "-infinity",
    ],
)
def test_an_oversized_or_impossible_value_is_refused_before_it_is_read(value: object) -> None:
    assert oversized(value) is not None
    refused({"name": value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_event_is_either_read_or_refused(event: Any) -> None:
    try:
        Arguments(event, required=("a",), optional=("b",)).text("a", NUMBER, "a number")
    except Refusal as refusal:
        assert refusal.code == "invalid_argument"
