"""One runtime as a process on the service contract: started, watched, started again, stopped.

The container's command is run as the Dockerfile states it, `python -m <AGENT>` in the image's folder, with the
port to serve on in `PORT` (contracts §5.1). No container, no OpenTelemetry launcher: docs/fidelity/runtime.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from localcloud import processes
from localcloud.errors import PlatformError
from localcloud.spec import Runtime
from localcloud.telemetry.logs import LogSink

START_SECONDS = 60.0
POLL_SECONDS = 0.03
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


class RuntimeNotReady(Exception):
    """The runtime's process is not there at the moment."""


class RuntimeProcess:
    """Keeps one runtime's process alive. `base` is its URL while it is ready."""

    def __init__(
        self,
        runtime: Runtime,
        environment: Mapping[str, str],
        *,
        home: Path,
        logs: LogSink,
        client: httpx.AsyncClient,
        failed: Callable[[str], None],
    ) -> None:
        self.runtime = runtime
        self._environment = environment
        self._home = home
        self._logs = logs
        self._client = client
        self._failed = failed
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._base: str | None = None
        self._stopping = False

    @property
    def base(self) -> str:
        """Where it listens. Raises RuntimeNotReady while it is being started again."""
        if self._base is None:
            raise RuntimeNotReady(f"{self.runtime.name} is not running")
        return self._base

    @property
    def state(self) -> str:
        return "ready" if self._base else "starting"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts it and returns once it is healthy. Raises PlatformError with where its log is."""
        await self._launch()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep-{self.runtime.name}")

    async def stop(self) -> None:
        """Ends it: SIGTERM, then SIGKILL."""
        self._stopping = True
        self._base = None
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process is not None:
            await processes.stop(self._process)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _launch(self) -> None:
        port = _free_port()
        self._process = await processes.spawn(
            [sys.executable, "-m", self.runtime.build_args["AGENT"]],
            env=self._variables(port),
            cwd=self.runtime.source,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = asyncio.create_task(self._copy(self._process), name=f"log-{self.runtime.name}")
        base = f"http://127.0.0.1:{port}"
        await self._healthy(self._process, base)
        self._base = base

    def _variables(self, port: int) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._home),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            # The assembly is what gets deployed: no compiled files may appear in it.
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.runtime.environment,
            **self._environment,
            "PORT": str(port),
        }

    async def _healthy(self, process: asyncio.subprocess.Process, base: str) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                reply = await self._client.get(f"{base}/ping", timeout=2)
                if reply.status_code == 200:
                    return
            await asyncio.sleep(POLL_SECONDS)
        ended = (
            f"ended with {process.returncode}" if process.returncode is not None else "did not become healthy"
        )
        await processes.stop(process)
        path = self._logs.path(self.runtime.name)
        raise PlatformError(f"the agent {self.runtime.agent} {ended}. Its log: {path}")

    async def _copy(self, process: asyncio.subprocess.Process) -> None:
        """Its output, line by line, into its log."""
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line over the reader's limit: its rest comes as the next lines
                continue
            if not line:
                return
            self._logs.write(self.runtime.name, line)

    async def _keep(self) -> None:
        """Starts it again whenever it ends by itself, more and more slowly."""
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while not self._stopping and self._process is not None:
            started = loop.time()
            code = await self._process.wait()
            self._base = None
            self._failed(f"the agent {self.runtime.agent} ended with {code}; starting it again")
            pause = FIRST_PAUSE if loop.time() - started > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)
            with contextlib.suppress(PlatformError):
                await self._launch()


def _free_port() -> int:
    """A port that is free now. Another program may take it before the agent does: then the agent ends, and is
    started again with another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
