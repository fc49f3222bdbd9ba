"""What the review says has one English text and a name, whatever is done with it."""

from __future__ import annotations

import copy

import pytest

from review import words
from review.said import ENGLISH, Said, document


def test_a_text_loses_its_name_where_its_tokens_are_told() -> None:
    told = words.told(Said("takes_client", client="${pool-client:a-dev-clerk}"))
    assert told == "takes tokens of the client pool client a-dev-clerk"
    assert document(told) == {
        "text": "takes tokens of the client pool client a-dev-clerk",
        "code": "takes_client",
        "values": {"client": "pool client a-dev-clerk"},
    }
    assert document("by hand") == {"text": "by hand"}


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy])
def test_a_copy_is_another_text(again: object) -> None:
    said = Said("at_most", argument="adults", value="9")
    assert callable(again)
    made = again(said)
    assert (made, made.code, made.values) == (said, "at_most", {"argument": "adults", "value": "9"})


def test_a_name_that_nobody_knows_or_half_of_the_values_is_said() -> None:
    with pytest.raises(KeyError):
        Said("made_up")
    with pytest.raises(KeyError):
        Said("at_most", argument="adults")
    assert Said("is", argument="a", value="{value}") == "a is {value}"


@pytest.mark.parametrize(
    ("written", "english", "code"),
    [
        ("(context.input.adults <= 9)", "adults ≤ 9", "at_most"),
        ("context.input.adults >= 1", "adults ≥ 1", "at_least"),
        ('context.input.cabin == "A"', 'cabin is "A"', "is"),
        ("context.input has adults", "adults is given", "is_given"),
        ("context.input.a <= 9 && context.input.b >= 1", "a ≤ 9 and b ≥ 1", None),
        ('context.input.a == "x" || true', 'a is "x" or true', None),
        ('principal.hasTag("username")', "the token has username", None),
    ],
)
def test_a_condition_is_named_as_what_it_is_not(written: str, english: str, code: str | None) -> None:
    told = words.condition(written)
    assert told == english
    assert getattr(told, "code", None) == code


def test_an_english_text_stands_in_two_places() -> None:
    assert len(set(ENGLISH.values())) == len(ENGLISH)
