"""How the benchmarks measure and show. No benchmark itself."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """Median and best of several rounds, in one unit."""

    median: float
    best: float
    unit: str

    def __str__(self) -> str:
        return f"{self.median:>10.2f} {self.unit:<3} (best {self.best:.2f})"


def figure(values: list[float], unit: str) -> Figure:
    """The figure of one case's rounds."""
    return Figure(statistics.median(values), min(values), unit)


def micros(run: Callable[[], object], times: int, rounds: int = 60) -> Figure:
    """Microseconds of processor time of one run; short rounds, so that few of them are disturbed.

    Processor time, because a decision waits for nothing: what passes beyond it belongs to other processes.
    """
    values = []
    for _ in range(rounds):
        start = time.thread_time_ns()
        for _ in range(times):
            run()
        values.append((time.thread_time_ns() - start) / times / 1000)
    return figure(values, "µs")


def show(title: str, figures: Mapping[str, Figure]) -> None:
    """Prints one table."""
    print(title)
    for name, value in figures.items():
        print(f"  {name:<58}{value}")


def show_ratios(ratios: Mapping[str, float]) -> None:
    """Prints the table of ratios."""
    print("Ratios of medians")
    for name, value in ratios.items():
        print(f"  {name:<58}{value:>10.2f} ×")


def dump(**parts: object) -> None:
    """Prints one JSON object; figures become objects of median, best and unit."""
    print(json.dumps(parts, default=asdict, ensure_ascii=False))
