"""Rows hold plain values on our side of DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_common.errors import ToolFailure
from lambda_common.items import from_attribute, from_item, to_attribute, to_item

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=5))
def test_a_row_comes_back_as_it_was_written(row: dict[str, Any]) -> None:
    found = from_item(to_item(row))
    assert found == row
    assert repr(found) == repr(row), "a flag must not come back as a number"


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), b"x", {1}, object()])
def test_what_no_row_may_hold_is_a_fault(value: object) -> None:
    with pytest.raises(ToolFailure):
        to_attribute(value)


@pytest.mark.parametrize("attribute", [{"N": "1.5"}, {"N": "1E2"}, {"N": "NaN"}, {"B": b"x"}, {"SS": ["a"]}])
def test_a_stored_fraction_or_unknown_type_is_a_fault_and_is_not_rounded(attribute: dict[str, Any]) -> None:
    with pytest.raises(ToolFailure):
        from_attribute(attribute)


def test_korean_text_survives() -> None:
    assert from_item(to_item({"name": "김민준"})) == {"name": "김민준"}
