"""All runtimes of a stage: started together, kept alive, stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import httpx
from starlette.types import Receive, Scope, Send

from localcloud.errors import PlatformError
from localcloud.nursery import Nursery
from localcloud.runtimes import request as wire
from localcloud.runtimes.bearer import Bearers
from localcloud.runtimes.invoke import Invocations, WorkloadTokens, new_client
from localcloud.runtimes.process import MCP, Limits, RuntimeNotReady, RuntimeProcess
from localcloud.scratch import Scratch
from localcloud.signed import OPERATOR
from localcloud.spec import LocalSystem, Runtime
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink
from localcloud.traces import Recorder


class RuntimePool:
    """Starts and stops the runtimes; an ASGI application for paths below `/runtimes/`.

    Args:
        environment: the AWS settings of a runtime's process, by the runtime's name.
        tokens: where workload access tokens come from.
        notice: told when an agent ends by itself, for a person.
        bearers: how tokens of callers are checked; needed where a runtime has an authorizer.
        recorder: gets a span of each invocation.
        nursery: what the processes are forked from, where they can be.
    """

    def __init__(
        self,
        system: LocalSystem,
        *,
        environment: Callable[[str], Mapping[str, str]],
        tokens: WorkloadTokens,
        events: EventLog,
        logs: LogSink,
        notice: Callable[[str], None] = lambda _: None,
        limits: Limits | None = None,
        bearers: Bearers | None = None,
        recorder: Recorder | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        self._nursery = nursery
        self._agents = system.runtimes
        self._servers = system.servers
        self._environment = environment
        self._logs = logs
        self._notice = notice
        self._limits = limits or Limits()
        self._ending: asyncio.Task[None] | None = None
        self._homes: Scratch | None = None
        self._client: httpx.AsyncClient | None = None
        self._processes: dict[str, RuntimeProcess] = {}
        self._invocations = Invocations(
            system, connect=self._connect, tokens=tokens, events=events, bearers=bearers, recorder=recorder
        )
        for runtime in system.runtimes:
            _check(runtime, "HTTP")
        for server in system.servers:
            _check(server, MCP)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._invocations(scope, receive, send)

    async def start(self, *, agents: bool = True) -> None:
        """Starts all, some at a time, or the tool servers alone; returns when all are healthy.

        Raises:
            PlatformError: for the first that is not; nothing is left running then.
        """
        self._homes = Scratch("runtimes")
        self._client = new_client()
        for runtime in (*(self._agents if agents else ()), *self._servers):
            home = self._homes.path / runtime.name
            home.mkdir(mode=0o700)
            self._processes[runtime.arn] = RuntimeProcess(
                runtime,
                self._environment(runtime.name),
                home=home,
                logs=self._logs,
                client=self._client,
                notice=self._notice,
                limits=self._limits,
                nursery=self._nursery,
            )
        room = asyncio.Semaphore(self._limits.together)

        async def one(process: RuntimeProcess) -> None:
            async with room:
                await process.start()

        try:
            async with asyncio.TaskGroup() as starts:
                for process in self._processes.values():
                    starts.create_task(one(process))
        except ExceptionGroup as failed:
            await self.stop()
            raise failed.exceptions[0] from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends every process. May be called twice, also while the first call is under way or was given up: whoever
        calls waits for the one end there is, so that nothing is closed that a process still uses."""
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end(), name="end-runtimes")
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        stopping, self._processes = self._processes, {}
        await asyncio.gather(*(process.stop() for process in stopping.values()))
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()
        if self._homes is not None:
            homes, self._homes = self._homes, None
            await asyncio.to_thread(homes.remove)

    def states(self) -> dict[str, str]:
        """`ready`, `starting` or `stopped` by agent or tool server."""
        return {
            runtime.agent: self._processes[runtime.arn].state if runtime.arn in self._processes else "stopped"
            for runtime in (*self._agents, *self._servers)
        }

    def pids(self) -> dict[str, int | None]:
        """Process ids by agent or tool server; None while one is being started again."""
        return {process.runtime.agent: process.pid for process in self._processes.values()}

    def _connect(self, runtime: Runtime) -> tuple[httpx.AsyncClient, str]:
        process = self._processes.get(runtime.arn)
        if process is None or self._client is None:
            raise RuntimeNotReady(f"{runtime.name} was not started")
        return self._client, process.base


def _check(runtime: Runtime, protocol: str) -> None:
    if runtime.name == OPERATOR:
        raise PlatformError(f"{runtime.name}: as a runtime's name it is reserved locally. Choose another.")
    if runtime.protocol != protocol:
        raise PlatformError(
            f"{runtime.name}: the protocol {runtime.protocol} has no local stand-in; use {protocol}."
        )
    package = runtime.build_args.get("AGENT", "")
    if not package.isidentifier():
        raise PlatformError(
            f"{runtime.name}: its image's build argument AGENT is {package!r}; it must name a package."
        )
    if refused := wire.refused_names(runtime.headers, bearer=runtime.authorizer is not None):
        raise PlatformError(
            f"{runtime.name}: its header allowlist names {', '.join(refused)}, which no caller may set. Remove it."
        )
