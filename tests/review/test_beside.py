"""What no part of the model speaks of does not change in silence, and costs no alarm where it opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from review.collect import collect
from review.compare import Change, compare
from review.lock import same
from review.model import AccessModel
from review.reader import read_stage
from review.stage import Stage
from tests.review import kit
from tests.review.benign import BUILT, built
from tests.review.beside import HIDDEN
from tests.review.beside_benign import HARMLESS
from tests.review.beside_kit import Hidden
from tests.review.plant_kit import Change as Planted
from tests.review.plant_kit import put


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-prod")


@pytest.fixture(scope="module")
def model(stage: Stage) -> AccessModel:
    return collect(stage)


def _all_of(stage: Stage, changes: Sequence[Planted]) -> Stage:
    for change in changes:
        stage = change(stage)
    return stage


@pytest.fixture(scope="module")
def hidden(stage: Stage, model: AccessModel) -> tuple[Change, ...]:
    """All of them at once: one model instead of eighty."""
    return compare(model, collect(_all_of(stage, [each.change for each in HIDDEN])))


@pytest.mark.parametrize("each", HIDDEN, ids=lambda each: each.told)
def test_a_change_beside_the_model_is_silent(hidden: tuple[Change, ...], each: Hidden) -> None:
    told = [line for change in hidden if change.widens for line in (change.sentence, *change.detail)]
    assert any(each.told in line for line in told), told


def test_a_change_beside_the_model_that_opens_nothing_raises_an_alarm(
    stage: Stage, model: AccessModel
) -> None:
    changes = compare(model, collect(_all_of(stage, HARMLESS)))
    assert [change.sentence for change in changes if change.widens] == []
    assert len(changes) > 5


def test_a_model_holds_a_secret(stage: Stage) -> None:
    edit = kit.edited(
        stage,
        "AWS::Lambda::Function",
        lambda properties: properties.update(
            {"Environment": {"Variables": {"API_KEY": "f8Kq2-Lm9xZ0pR7tVw3y"}}}
        ),
        which=kit.noted("tool_policy", "Function"),
    )
    (settings,) = [each for each in collect(edit).settings if each.id == "function:tool_policy"]
    assert "Environment.Variables.API_KEY = hidden" in settings.values


def test_files_built_again_are_another_model(stage: Stage, model: AccessModel) -> None:
    again = built(lambda stage: kit.edited(stage, "Custom::AirsideSite", put("Files", BUILT)))(stage)
    assert same(model, collect(again))
