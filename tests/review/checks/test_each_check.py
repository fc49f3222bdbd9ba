"""Every check finds what it is for, and says nothing of what is in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from review import checks
from review.collect import collect
from review.findings import Finding, Waiver
from review.model import AccessModel
from review.reader import read_stage
from review.run import review
from review.stage import Stage
from tests.review.checks.cases import CASES, MENDED, Case, waiver
from tests.review.plants import WIDENINGS

TODAY = "2026-11-21"
AGENTS = ("booking", "loyalty", "orchestrator", "policy")
ROLES = (
    *(f"airline-prod-agent-{agent}" for agent in AGENTS),
    *(f"airline-prod-function-{name}" for name in ("gateway-interceptor", "tool-customer", "tool-loyalty")),
    "airline-prod-function-site-publisher",
    "airline-prod-function-tool-policy",
    "airline-prod-gateway",
)

STANDING: dict[str, Sequence[str]] = {
    "FLW-01": ("booking", "orchestrator"),
    "IAM-04": ROLES,
    "NET-01": AGENTS,
}
"""What the checks say of the main project in production, by id: subjects. Of everything else they are silent."""


@pytest.fixture(scope="module")
def stage(assembly: Path) -> Stage:
    return read_stage(assembly, "airline-prod")


@pytest.fixture(scope="module")
def approved(stage: Stage) -> AccessModel:
    return collect(stage)


@pytest.fixture(scope="module")
def standing(stage: Stage, approved: AccessModel) -> tuple[Finding, ...]:
    return review(stage, today=TODAY, approved=approved, beside=(approved,)).findings


def said(findings: Sequence[Finding]) -> set[tuple[str, str, str]]:
    return {(each.check, each.subject, each.message) for each in findings}


@pytest.mark.parametrize("check", [each.id for each in checks.load().all()])
def test_a_check_objects_to_what_is_in_order(standing: tuple[Finding, ...], check: str) -> None:
    found = sorted(each.subject for each in standing if each.check == check)
    assert found == sorted(STANDING.get(check, ()))


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.check}" for number, case in enumerate(CASES)])
def test_a_check_overlooks_what_it_is_for(
    stage: Stage, approved: AccessModel, standing: tuple[Finding, ...], case: Case
) -> None:
    report = review(
        case.change(stage),
        today=TODAY,
        waivers=case.waivers,
        approved=approved if case.locked else None,
    )
    new = said(report.findings) - said(standing)
    assert case.check in {check for check, _, _ in new}


@pytest.mark.parametrize("check", MENDED)
def test_a_check_objects_for_ever(stage: Stage, check: str) -> None:
    assert check in STANDING
    assert [each for each in review(MENDED[check](stage), today=TODAY).findings if each.check == check] == []


PROVED = {
    *(case.check for case in CASES),
    *(plant.check for plant in WIDENINGS if plant.check),
    # These object to the main project itself; parity of stages has tests of its own.
    *STANDING,
    "STG-01",
}
"""The checks that a test of this folder or of the corpus shows to find what they are for."""
QUIET = {each.id for each in checks.load().all()} - (STANDING.keys() - MENDED.keys())
"""The checks that a test shows to be silent: on the main project, or on what is mended of it."""


@pytest.mark.parametrize("check", [each.id for each in checks.load().all()])
def test_a_check_lacks_a_test_that_finds_or_one_that_stays_silent(check: str) -> None:
    assert check in PROVED, "add a Case with a change that it finds (tests/review/checks/cases.py)"
    assert check in QUIET, "add to MENDED a change after which it is silent (tests/review/checks/cases.py)"


def test_a_test_speaks_of_a_check_that_is_not_there() -> None:
    assert PROVED | STANDING.keys() | MENDED.keys() <= {each.id for each in checks.load().all()}


def test_a_waiver_of_one_stage_accepts_nothing_in_another(stage: Stage) -> None:
    elsewhere = replace(waiver(), stage="airline-dev")
    here = replace(waiver(), stage=stage.name)
    assert _accepted(stage, here) == len(AGENTS)
    assert _accepted(stage, elsewhere) == 0
    # A waiver of another stage is not unused here either.
    assert not [
        each for each in review(stage, today=TODAY, waivers=(elsewhere,)).open if each.check == "WAI-01"
    ]


def _accepted(stage: Stage, waiver: Waiver) -> int:
    return sum(each.waiver is not None for each in review(stage, today=TODAY, waivers=(waiver,)).findings)
