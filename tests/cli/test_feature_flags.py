"""Feature flags of the CDK: none changes, appears or differs from what is recommended unnoticed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import feature_flags
from tests.assembly_fixture import ROOT, assembly

__all__ = ["assembly"]

NAME = "@aws-cdk/core:one"
OTHER = "@aws-cdk/core:two"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    told = {
        NAME: {"userValue": True, "recommendedValue": True, "explanation": "x"},
        OTHER: {"userValue": False, "recommendedValue": True, "explanation": "y"},
    }
    report = {"type": "cdk:feature-flag-report", "properties": {"module": "aws-cdk-lib", "flags": told}}
    manifest = {"artifacts": {"aws-cdk-lib/feature-flag-report": report}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


@pytest.fixture
def lock(out: Path) -> dict[str, Any]:
    return copy.deepcopy(feature_flags.found(out, {OTHER: {"because": "it is better so"}}))


def told(out: Path, lock: dict[str, Any]) -> list[str]:
    file = out / feature_flags.LOCK
    file.write_text(feature_flags.render(lock), encoding="utf-8")
    return feature_flags.problems(out, file)


def test_the_committed_lock_is_what_is_synthesized(assembly: Path) -> None:
    assert feature_flags.problems(assembly, ROOT / feature_flags.LOCK) == []


def test_a_lock_that_says_the_same_finds_nothing(out: Path, lock: dict[str, Any]) -> None:
    assert told(out, lock) == []
    assert feature_flags.read(out / feature_flags.LOCK) == lock


CHANGES: tuple[tuple[Callable[[dict[str, Any]], object], str], ...] = (
    (lambda lock: lock.update({"aws-cdk-lib": "2.1.0"}), r"was written with aws-cdk-lib 2\.1\.0, and 2\."),
    (lambda lock: lock["flags"].pop(NAME), f"{NAME} is a new flag of aws-cdk-lib, recommended true"),
    (lambda lock: lock["flags"].update({"gone": {"recommended": 1}}), "gone is no flag of aws-cdk-lib any"),
    (lambda lock: lock["flags"][NAME].update(value=False), "one is true, and was approved as false"),
    (lambda lock: lock["flags"][NAME].update(recommended=False), "one is recommended true, and was approved"),
    (lambda lock: lock["flags"][OTHER].update(because=" "), "two is false, and true is recommended: say why"),
)


@pytest.mark.parametrize(("change", "line"), CHANGES)
def test_what_is_not_as_approved_is_told(
    out: Path, lock: dict[str, Any], change: Callable[[dict[str, Any]], object], line: str
) -> None:
    change(lock)
    (problem,) = told(out, lock)
    assert re.search(line, problem), problem


def test_a_flag_that_a_default_decides_is_told(out: Path, lock: dict[str, Any]) -> None:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    flags = manifest["artifacts"]["aws-cdk-lib/feature-flag-report"]["properties"]["flags"]
    del flags[NAME]["userValue"]
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert [line for line in told(out, lock) if "is not set, so a default decides" in line]


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_lock_that_cannot_be_read_is_not_taken_for_none(out: Path, text: str) -> None:
    (out / feature_flags.LOCK).write_text(text, encoding="utf-8")
    assert "cannot be read" in feature_flags.problems(out, out / feature_flags.LOCK)[0]


def test_an_assembly_without_a_report_is_told(out: Path, lock: dict[str, Any]) -> None:
    (out / "manifest.json").write_text('{"artifacts": {}}', encoding="utf-8")
    assert "has no readable report of feature flags" in told(out, lock)[0]
