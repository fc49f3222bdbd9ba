"""Runs mutants of a few planted modules and of the decision code, in a process of its own; prints JSON.

    python -m tests.mutation.planted FOLDER

A process that forks must have one thread and none of what it changes; a test worker has neither.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mutation.mutants import mutants
from mutation.runner import CouldNotLook, Limits, run
from mutation.targets import DECISION, Project

WEAK = "def of_age(age: int) -> bool:\n    return age >= 18\n"
WEAK_TESTS = (
    "from weak import of_age\n\ndef test_far_apart():\n    assert of_age(40)\n    assert not of_age(4)\n"
)
WAITING = "import time\n\ndef wait(long: bool) -> int:\n    if long:\n        time.sleep(600)\n    return 1\n"
WAITING_TESTS = "from waiting import wait\n\ndef test_it():\n    assert wait(False) == 1\n"
FAILING_TESTS = "from weak import of_age\n\ndef test_wrong():\n    assert of_age(4), 'the reason'\n"


def project(folder: Path, module: str, source: str, tests: str) -> Project:
    """A module with its tests as a project of its own."""
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\npythonpath = ["."]\n', encoding="utf-8"
    )
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    (folder / "tests" / f"test_{module}.py").write_text(tests, encoding="utf-8")
    return Project(folder, {module: f"{module}.py"}, "tests", {module: (f"tests/test_{module}.py",)})


def outcomes(of: Project, *, baseline: bool = True, limits: Limits | None = None, kind: str = "") -> Any:
    """Change → [outcome, by], or what could not be looked at."""
    [(module, path)] = of.sources.items()
    chosen = [each for each in mutants(module, path, of.source(module)) if kind in each.kind]
    try:
        results = list(run(of, chosen, baseline=baseline, limits=limits))
    except CouldNotLook as error:
        return str(error)
    return {each.mutant.change: [each.outcome, each.by] for each in results}


def sample() -> dict[str, list[str | None]]:
    """One mutant in the middle of each module of the decision code: module → [outcome, by]."""
    every = [mutants(module, path, DECISION.source(module)) for module, path in DECISION.sources.items()]
    # The run that this belongs to holds all tests: without a mutant they need not pass here as well.
    results = run(DECISION, [each[len(each) // 2] for each in every], baseline=False)
    return {each.mutant.module: [each.outcome, each.by] for each in results}


def main(folder: Path) -> None:
    weak = project(folder / "weak", "weak", WEAK, WEAK_TESTS)
    failing = project(folder / "failing", "weak", WEAK, FAILING_TESTS)
    waiting = project(folder / "waiting", "waiting", WAITING, WAITING_TESTS)
    print(
        json.dumps(
            {
                "weak": outcomes(weak),
                "failing": outcomes(failing),
                "waiting": outcomes(
                    waiting, baseline=False, limits=Limits(clock_seconds=2.0), kind="condition"
                ),
                "sample": sample(),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
