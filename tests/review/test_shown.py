"""What agents show of tools' answers is access: it is in the model, and a change of it is told with its direction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from review.collect import collect
from review.collect.shown import VARIABLE
from review.compare import compare
from review.compare.change import Direction
from review.model import AccessModel
from review.reader import read_stage
from review.stage import Stage
from tests.review.kit import edited, noted

RUNTIME = "AWS::BedrockAgentCore::Runtime"
TOOL = "flights-api___search_flights"


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-dev")


def showing(stage: Stage, change: Mapping[str, Any] | str) -> AccessModel:
    """The model where the booking agent's rule has these members instead, or this text is its variable."""

    def edit(properties: dict[str, Any]) -> None:
        variables = properties["EnvironmentVariables"]
        rules = json.loads(variables[VARIABLE])
        rules[TOOL] |= change if isinstance(change, Mapping) else {}
        variables[VARIABLE] = change if isinstance(change, str) else json.dumps(rules)

    return collect(edited(stage, RUNTIME, edit, which=noted("booking")))


def test_what_is_shown_is_not_in_the_model(stage: Stage) -> None:
    model = collect(stage)
    shown = {runtime.agent: runtime.shows for runtime in model.runtimes}
    assert f"/price/grandTotal of /data of {TOOL}" in shown["booking"]
    assert any(text.startswith(f"3 items of /data of {TOOL} where ") for text in shown["booking"])
    assert shown["booking"] == shown["orchestrator"]
    assert shown["loyalty"] == shown["policy"] == ()


@pytest.mark.parametrize(
    ("change", "words", "ways"),
    [
        ({"members": ["/secret"]}, "now shows its user /secret of /data of", {Direction.WIDENING, Direction.NARROWING}),
        ({"members": []}, "no longer shows its user", {Direction.NARROWING}),
        ({"only": {}}, f"now shows its user 3 items of /data of {TOOL}", {Direction.WIDENING, Direction.NARROWING}),
    ],
)  # fmt: skip
def test_more_or_less_is_shown_unnoticed(
    stage: Stage, change: Mapping[str, Any], words: str, ways: set[Direction]
) -> None:
    found = compare(collect(stage), showing(stage, change))
    assert {each.direction for each in found} == ways
    assert any(words in each.sentence for each in found), [each.sentence for each in found]


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"a___b": {}}', "[" * 100_000])
def test_rules_nobody_can_read_count_as_none(stage: Stage, text: str) -> None:
    model = showing(stage, text)
    assert len(model.unknowns) == 1
    assert VARIABLE in model.unknowns[0]


def test_the_same_rules_are_a_change(stage: Stage) -> None:
    model = collect(stage)
    assert list(compare(model, replace(model))) == []
