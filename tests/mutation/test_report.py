"""What is found is told: counted by module, with the place, the change and what to do, and in the exit code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mutation.equivalents import Equivalent
from mutation.mutants import Mutant, mutants
from mutation.report import Report
from mutation.runner import Outcome, Result
from mutation.targets import Project

SOURCE = "def f(a):\n    return a < 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(SOURCE, encoding="utf-8")
    sources = {"p.one": "one.py", "p.two": "two.py"}
    return Project(tmp_path, sources, "tests", {})


def of(project: Project, module: str) -> list[Mutant]:
    return mutants(module, project.sources[module], project.source(module))


def report(project: Project, survived: int = 0) -> Report:
    """Every mutant of the first module, of which some survived; of the second only one, which is excused."""
    results = [
        Result(
            each,
            Outcome.SURVIVED if number < survived else Outcome.KILLED,
            None if number < survived else "t",
        )
        for number, each in enumerate(of(project, "p.one"))
    ]
    return Report(project, results, of(project, "p.two")[:1], [], [], 1.25)


def test_counts_are_of_another_module_or_leave_one_out(project: Project) -> None:
    made = report(project, survived=2)
    number = len(of(project, "p.one"))
    rows = [(row.module, row.mutants, row.killed, row.survived, row.equivalent) for row in made.rows()]
    assert rows == [("one", number, number - 2, 2, 0), ("two", 1, 0, 0, 1)]
    table = [line.split() for line in list(made.lines())[:4]]
    assert table[0] == ["module", "mutants", "killed", "survived", "equivalent"]
    assert table[-1] == ["total", str(number + 1), str(number - 2), "2", "1"]


def test_a_run_in_which_nothing_was_to_be_changed_ends_in_a_traceback(project: Project) -> None:
    made = Report(project, [], [], [], [], 0.0)
    assert made.clean
    assert list(made.lines()) == ["No mutant: what was asked for holds nothing that is mutated.", "0 s"]


def test_a_survivor_is_told_without_its_place_or_its_change(project: Project) -> None:
    made = report(project, survived=1)
    assert not made.clean
    text = "\n".join(made.lines())
    assert "survived: one.py:2, nothing returned" in text
    assert "module: p.one, in: f, change: return a < 1 → return None" in text
    assert "  -    return a < 1\n  +    return None" in text
    assert "mutation/equivalents.yaml" in text
    [survivor] = made.as_json()["survivors"]
    assert (survivor["line"], survivor["in"], survivor["diff"]) == (
        2,
        "f",
        ["-    return a < 1", "+    return None"],
    )


def test_nothing_found_is_told_as_something(project: Project) -> None:
    made = report(project)
    assert made.clean
    assert not [line for line in made.lines() if ":" in line]
    assert made.as_json()["survivors"] == made.as_json()["stale"] == made.as_json()["not_equivalent"] == []


def test_an_entry_that_holds_no_longer_is_no_finding(project: Project) -> None:
    entry = Equivalent(("p.one", "f", "a → b", 2), "a reason")
    stale = replace(report(project), stale=[entry])
    assert not stale.clean
    assert "stale: module: p.one, in: f, change: a → b, number: 2" in list(stale.lines())
    noticed = replace(
        report(project), noticed=[Result(of(project, "p.one")[0], Outcome.KILLED, "tests/t.py::u")]
    )
    assert not noticed.clean
    assert [line for line in noticed.lines() if "tests/t.py::u notices it" in line]
    assert noticed.as_json()["not_equivalent"][0]["by"] == "tests/t.py::u"
