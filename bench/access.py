"""What access control costs, in one run: decision, cold start, gateway, growth; each goal met or missed.

    ./airside bench access [--json]     or     python bench/access.py [--json]

The parts are the other benchmarks (interceptor, gateway, growth), which tell how each is measured. A figure
counts by the best of its rounds, as the standard library's timeit advises: what is slower than the best was
another process's doing. Ratios are of medians of interleaved rounds. A missed goal is shown, not a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bench import gateway, growth, interceptor  # noqa: E402
from bench._timing import Figure, dump, show, show_ratios  # noqa: E402


@dataclass(frozen=True)
class Goal:
    """A figure and the most it may be."""

    what: str
    value: float
    most: float
    unit: str
    met: bool


def goal(what: str, value: float, most: float, unit: str) -> Goal:
    """The goal with its verdict."""
    return Goal(what, value, most, unit, value <= most)


def goals(
    decided: dict[str, Figure],
    imported: dict[str, Figure],
    called: dict[str, Figure],
    grown: dict[str, list[growth.Size]],
) -> list[Goal]:
    """Every goal beside what was measured."""
    warm, first = decided["warm allow"].best, decided["first sight of a token"].best
    cold = imported[interceptor.INTERCEPTOR].median / imported[interceptor.MINIMAL].median
    found = [
        goal("warm decision", warm, 15, "µs"),
        goal("first sight of a token", first, 260, "µs"),
        goal("cold import / standard-library handler", cold, 1.3, "×"),
        goal("gateway, one authorised tools/call", called[gateway.GATEWAY].best, 1.0, "ms"),
    ]
    factors = growth.factors(grown)
    return found + [goal(f"{what}, largest / smallest", value, 1.25, "×") for what, value in factors.items()]


def show_goals(found: Sequence[Goal]) -> None:
    """Prints the verdicts."""
    print("Goals")
    for each in found:
        verdict = "met" if each.met else "MISSED"
        print(f"  {each.what:<58}{each.value:>10.2f} {each.unit:<3} at most {each.most:g}: {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    decided, imported = interceptor.decisions(), interceptor.imports()
    called = asyncio.run(gateway.figures())
    grown = growth.sizes()
    verdicts = goals(decided, imported, called, grown)
    ratios = {**interceptor.ratios(decided, imported), **gateway.ratios(called)}
    if as_json:
        dump(decisions=decided, imports=imported, gateway=called, growth=grown, ratios=ratios, goals=verdicts)
        return
    show("Decisions, processor time", decided)
    show("New process, processor time", imported)
    show("One authorised tools/call, processor time", called)
    growth.show(grown)
    show_ratios(ratios)
    show_goals(verdicts)


if __name__ == "__main__":
    main()
