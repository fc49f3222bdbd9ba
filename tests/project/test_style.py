"""The linters' verdict, as tests, so that one command tells everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TYPED = [
    "governance",
    "stacks",
    "localcloud",
    "review",
    "cli",
    "attacks",
    "lambda",
    "agent_src",
    "systems",
    "tests",
    "bench",
    "app.py",
]


@pytest.mark.parametrize(
    "words",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", *TYPED]],
    ids=lambda words: " ".join(words[:2]),
)
def test_the_linter_finds_nothing(words: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
