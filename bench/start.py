"""What it costs to start a stage's agents and to ask the first question, forked from a warm process or not.

Beside it the same agents forked from a process that has imported nothing, so that each imports its libraries for
itself, as it does where there is no warm process. Each round runs the whole local platform, both kinds in turn.
Processor time is that of the agents and of the process they are forked from, memory their proportional share (PSS);
what the platform itself and its functions take is in the seconds alone. Linux.

    ./airside bench start [--rounds N] [--json]     or     python bench/start.py [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [str(ROOT), *(each for each in sys.path if Path(each or ".").resolve() != ROOT / "bench")]

from bench._timing import Figure, dump, figure, show, show_ratios  # noqa: E402

QUESTION = "I want to change my booking, what will it cost?"
SYSTEM, ENVIRONMENT, CUSTOMER = "airline", "dev", "C1001"
COLD, WARM = "each imports for itself", "forked from a warm process"


@dataclass(frozen=True)
class Round:
    """Seconds and megabytes of one start and one question."""

    ready: float
    answered: float
    processor: float
    memory: float


def processor(pids: Iterable[int]) -> float:
    """Seconds these processes have taken (proc_pid_stat(5))."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pids: Iterable[int]) -> float:
    """Megabytes: each page counted in equal parts for all who share it."""
    kilobytes = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024


async def one(assembly: Path, folder: Path, *, warm: bool) -> Round:
    from localcloud.client import PlatformClient
    from localcloud.nursery import Nursery
    from localcloud.server.platform import Platform

    def ask(client: PlatformClient) -> None:
        token = client.user_token(CUSTOMER)
        entry = client.status()["entry_agent"]
        events = list(client.invoke(entry, {"prompt": QUESTION}, user_token=token))
        if events[-1]["type"] != "done":
            raise RuntimeError(f"{events[-1]}: the measurement is void")

    begun = time.monotonic()
    nursery = Nursery() if warm else Nursery(())
    platform = Platform(
        assembly,
        f"{SYSTEM}-{ENVIRONMENT}",
        system_folder=ROOT / "systems" / SYSTEM,
        run_folder=folder,
        nursery=nursery,
    )
    async with platform:
        ready = time.monotonic() - begun
        await asyncio.to_thread(ask, platform.client)
        answered = time.monotonic() - begun
        pids = [nursery.pid, *(pid for pid in platform.runtimes.pids().values() if pid is not None)]
        return Round(ready, answered, processor(pids), memory(pids))


def measure(rounds: int) -> dict[str, list[Round]]:
    from cli import assembly
    from cli.running import run_loop

    made = assembly.ensure(ROOT, SYSTEM, ENVIRONMENT)
    found: dict[str, list[Round]] = {COLD: [], WARM: []}
    for _ in range(rounds):
        for name, several in found.items():
            with tempfile.TemporaryDirectory(prefix="airside-bench-") as folder:
                several.append(run_loop(one(made, Path(folder), warm=name == WARM)))
    return found


def figures(several: list[Round]) -> dict[str, Figure]:
    """The figures of one kind, by what they are of."""
    return {
        "processor time": figure([each.processor for each in several], "s"),
        "until the agents are ready": figure([each.ready for each in several], "s"),
        "until the first answer": figure([each.answered for each in several], "s"),
        "memory": figure([each.memory for each in several], "MB"),
    }


def ratios(cold: dict[str, Figure], warm: dict[str, Figure]) -> dict[str, float]:
    """By how much the warm process is cheaper: medians."""
    return {f"{name}: {COLD} / {WARM}": cold[name].median / warm[name].median for name in cold}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="starts of each kind (default: 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = {name: figures(several) for name, several in measure(max(1, arguments.rounds)).items()}
    compared = ratios(found[COLD], found[WARM])
    if arguments.json:
        dump(figures=found, ratios=compared)
        return
    for name, each in found.items():
        show(f"Agents, {name}", each)
    show_ratios(compared)


if __name__ == "__main__":
    main()
