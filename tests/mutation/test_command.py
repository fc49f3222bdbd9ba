"""The words of `./airside mutate`: what it could not look at is never taken for nothing found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.assembly_fixture import ROOT


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--module", "fetch"], "--module fetch: is not mutated. Known: access_token, argument_rules"),
        (["--jobs", "0"], "--jobs 0: takes 1 to 16."),
        (["--sample", "0"], "--sample 0: takes 1 or more."),
        (["--since", "nowhere"], "--since nowhere: "),
    ],
)
def test_wrong_words_are_taken_for_nothing_found(words: list[str], says: str) -> None:
    command = [sys.executable, "-m", "cli", "mutate", *words]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
