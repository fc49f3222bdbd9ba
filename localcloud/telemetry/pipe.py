"""What a process of the platform's prints, line by line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from localcloud.telemetry.logs import MAX_LINE_BYTES, too_long

_CHUNK = 65_536


class OutputPipe:
    """The read end of a process's stdout or stderr, split into lines as it fills.

    `drain` may be called at any time: what a handler printed before it answered is in the pipe by then, so
    draining before the caller is told makes the order of events certain.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, line: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._line = line
        self._rest = bytearray()
        self._skipped = 0
        self._read, self.write_end = os.pipe()
        os.set_blocking(self._read, False)
        loop.add_reader(self._read, self._ready)

    def started(self) -> None:
        """Close our copy of the write end, once the process has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def _ready(self) -> None:
        # One chunk per turn of the loop: a process that prints without end must not stop the platform.
        if self._once() == 0:
            self.close()

    def drain(self) -> None:
        """Take what is in the pipe now, at most one pipe's capacity."""
        for _ in range(16):
            if self._read < 0 or self._once() <= 0:
                return

    def _once(self) -> int:
        """Read one chunk: its length, 0 at the end, -1 where nothing is there yet."""
        try:
            data = os.read(self._read, _CHUNK)
        except BlockingIOError:
            return -1
        except OSError:
            return 0
        self._feed(data)
        return len(data)

    def _feed(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._rest += line
            self._finish()
        self._rest += rest
        if len(self._rest) > MAX_LINE_BYTES:
            self._skipped += len(self._rest)
            self._rest.clear()

    def _finish(self) -> None:
        line, skipped = bytes(self._rest), self._skipped
        self._rest.clear()
        self._skipped = 0
        if skipped or len(line) > MAX_LINE_BYTES:
            line = too_long(skipped + len(line))
        self._line(line)

    def close(self) -> None:
        """Take the rest and close both ends."""
        if self._read < 0:
            return
        self.drain()
        self._loop.remove_reader(self._read)
        os.close(self._read)
        self._read = -1
        self.started()
        if self._rest or self._skipped:
            self._finish()
