"""What is committed is what the generator makes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from systems.airline.data import generate

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", list(generate.render()), ids=str)
def test_generating_again_gives_the_committed_bytes(path: Path) -> None:
    text = generate.render()[path]
    assert (ROOT / path).read_bytes() == text.encode(), (
        f"run python -m systems.airline.data.generate for {path}"
    )


def test_every_seed_of_a_table_is_generated() -> None:
    made = {path.name for path in generate.render()}
    assert {
        "customers.json",
        "bookings.json",
        "members.json",
        "tiers.json",
        "rules.json",
        "schedule.json",
    } <= made


def digest(files: dict[Path, str]) -> str:
    return hashlib.sha256("".join(f"{path}\0{text}\0" for path, text in files.items()).encode()).hexdigest()


@pytest.mark.parametrize("seed", ["0", "7"])
def test_the_bytes_do_not_depend_on_the_hash_seed_of_the_process(seed: str) -> None:
    script = (
        "from tests.airline_data.test_generated import digest, generate; print(digest(generate.render()))"
    )
    made = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONHASHSEED": seed, "LANG": "C"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert made.stdout.strip() == digest(generate.render())


@pytest.mark.parametrize(
    "path", [one for one in generate.render() if "tool_customer" not in str(one)], ids=str
)
def test_a_file_of_rows_has_one_row_a_line_and_readable_korean(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    rows = json.loads(text)
    assert len(text.splitlines()) == len(rows) + 2
    assert "\\u" not in text
