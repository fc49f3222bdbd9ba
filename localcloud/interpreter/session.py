"""One session: a process of its own, begun with it and killed with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import processes
from localcloud.scratch import Scratch

_BOX = Path(__file__).with_name("box.py")
MEMORY_MB = 512
CPU_SECONDS = 60
_START_SECONDS = 20.0
_LINE = 4 * 1024 * 1024
"""Bytes of one answer: all that an execution may print, in JSON."""


class SessionEnded(Exception):
    """The process is gone: it took too much, was stopped, or never began. The text is for the caller."""


@dataclass(frozen=True)
class Result:
    """What one execution printed, whether it raised, and how long it took."""

    text: str
    error: bool
    ms: float


class Session:
    """Executions take turns. `confined` says what its process gave up: its network, and other people's files."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.confined: dict[str, bool] = {}
        self._folder = Scratch("code")
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Raises SessionEnded if the process cannot be had."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                self._process = await processes.spawn(
                    [
                        sys.executable,
                        "-I",
                        "-S",
                        str(_BOX),
                        str(self._folder.path),
                        str(MEMORY_MB),
                        str(CPU_SECONDS),
                    ],
                    env={"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                    cwd=self._folder.path,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    limit=_LINE,
                )
                self.confined = await self._answer()
        except (OSError, TimeoutError, SessionEnded):
            await self.stop()
            raise SessionEnded("no process could be started for it") from None

    async def execute(self, code: str, *, clear: bool, seconds: float) -> Result:
        """Raises SessionEnded; a session whose process ended does not come back."""
        async with self._turn:
            process = self._process
            if process is None or process.stdin is None or process.returncode is not None:
                raise SessionEnded("it has ended")
            try:
                async with asyncio.timeout(seconds):
                    process.stdin.write(json.dumps({"code": code, "clear": clear}).encode() + b"\n")
                    await process.stdin.drain()
                    said = await self._answer()
                return Result(str(said["text"]), bool(said["error"]), float(said["ms"]))
            except TimeoutError:
                await self.stop()
                raise SessionEnded("its time was over") from None
            except (OSError, KeyError, TypeError, ValueError, SessionEnded):
                await self.stop()
                raise SessionEnded(
                    f"its process ended; code may take {CPU_SECONDS} s of a processor and {MEMORY_MB} MB"
                ) from None

    async def _answer(self) -> dict[str, Any]:
        if self._process is None or self._process.stdout is None:
            raise SessionEnded("it has ended")
        line = await self._process.stdout.readline()
        if not line:
            raise SessionEnded("its process ended")
        found = json.loads(line)
        if not isinstance(found, dict):
            raise SessionEnded("its process answered something else")
        return found

    async def stop(self) -> None:
        """Kill it, and remove its files. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                await processes.stop(process, 0)
        self._folder.remove()
