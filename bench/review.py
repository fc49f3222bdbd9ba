"""How long a review takes: the airline, and 200 agents with 2,000 tools; each goal met or missed.

    ./airside bench review [--json]     or     python bench/review.py [--json]

Synthesis does not count. Read, collected, checked and compared are timed apart, as processor time, best of the
rounds; a goal counts their sum without the comparison. A missed goal is shown, not a failure.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
# Not the folder of this file: its name is also that of the package it measures.
sys.path[:] = [str(ROOT), *(each for each in sys.path if Path(each or ".").resolve() != ROOT / "bench")]

from bench._large import large  # noqa: E402
from bench._timing import Figure, dump, figure, show  # noqa: E402
from bench.access import Goal, goal, show_goals  # noqa: E402
from review.collect import collect  # noqa: E402
from review.compare import compare  # noqa: E402
from review.reader import read_stage  # noqa: E402
from review.run import review  # noqa: E402
from review.stage import Stage  # noqa: E402

TODAY = "2026-11-21"
SYSTEM, ENVIRONMENT, AGENT, TARGET = "airline", "prod", "booking", "customer-mcp"
T = TypeVar("T")


def timed(run: Callable[[], T], rounds: int) -> tuple[T, Figure]:
    """What it gives, and milliseconds of processor time."""
    values = []
    for _ in range(rounds):
        start = time.process_time_ns()
        found = run()
        values.append((time.process_time_ns() - start) / 1e6)
    return found, figure(values, "ms")


def stage_figures(stage: Stage, rounds: int) -> dict[str, Figure]:
    """Collecting alone, the review (which collects), and a comparison of two models."""
    model, collected = timed(lambda: collect(stage), rounds)
    _, reviewed = timed(lambda: review(stage, today=TODAY), rounds)
    _, compared = timed(lambda: compare(model, model), rounds)
    return {"collect": collected, "review (collect and check)": reviewed, "compare": compared}


def measured(folder: Path, rounds: int) -> tuple[dict[str, Figure], dict[str, Figure], list[Goal]]:
    """The airline's figures, the large stage's, and the goals."""
    name = f"{SYSTEM}-{ENVIRONMENT}"
    stage, read = timed(lambda: read_stage(folder, name), rounds)
    small = {"read": read, **stage_figures(stage, rounds)}
    with tempfile.TemporaryDirectory() as scratch:
        big = stage_figures(large(stage, AGENT, TARGET, Path(scratch)), max(1, rounds // 5))
    reviewed = "review (collect and check)"
    goals = [
        goal(
            "the airline, read and reviewed",
            (small["read"].best + small[reviewed].best) / 1000,
            1,
            "s",
        ),
        goal("200 agents and 2,000 tools, reviewed", big[reviewed].best / 1000, 10, "s"),
    ]
    return small, big, goals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--assembly", type=Path, metavar="DIR", help="a synthesized one (default: synthesize)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="of the airline; the large stage has a fifth")
    words = parser.parse_args()
    folder = words.assembly
    if folder is None:
        from cli import assembly

        folder = assembly.ensure(ROOT, SYSTEM, ENVIRONMENT)
    small, big, goals = measured(folder, words.rounds)
    if words.json:
        dump(airline=small, large=big, goals=goals)
        return
    show("The airline, processor time", small)
    show("200 agents and 2,000 tools, processor time", big)
    show_goals(goals)


if __name__ == "__main__":
    main()
