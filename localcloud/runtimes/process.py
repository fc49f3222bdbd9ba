"""One runtime as a process on the service contract: started, watched, started again, stopped.

The container's command is run as the Dockerfile states it, `python -m <AGENT>` in the image's folder, with the
port to serve on in `PORT` (contracts §5.1). No container, and no launcher's process: docs/fidelity/runtime.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from localcloud import agent_environment, processes
from localcloud.errors import PlatformError
from localcloud.nursery import Nursery
from localcloud.spec import Runtime
from localcloud.telemetry.logs import LogSink
from localcloud.telemetry.pipe import OutputPipe

MCP = "MCP"
PATHS = {"HTTP": "/invocations", MCP: "/mcp"}
"""Where a container of a protocol takes requests (contracts §5.1)."""

_LOOKER = {"name": "agentcore-runtime", "version": "1.0.0"}
_LAST_SECONDS = 0.5
"""How long the end of a killed process is waited for."""


@dataclass(frozen=True)
class Limits:
    """Times in seconds: to become healthy, between two looks, and before another start; `together` are the
    processes that may be on their way to healthy at once, as each takes a processor while it is."""

    start: float = 60.0
    together: int = 8
    poll: float = 0.03
    first_pause: float = 0.5
    longest_pause: float = 30.0
    steady: float = 30.0
    """A process that has served this long is started again at once when it ends."""


class RuntimeNotReady(Exception):
    """The runtime's process is not there at the moment."""


class RuntimeProcess:
    """Keeps one runtime's process alive. `base` is its URL while it is ready. It is forked where there is a nursery."""

    def __init__(
        self,
        runtime: Runtime,
        environment: Mapping[str, str],
        *,
        home: Path,
        logs: LogSink,
        client: httpx.AsyncClient,
        notice: Callable[[str], None],
        limits: Limits,
        nursery: Nursery | None = None,
    ) -> None:
        self.runtime = runtime
        self.pid: int | None = None
        self._environment = environment
        self._home = home
        self._logs = logs
        self._client = client
        self._notice = notice
        self._limits = limits
        self._nursery = nursery
        self._base: str | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._failure: str | None = "was stopped"

    @property
    def base(self) -> str:
        """Where it listens. Raises RuntimeNotReady while it is being started again."""
        if self._base is None:
            raise RuntimeNotReady(f"{self.runtime.name} is not running")
        return self._base

    @property
    def state(self) -> str:
        return "ready" if self._base else "starting"

    async def start(self) -> None:
        """Starts it and returns once it is healthy. Raises PlatformError with where its log is."""
        self._keeper = asyncio.create_task(self._keep(), name=f"keep-{self.runtime.name}")
        await self._settled.wait()
        if self._failure is not None:
            raise PlatformError(
                f"{self.runtime.who} {self._failure}. Its log: {self._logs.path(self.runtime.name)}"
            )

    async def stop(self) -> None:
        """Ends it: SIGTERM, then SIGKILL. May be called at any time, and twice."""
        self._base = None
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})

    async def _keep(self) -> None:
        """Runs it; starts it again whenever it ends by itself, more and more slowly while that does not help."""
        clock = asyncio.get_running_loop().time
        pause = 0.0
        try:
            while True:
                began = clock()
                ended = await self._run()
                if not self._settled.is_set():
                    self._failure = ended
                    return
                if clock() - began > self._limits.steady:
                    pause = 0.0
                self._notice(f"{self.runtime.who} {ended}; starting it again")
                await asyncio.sleep(pause)
                pause = min(max(self._limits.first_pause, pause * 2), self._limits.longest_pause)
        finally:
            self._settled.set()

    async def _run(self) -> str:
        """From start to end. Says how it ended; nothing of it is left, however this is left."""
        log = partial(self._logs.write, self.runtime.name)
        with (
            _reserved_port() as (port, release),
            contextlib.closing(OutputPipe(asyncio.get_running_loop(), log)) as output,
        ):
            try:
                process = await self._spawn(port, output.write_end)
            except OSError as error:
                return f"cannot be started ({error.strerror})"
            output.started()
            try:
                self.pid = process.pid
                base = f"http://127.0.0.1:{port}"
                if not await self._healthy(process, base):
                    return (
                        f"did not become healthy within {self._limits.start:g} s"
                        if process.returncode is None
                        else f"ended with {process.returncode} before it was ready"
                    )
                release()
                self._base, self._failure = base, None
                self._settled.set()
                return f"ended with {await process.wait()}"
            finally:
                self._base = self.pid = None
                with contextlib.suppress(TimeoutError):
                    # A warm process that is stuck does not tell of the end: that must not keep the platform.
                    async with asyncio.timeout(processes.GRACE_SECONDS + _LAST_SECONDS):
                        await processes.stop(process)

    async def _spawn(self, port: int, output: int) -> processes.Child:
        module, env, cwd = self.runtime.build_args["AGENT"], self._variables(port), self.runtime.source
        if self._nursery is not None:
            forked = await self._nursery.fork(module, env=env, cwd=cwd, output=output)
            if forked is not None:
                return forked
        spawning = asyncio.ensure_future(
            processes.spawn([sys.executable, "-m", module], env=env, cwd=cwd, stdout=output, stderr=output)
        )
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            # Half started is not stoppable: let it start, then end it.
            with contextlib.suppress(OSError):
                await processes.stop(await spawning, 0)
            raise

    def _variables(self, port: int) -> dict[str, str]:
        return {
            **agent_environment.PROCESS,
            "HOME": str(self._home),
            **self.runtime.environment,
            **self._environment,
            "PORT": str(port),
        }

    async def _healthy(self, process: processes.Child, base: str) -> bool:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._limits.start
        while process.returncode is None and clock() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                reply = await self._client.send(self._look(base))
                # An answer after the process' end is another program's.
                if reply.status_code == 200 and process.returncode is None:
                    return True
            await asyncio.sleep(self._limits.poll)
        return False

    def _look(self, base: str) -> httpx.Request:
        """What a process that serves answers with 200: `/ping`, or of an MCP server, which has none, the handshake."""
        if self.runtime.protocol != MCP:
            return self._client.build_request("GET", f"{base}/ping", timeout=2)
        asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": _LOOKER}
        return self._client.build_request(
            "POST",
            f"{base}{PATHS[MCP]}",
            json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": asked},
            headers={"Accept": "application/json, text/event-stream"},
            timeout=2,
        )


@contextlib.contextmanager
def _reserved_port() -> Iterator[tuple[int, Callable[[], None]]]:
    """A port no one else is given until the process listens on it, and what ends the reservation.

    On Linux a bound socket that does not listen keeps a port from everyone who does not ask for this very one,
    and servers, which set SO_REUSEADDR, may listen on it (socket(7)). Elsewhere the port is merely free now:
    should another program take it, the agent ends and the message says so.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        if not sys.platform.startswith("linux"):
            probe.close()
        yield port, probe.close
