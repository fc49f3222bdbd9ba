"""What is excused is named exactly, with a reason, and no longer than the code it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutation.equivalents import MalformedEquivalents, load, stale
from mutation.mutants import mutants
from mutation.targets import DECISION

SOURCE = "def f(a):\n    return a < 1 or a < 1\n"
ENTRY = '{module: m, in: f, change: "a < 1 → (a <= 1)", reason: nobody asks}'


def written(folder: Path, text: str) -> Path:
    path = folder / "equivalents.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_excused_mutant_is_not_there_or_without_a_reason() -> None:
    entries = load()
    everything = [
        each
        for module, path in DECISION.sources.items()
        for each in mutants(module, path, DECISION.source(module))
    ]
    assert [entry.name for entry in stale(entries, everything)] == []
    assert [entry.name for entry in entries if len(entry.reason.split()) < 5] == []
    assert len(entries) < len(everything) / 20, "what is excused is not tested"


def test_an_entry_excuses_another_mutant_than_its_own(tmp_path: Path) -> None:
    second = ENTRY.replace("reason", "number: 2, reason")
    there = mutants("m", "m.py", SOURCE)
    for text, left in ((f"- {ENTRY}", 0), (f"- {second}", 0), (f"- {ENTRY}\n- {second}", 0)):
        assert len(stale(load(written(tmp_path, text)), there)) == left
    for wrong in (
        second.replace("2", "3"),
        ENTRY.replace("in: f", "in: g"),
        ENTRY.replace("module: m", "module: n"),
        ENTRY.replace("<= 1)", "<= 2)"),
    ):
        assert len(stale(load(written(tmp_path, f"- {wrong}")), there)) == 1, wrong


def test_a_change_is_found_however_its_entry_is_wrapped(tmp_path: Path) -> None:
    text = "- module: m\n  in: f\n  change: >-\n    a < 1\n    → (a <= 1)\n  reason: nobody asks\n"
    assert stale(load(written(tmp_path, text)), mutants("m", "m.py", SOURCE)) == []


MALFORMED = {
    "no YAML": "{}x: 1",
    "no list": "a: 1",
    "no entry": "- a",
    "no reason": "- {module: m, in: f, change: c}",
    "an empty reason": '- {module: m, in: f, change: c, reason: " "}',
    "more": f"- {ENTRY.replace('reason', 'because: x, reason')}",
    "number zero": f"- {ENTRY.replace('reason', 'number: 0, reason')}",
    "number true": f"- {ENTRY.replace('reason', 'number: true, reason')}",
    "twice": f"- {ENTRY}\n- {ENTRY}",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_an_entry_that_is_nearly_right_excuses_something(case: str, tmp_path: Path) -> None:
    with pytest.raises(MalformedEquivalents, match=r"equivalents\.yaml"):
        load(written(tmp_path, MALFORMED[case]))
