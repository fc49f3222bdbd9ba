"""The state file by which commands find a running platform, and the lock that keeps a second one away."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from localcloud.errors import AlreadyRunning, PlatformError

try:
    import fcntl
except ImportError:  # Windows has no flock
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def only_one(folder: Path, stage: str) -> Iterator[Path]:
    """Holds the stage for this process; yields the path of its state file, which is removed at the end.

    The lock is the kernel's, so it ends with the process however that ends: no file can be left stale.

    Raises:
        AlreadyRunning: with the address of the platform that runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / f"{stage}.json"
    descriptor = os.open(folder / f"{stage}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, stage, state)
        try:
            yield state
        finally:
            state.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, stage: str, state: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(
            f"{stage} is running already{_where(state)}. Stop that one, or use it."
        ) from None
    except OSError as error:
        raise PlatformError(f"{state.parent}: cannot be locked ({error.strerror}).") from None


def _where(state: Path) -> str:
    try:
        running = json.loads(state.read_text(encoding="utf-8"))
        return f" at {running['front']} (process {running['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return " or is starting"


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Writes the state file whole or not at all, readable by its owner only: it holds the control key."""
    making = path.with_suffix(".making")
    making.unlink(missing_ok=True)
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(state), file)
    making.replace(path)
