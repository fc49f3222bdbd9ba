"""Composes the stand-ins around one resolved stage, starts them in parallel and stops them for good."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from localcloud.assembly import Addresses, load_stage
from localcloud.aws.emulator import AwsEmulator
from localcloud.client import PlatformClient
from localcloud.control import Control, create_control
from localcloud.functions.pool import FunctionPool
from localcloud.gateway.app import create_gateway
from localcloud.gateway.keys import InProcessKeys
from localcloud.identity import Identity
from localcloud.issuer import SigningKeys, create_issuer
from localcloud.model import ForwardSettings
from localcloud.runtimes import RuntimePool
from localcloud.server import environment, ports, providers, state
from localcloud.server.frontdoor import FrontDoor
from localcloud.server.serving import Serving
from localcloud.spec import LocalSystem
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink

Progress = Callable[[str], None]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Platform:
    """An async context manager: inside it the stage runs, after it nothing of it is left.

    Args:
        cdk_out: a synthesized assembly.
        stage: the stage to run, `<system>-<environment>`.
        system_folder: the system's folder, for `data/`, `playbook/` and `providers/`.
        run_folder: where logs, state and kept data go.
        port: the first of three ports, or 0 for any. With a port other than 0 the platform registers itself,
            so that commands find it; then it is the only one of its stage.
        agents: whether to start the runtimes; a raw call needs none.
        keep: keep the tables' data for the next start.
        forward: forward model requests instead of playing the playbook.
        progress: told what is being done, for a person.
    """

    def __init__(
        self,
        cdk_out: Path,
        stage: str,
        *,
        system_folder: Path,
        run_folder: Path,
        port: int = 0,
        register: bool = False,
        agents: bool = True,
        keep: bool = False,
        forward: ForwardSettings | None = None,
        progress: Progress = lambda _: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._cdk_out = cdk_out
        self._stage = stage
        self._system_folder = system_folder
        self._run_folder = run_folder
        self._port = port
        self._register = register
        self._with_agents = agents
        self._keep = keep
        self._forward = forward
        self._progress = progress
        self._clock = clock
        self._undo = contextlib.AsyncExitStack()
        self._key = secrets.token_urlsafe(32)
        self.system: LocalSystem
        self.client: PlatformClient
        self.functions: FunctionPool
        self.runtimes: RuntimePool
        self.emulator: AwsEmulator
        self.events = EventLog(clock=clock)

    async def __aenter__(self) -> Platform:
        try:
            await self._start()
        except BaseException:
            await self._undo.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._undo.aclose()

    async def _start(self) -> None:
        state_file = None
        if self._register:
            state_file = self._undo.enter_context(state.only_one(self._run_folder / "run", self._stage))
        bound = ports.bind(self._port, providers.names(self._system_folder))
        self._undo.callback(bound.close)
        addresses = Addresses(
            front=ports.url(bound.front),
            gateway=ports.url(bound.gateway),
            issuer=ports.url(bound.issuer),
            providers={name: ports.url(made) for name, made in bound.providers.items()},
        )
        self.system = load_stage(self._cdk_out, self._stage, addresses)
        logs = LogSink(self._run_folder / "logs")
        serving = Serving()
        settings = environment.Aws(endpoint=addresses.front, region=self.system.region)
        self._progress(f"starting {self._stage}")
        self.emulator = AwsEmulator(
            region=self.system.region,
            account=self.system.account,
            data_file=self._run_folder / "data" / f"{self._stage}.sqlite" if self._keep else None,
            clock=self._clock,
        )
        self._undo.callback(self.emulator.close)
        self.functions = FunctionPool(
            self.system.functions, lambda function: settings.variables(function.name), self.events, logs=logs
        )
        self._undo.push_async_callback(self.functions.stop)
        identity = Identity(self.system, clock=self._clock)
        self._undo.push_async_callback(identity.aclose)
        self.runtimes = RuntimePool(
            self.system,
            environment=settings.variables,
            tokens=identity,
            events=self.events,
            logs=logs,
        )
        self._undo.push_async_callback(self.runtimes.stop)
        # Last in, first out: requests end before what they use does.
        self._undo.push_async_callback(serving.stop)
        await self._serve(serving, bound, addresses, identity)
        await self._warm()
        self.client = PlatformClient(
            pid=os.getpid(),
            stage=self._stage,
            front=addresses.front,
            gateway=addresses.gateway,
            issuer=addresses.issuer,
            key=self._key,
            assembly=str(self._cdk_out),
        )
        if state_file is not None:
            state.write(state_file, self.client.__dict__)

    async def _serve(
        self, serving: Serving, bound: ports.Ports, addresses: Addresses, identity: Identity
    ) -> None:
        keys = SigningKeys.generate()
        pool = self.system.pool
        await serving.start(create_issuer(pool, keys, self._clock), bound.issuer)
        for name, made in bound.providers.items():
            await serving.start(self._provider(name), made)
        gateway = create_gateway(
            self.system.gateway,
            invoke=self.functions.invoke,
            outbound=identity.outbound,
            events=self.events,
            keys=InProcessKeys(pool.issuer, keys.jwks),
            clock=self._clock,
            hosts=self.system.hosts,
        )
        self._undo.push_async_callback(gateway.aclose)
        await serving.start(gateway, bound.gateway)
        control = Control(key=self._key, status=self._status, events=self.events, token=self._token_of(keys))
        services: dict[str, Any] = {
            **dict.fromkeys(self.emulator.services, self.emulator),
            "bedrock": self._model(),
            "bedrock-agentcore": AgentCore(self.runtimes.app, identity.app),
        }
        await serving.start(FrontDoor(addresses.front, services, create_control(control)), bound.front)
