"""Single values of a document of which nothing is certain."""

from __future__ import annotations

import pytest

from lambda_common.errors import Refusal
from tool_customer.document import Node


@pytest.mark.parametrize(
    "value", [True, False, 1.0, "1.5", "01", "-1", "", 0, -1, 10**9, "1000000000", None, [1]]
)
def test_what_is_no_positive_whole_amount_is_refused_by_itself(value: object) -> None:
    with pytest.raises(Refusal, match=r"price\.total must be"):
        Node(value, "price.total").amount()


@pytest.mark.parametrize(("value", "amount"), [("1", 1), ("312400.00", 312400), (999_999_999, 999_999_999)])
def test_an_amount_is_read_exactly(value: object, amount: int) -> None:
    assert Node(value, "price.total").amount() == amount


@pytest.mark.parametrize("value", [True, False, 1.0, "1", -1, 4])
def test_what_is_no_count_is_refused(value: object) -> None:
    with pytest.raises(Refusal):
        Node(value, "stops").count(3)


def test_a_refusal_says_where_the_fault_is() -> None:
    document = Node({"a": [{"b": {}}]}, "offer")
    with pytest.raises(Refusal, match=r"^offer\.a\[0\]\.b\.c must be present\.$"):
        document["a"].items(1)[0]["b"]["c"]
