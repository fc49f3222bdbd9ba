"""The benchmarks start from anywhere and tell a missed goal; their figures are nobody's test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench._timing import Figure
from bench.access import goal
from bench.growth import Size, factors
from bench.interceptor import INTERCEPTOR, JSON_ONLY, MINIMAL, WITHOUT_BYTECODE, ratios

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_started_from_elsewhere_finds_its_code(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), "--help"]
    result = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "--json" in result.stdout


def test_a_goal_that_is_missed_is_called_met() -> None:
    assert [goal("warm", value, 15, "µs").met for value in (14.9, 15, 15.1)] == [True, True, False]


def test_growth_is_taken_from_other_than_smallest_to_largest() -> None:
    def size(warm: float, listed: float) -> Size:
        return Size(10, 10, 1, Figure(9, warm, "µs"), Figure(9, listed, "µs"), Figure(9, 9, "µs"))

    found = factors({"agents": [size(10, 4), size(99, 99), size(20, 5)]})
    assert found == {"warm decision with agents": 2, "list filter with agents": 1.25}


def test_a_ratio_has_another_yardstick_than_it_says() -> None:
    decided = {
        "warm allow": Figure(14, 1, "µs"),
        "warm allow, bound to the user": Figure(28, 1, "µs"),
        "first sight of a token": Figure(180, 1, "µs"),
        "first sight of a user": Figure(270, 1, "µs"),
        "yardstick: JSON round trip of the event": Figure(7, 1, "µs"),
        "yardstick: bare RSA-2048 public operation": Figure(90, 1, "µs"),
    }
    medians = {JSON_ONLY: 10.0, MINIMAL: 12.0, INTERCEPTOR: 15.0, WITHOUT_BYTECODE: 30.0}
    imported = {name: Figure(value, 1, "ms") for name, value in medians.items()}
    assert list(ratios(decided, imported).values()) == [2, 4, 2, 3, 1.25, 1.5, 3]
