"""The runner tells killed from survived, and survives what mutants do; the decision code's tests are sharp."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from mutation.targets import DECISION
from tests.assembly_fixture import ROOT

pytestmark = pytest.mark.xdist_group("mutation")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("mutation")
    command = [sys.executable, "-m", "tests.mutation.planted", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def test_a_mistake_that_the_tests_cannot_see_is_reported_as_seen_or_the_reverse(outcomes: Any) -> None:
    """The planted tests ask far from the boundary, so they see no mutant that moves it."""
    assert {change: outcome for change, (outcome, _) in outcomes["weak"].items()} == {
        "age >= 18 → (age > 18)": "survived",
        "18 → 19": "survived",
        "18 → 17": "survived",
        "age >= 18 → (age < 18)": "killed",
        "return age >= 18 → return None": "killed",
    }
    assert outcomes["weak"]["age >= 18 → (age < 18)"][1] == "tests/test_weak.py::test_far_apart"


def test_tests_that_fail_anyway_are_taken_for_sharp_ones(outcomes: Any) -> None:
    assert "cannot be relied on without a mutant" in outcomes["failing"]
    assert "the reason" in outcomes["failing"]


def test_a_mutant_that_never_ends_holds_up_the_run(outcomes: Any) -> None:
    assert outcomes["waiting"]["long → True"] == ["killed", "out of time"]


@pytest.mark.parametrize("module", DECISION.sources)
def test_a_mistake_in_the_decision_code_goes_unnoticed(module: str, outcomes: Any) -> None:
    """A sample of what `./airside mutate` asks of every line."""
    outcome, by = outcomes["sample"][module]
    assert outcome == "killed"
    assert by.startswith(DECISION.tests)
