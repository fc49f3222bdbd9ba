"""Packages made on the spot, run by the warm process or in the ordinary way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from localcloud import agent_environment, processes
from localcloud.nursery import Nursery
from localcloud.telemetry.pipe import OutputPipe


def package(folder: Path, program: str) -> Path:
    """A folder with the package `tiny`, whose program this is."""
    (folder / "tiny").mkdir(parents=True)
    (folder / "tiny" / "__main__.py").write_text(program, encoding="utf-8")
    return folder


def variables(home: Path, **more: str) -> dict[str, str]:
    """What an agent is told; `home` is emptied of nothing."""
    home.mkdir(exist_ok=True)
    return {**agent_environment.PROCESS, "HOME": str(home), **more}


class Run:
    """A started process and what it has said so far."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._output = OutputPipe(asyncio.get_running_loop(), self.lines.append)
        self.process: processes.Child

    async def start(self, nursery: Nursery | None, folder: Path, env: Mapping[str, str]) -> Run:
        output = self._output.write_end
        if nursery is None:
            words = [sys.executable, "-m", "tiny"]
            self.process = await processes.spawn(words, env=env, cwd=folder, stdout=output, stderr=output)
        else:
            forked = await nursery.fork("tiny", env=env, cwd=folder, output=output)
            assert forked is not None, "it was not forked"
            self.process = forked
        self._output.started()
        return self

    async def line(self) -> str:
        """The first line it says."""
        async with asyncio.timeout(60):
            while not self.lines:
                await asyncio.sleep(0.002)
        return self.lines[0].decode()

    async def end(self) -> tuple[int, str]:
        """Its exit code and all it has said."""
        async with asyncio.timeout(60):
            code = await self.process.wait()
        self._output.close()
        return code, b"\n".join(self.lines).decode()


async def run(nursery: Nursery | None, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    return await (await Run().start(nursery, folder, env)).end()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One without libraries, which is what makes the others slow to start."""
    made = Nursery(())
    yield made
    made.close()
