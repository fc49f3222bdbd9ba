"""Stages of one system: what environments set may differ, what is granted may not."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from review.collect import collect
from review.model import AccessModel
from review.parity import differences
from review.reader import read_stage
from review.run import review
from review.stage import Stage
from tests.review.kit import without
from tests.review.plant_kit import CLIENT, PERMIT, POLICY, Plant, on, put
from tests.review.plants import WIDENINGS

STAGES = ("airline-dev", "airline-staging", "airline-prod")
GRANTS = (
    "second permit",
    "reads a table",
    "clients dropped",
    "second badge",
    "another schema",
    "foreign interceptor",
)


@pytest.fixture(scope="module")
def stages(assembly: Path) -> dict[str, Stage]:
    return {name: read_stage(assembly, name) for name in STAGES}


@pytest.fixture(scope="module")
def models(stages: dict[str, Stage]) -> dict[str, AccessModel]:
    return {name: collect(stage) for name, stage in stages.items()}


@pytest.mark.parametrize("pair", list(permutations(STAGES, 2)), ids="-".join)
def test_what_environments_set_is_a_difference(models: dict[str, AccessModel], pair: tuple[str, str]) -> None:
    one, other = pair
    assert [each.sentence for each in differences(models[one], models[other])] == []


@pytest.mark.parametrize(
    "plant", [each for each in WIDENINGS if each.name in GRANTS], ids=lambda each: each.name
)
def test_a_grant_of_one_stage_only_is_overlooked(
    stages: dict[str, Stage], models: dict[str, AccessModel], plant: Plant
) -> None:

    report = review(
        plant.change(stages["airline-prod"]), today="2026-11-21", beside=(models["airline-staging"],)
    )
    found = [each for each in report.findings if each.check == "STG-01"]
    assert found
    assert all("airline-staging" in each.message for each in found)


def test_what_one_stage_lacks_is_overlooked(stages: dict[str, Stage], models: dict[str, AccessModel]) -> None:
    lacking = collect(without(stages["airline-prod"], POLICY, **PERMIT))
    assert list(differences(lacking, models["airline-dev"]))
    assert list(differences(models["airline-dev"], lacking))


def test_a_longer_token_is_a_difference_in_grants(
    stages: dict[str, Stage], models: dict[str, AccessModel]
) -> None:
    """The environment declares it, and SEC-03 speaks of it."""
    longer = collect(on(CLIENT, put("AccessTokenValidity", 45))(stages["airline-prod"]))
    assert list(differences(longer, models["airline-dev"])) == []
