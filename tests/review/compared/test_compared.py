"""The page beside other tools is of this corpus, of these versions, and was written from what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.review.compared import others, page
from tests.review.compared.corpus import Row, rows

AGAIN = f"measure again: {page.AGAIN} (--ours where only the review's words changed)"
ROWS = list(rows())


@pytest.fixture(scope="module")
def results() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(page.RESULTS.read_text(encoding="utf-8"))
    return found


def test_the_page_is_not_of_the_corpus(results: Mapping[str, Any]) -> None:
    assert [row["change"] for row in results["rows"]] == [row.name for row in ROWS], AGAIN
    assert [row["widens"] for row in results["rows"]] == [row.wide for row in ROWS], AGAIN


def test_the_page_is_of_other_versions(results: Mapping[str, Any]) -> None:
    assert results["versions"] == others.versions(), AGAIN


def test_the_page_is_not_what_was_measured(results: Mapping[str, Any]) -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.render(results), AGAIN


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_review_is_said_to_say_something_else(results: Mapping[str, Any], row: Row) -> None:
    """What it finds is held by the corpus' own tests; here, that the page tells the same."""
    told = results["rows"][ROWS.index(row)]
    if not row.wide:
        assert told["sentence"] == "", AGAIN
        return
    assert page.ours(told), AGAIN
    assert row.plant.check is None or row.plant.check in told["checks"], AGAIN
    assert (row.plant.widens or "") in told["sentence"], AGAIN
