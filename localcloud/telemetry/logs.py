"""Log files of the platform's processes: one per name, bounded, rotated, readable by their owner only."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

MAX_LINE_BYTES = 65_536
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def too_long(size: int) -> bytes:
    """What stands in place of a line of that many bytes."""
    return b"[airside] a line of %d bytes was refused (limit %d)" % (size, MAX_LINE_BYTES)


class LogSink:
    """Appends lines to `<folder>/<name>.log`; past `max_bytes` the file becomes `<name>.log.1` (one is kept).

    So a name never takes more than twice `max_bytes` of disk. Lines over 64 kB are refused: a note with the
    size stands in their place. Writing never raises: a full disk loses lines, not requests.
    """

    def __init__(self, folder: Path, *, max_bytes: int = 4 * 1024 * 1024) -> None:
        if max_bytes < 2 * MAX_LINE_BYTES:
            raise ValueError(f"max_bytes: {max_bytes} is less than {2 * MAX_LINE_BYTES}")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._max = max_bytes
        self._open: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self.lost = 0
        """Lines that could not be written."""

    def path(self, name: str) -> Path:
        """Where `name`'s lines go. Raises ValueError for a name that is not a plain file name."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"log name {name!r}: use letters, digits, '.', '_' and '-' (≤ 128)")
        return self._folder / f"{name}.log"

    def write(self, name: str, line: bytes) -> None:
        """Append one line; a final newline is added."""
        path = self.path(name)
        if len(line) > MAX_LINE_BYTES:
            line = too_long(len(line))
        record = line.rstrip(b"\r\n") + b"\n"
        with self._lock:
            try:
                descriptor, size = self._open.get(name) or self._start(path)
                if size + len(record) > self._max:
                    os.close(descriptor)
                    self._open.pop(name, None)
                    path.replace(path.with_name(path.name + ".1"))
                    descriptor, size = self._start(path)
                os.write(descriptor, record)
                self._open[name] = (descriptor, size + len(record))
            except OSError:
                self.lost += 1

    @staticmethod
    def _start(path: Path) -> tuple[int, int]:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return descriptor, os.fstat(descriptor).st_size

    def close(self) -> None:
        """Close every file; a later `write` opens its file again."""
        with self._lock:
            for descriptor, _ in self._open.values():
                os.close(descriptor)
            self._open.clear()
