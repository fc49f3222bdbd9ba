"""Temporary folders that never stay: what a killed process leaves behind goes when the next folder is made."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

try:
    import fcntl
except ImportError:  # Windows has no flock: there a killed process leaves its folder
    fcntl = None  # type: ignore[assignment]

_PREFIX = "airside-held-"
"""Every folder of that name is held by the process that made it, for as long as that lives."""


class Scratch:
    """An empty folder of this process's own, mode 0700, until `remove` or the end of a `with` block.

    It is held by a lock of the kernel's on the folder itself, which ends with the process however that ends:
    a folder of that kind that nobody holds is nobody's, and is removed before a new one is made.

    Args:
        kind: a word of its name, for a person who finds it.
        base: the folder to make it in, if not the system's for temporary files.
    """

    path: Path

    def __init__(self, kind: str, base: Path | None = None) -> None:
        base = base or Path(tempfile.gettempdir())
        self._holding = contextlib.ExitStack()
        self._removed = False
        if fcntl is None:
            self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-", dir=base))
            return
        for left in base.glob(f"{_PREFIX}*"):
            with contextlib.ExitStack() as held:
                if _hold(left, held):
                    shutil.rmtree(left, ignore_errors=True)
        # Between making and holding a folder another process may take it for a dead one's.
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-", dir=base))
            if _hold(self.path, self._holding):
                return

    def remove(self) -> None:
        """Removes the folder with all that is in it. May be called twice."""
        if not self._removed:
            self._removed = True
            shutil.rmtree(self.path, ignore_errors=True)
            self._holding.close()

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def _hold(path: Path, holding: contextlib.ExitStack) -> bool:
    """Holds a folder of this user's until `holding` ends; False if another process does or has removed it."""
    try:
        # Not inherited, so that no child that outlives the process holds its folder; never through a link.
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    with contextlib.ExitStack() as trying, contextlib.suppress(OSError):
        trying.callback(os.close, descriptor)
        mine = os.fstat(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if mine.st_uid == os.geteuid() and os.path.samestat(mine, path.lstat()):
            holding.push(trying.pop_all())
            return True
    return False
