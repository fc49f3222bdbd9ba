"""The platform's traces: where its parts and its agents report, and what is done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from localcloud.server.environment import Aws
from localcloud.spec import LocalSystem
from localcloud.traces import Arguments, Recorder, TraceStore
from localcloud.traces.export import Exporter, ExportSettings
from localcloud.traces.receiver import Receiver
from localcloud.traces.view import View

SETTLE_SECONDS = 1.5
"""How long the end waits for what agents still have to say, where it is sent on."""


class Tracing:
    """`recorder` for the parts, `store` for who asks.

    `arguments` says whether tool calls' arguments are kept, `export` where spans and decisions are sent on to.
    """

    def __init__(self, *, arguments: bool, export: ExportSettings | None) -> None:
        self.recorder = Recorder()
        self.store = TraceStore(self.recorder, arguments=Arguments() if arguments else None)
        self.receiver: Receiver
        self._export = export
        self._exporter: Exporter | None = None

    def start(
        self, system: LocalSystem, aws: Aws, front: str, stage: str, notice: Callable[[str], None]
    ) -> Mapping[str, Mapping[str, str]]:
        """What each runtime's process is told, of AWS and of how to report its spans, by the runtime's name."""
        if self._export is not None:
            self._exporter = Exporter(self.store, self._export, stage=stage, notice=notice)
            self._exporter.start()
        runtimes = (*system.runtimes, *system.servers)
        self.receiver = Receiver(self.store, front, {runtime.name: runtime.agent for runtime in runtimes})
        return {
            runtime.name: {**aws.variables(runtime.name), **self.receiver.variables(runtime.name)}
            for runtime in runtimes
        }

    @property
    def exports(self) -> dict[str, str]:
        """What is sent on, spans or decisions, and the address, without what may be secret in it."""
        to = self._export or ExportSettings()
        found = {"spans": to.traces, "decisions": to.logs}
        return {what: where.shown for what, where in found.items() if where is not None}

    async def settle(self) -> None:
        """Waits, while agents can still report, until the latest traces are complete; not for long."""
        if self._exporter is None:
            return
        for _ in range(round(SETTLE_SECONDS / 0.05)):
            if all(View(trace, self.store.now()).complete for trace in self.store.latest(20)):
                return
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Sends on what is left."""
        if self._exporter is not None:
            await asyncio.to_thread(self._exporter.stop)
