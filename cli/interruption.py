"""Whoever ends a command is heard as Ctrl-C is: what the command started, ends with it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""A supervisor, and a terminal that closes. Windows has no SIGHUP."""

_came: list[int] = []
"""The numbers of those that came to this process, in order."""


def heeded() -> tuple[int, ...]:
    """The signals that end a command which waits for its end: Ctrl-C, and those of `ENDING` that nobody ignores."""
    return (signal.SIGINT, *(each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN))


@contextlib.contextmanager
def like_ctrl_c() -> Iterator[list[int]]:
    """SIGTERM and SIGHUP interrupt as SIGINT does; yields the numbers of those that came.

    One that is ignored stays ignored: that is how `nohup` lets a command outlive its terminal.
    """
    taken = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _interrupt)
    try:
        yield _came
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _came.append(number)
    handler = signal.getsignal(signal.SIGINT)
    # What listens to Ctrl-C now (an event loop has a handler of its own) ends the command in its order. Where nothing
    # does, as in the background of a script, whoever asks for the end still means it.
    (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)


def run(command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str]) -> int:
    """Runs a program that shares our terminal and ends in its own order when it is interrupted; its exit code.

    `subprocess.run` kills it a quarter of a second after a Ctrl-C, and with that what it was about to stop. Of the
    terminal's Ctrl-C the program hears by itself; what came to us alone, and any further Ctrl-C, is passed on.

    Raises KeyboardInterrupt where it was interrupted, once it has ended.
    """
    with subprocess.Popen(command, cwd=cwd, env=dict(environment)) as process:
        interrupted = 0
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                interrupted += 1
                if _came or interrupted > 1:
                    process.send_signal(signal.SIGINT)
    if interrupted:
        raise KeyboardInterrupt
    return code
