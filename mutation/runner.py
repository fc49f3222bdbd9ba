"""Runs the tests once for every mutant, each in a fork of a process that has everything else loaded."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mutation.mutants import Mutant
from mutation.targets import Project


class CouldNotLook(Exception):
    """The tests say nothing about mutants: they fail without one, or cannot be run. The message tells."""


class Outcome(StrEnum):
    KILLED = "killed"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Result:
    """What the tests made of one mutant. `by` is the test that noticed, or what else ended it."""

    mutant: Mutant
    outcome: Outcome
    by: str | None


@dataclass(frozen=True)
class Limits:
    """What one mutant may cost; beyond it is killed, in both senses.

    Seconds of processor time, because a busy machine decides nothing there: for the tests that know its module
    best, and for all. The clock is for mutants that wait for ever.
    """

    first_seconds: int = 15
    all_seconds: int = 60
    clock_seconds: float = 300.0


PASSED, FAILED, INTERRUPTED, BROKEN, USAGE, NONE = range(6)
"""pytest's exit codes. A module that cannot be imported interrupts, or makes a conftest unusable."""


@dataclass
class _Running:
    pid: int
    pipe: int
    mutant: Mutant | None
    folder: Path
    deadline: float


Progress = Callable[[int, int], None]
"""Told how many mutants are done and how many of them survived."""


def _silent(done: int, survived: int) -> None:
    del done, survived


def run(
    project: Project,
    mutants: Iterable[Mutant],
    *,
    jobs: int = 2,
    limits: Limits | None = None,
    baseline: bool = True,
    progress: Progress = _silent,
) -> Iterator[Result]:
    """Results as they come. With `baseline` the tests must first pass without a mutant.

    Must be called in a process of one thread that has imported none of the project's modules.

    Raises CouldNotLook.
    """
    from mutation import child

    limits = limits or Limits()
    if loaded := sorted(set(project.sources) & set(sys.modules)):
        raise CouldNotLook(f"{', '.join(loaded)}: imported already, so no mutant could take its place")
    child.warm_up()
    waiting: list[Mutant | None] = [*([None] if baseline else []), *mutants]
    waiting.reverse()
    running: dict[int, _Running] = {}
    done = survived = 0
    with tempfile.TemporaryDirectory(prefix="airside-mutation-") as base:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    one = _start(project, waiting.pop(), Path(tempfile.mkdtemp(dir=base)), limits)
                    running[one.pipe] = one
                for one in _over(running):
                    code, by = _end(one)
                    if code in (BROKEN, NONE) or (one.mutant is None and code != PASSED):
                        raise CouldNotLook(_unsound(one, code, by))
                    shutil.rmtree(one.folder, ignore_errors=True)
                    if one.mutant is None:
                        continue
                    outcome = Outcome.SURVIVED if code == PASSED else Outcome.KILLED
                    done, survived = done + 1, survived + (outcome is Outcome.SURVIVED)
                    progress(done, survived)
                    yield Result(one.mutant, outcome, by)
        finally:
            for one in running.values():
                _end(one)


def _start(project: Project, mutant: Mutant | None, folder: Path, limits: Limits) -> _Running:
    from mutation import child

    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            os.close(read)
            child.main(project, mutant, folder, write, limits.first_seconds, limits.all_seconds)
        finally:
            # Whatever happens in there, this process must not go on as a second parent.
            os._exit(1)
    os.close(write)
    with contextlib.suppress(OSError):
        # Here as well: either may be the first, and its group must be there when it is to be ended.
        os.setpgid(pid, pid)
    return _Running(pid, read, mutant, folder, time.monotonic() + limits.clock_seconds)


def _over(running: dict[int, _Running]) -> list[_Running]:
    """Waits until at least one has ended or is out of time, and takes it out of those that run."""
    nearest = min(one.deadline for one in running.values())
    ready, _, _ = select.select(list(running), [], [], max(0.0, nearest - time.monotonic()))
    now = time.monotonic()
    return [
        running.pop(one.pipe) for one in list(running.values()) if one.pipe in ready or now >= one.deadline
    ]


def _end(one: _Running) -> tuple[int, str | None]:
    """Ends the process and its children; pytest's exit code, and the test that noticed or what else did."""
    said = b""
    if select.select([one.pipe], [], [], 0)[0]:
        said = os.read(one.pipe, 65536)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(one.pid, signal.SIGKILL)
    _, status = os.waitpid(one.pid, 0)
    os.close(one.pipe)
    if said:
        message = json.loads(said)
        return int(message["code"]), message["failed"]
    if not os.WIFSIGNALED(status):
        return BROKEN, None
    ended_by = signal.Signals(os.WTERMSIG(status))
    return FAILED, "out of time" if ended_by in (signal.SIGXCPU, signal.SIGKILL) else ended_by.name


def _unsound(one: _Running, code: int, by: str | None) -> str:
    output = (one.folder / "output").read_text(encoding="utf-8", errors="replace")
    where = "without a mutant" if one.mutant is None else f"with {one.mutant.path}:{one.mutant.first} changed"
    return f"the tests cannot be relied on {where} (pytest's code {code}, {by}):\n{output[-3000:]}"
