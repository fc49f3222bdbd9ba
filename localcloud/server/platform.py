"""Composes the stand-ins around one resolved stage, starts them in parallel and stops them for good."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from localcloud.assembly import Addresses, AssemblyError, load_stage
from localcloud.aws.emulator import AwsEmulator
from localcloud.client import PlatformClient
from localcloud.console import Console, page_of
from localcloud.control import Control, create_control, traces
from localcloud.errors import PlatformError
from localcloud.functions.pool import FunctionPool
from localcloud.gateway.app import GatewayApp, create_gateway
from localcloud.gateway.outbound import Role
from localcloud.identity import Identity
from localcloud.interpreter import CodeInterpreters, create_browsers
from localcloud.memory import create_memory
from localcloud.model import ForwardSettings, PlaybookError
from localcloud.nursery import Nursery
from localcloud.policies import Policies
from localcloud.policies.book import Book
from localcloud.runtimes import RuntimePool
from localcloud.server import ports, providers, state
from localcloud.server.agentcore import AgentCore
from localcloud.server.agents_pool import AgentsPool, OperatorOnly
from localcloud.server.callers import AgentNames
from localcloud.server.desk import Desk
from localcloud.server.environment import Aws
from localcloud.server.filling import fill, rows_of
from localcloud.server.frontdoor import FrontDoor
from localcloud.server.models import models
from localcloud.server.ports import Ports
from localcloud.server.serving import Serving, together
from localcloud.server.status import status
from localcloud.server.tracing import Tracing
from localcloud.server.users import users_of
from localcloud.spec import LocalSystem
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink
from localcloud.traces import receiver
from localcloud.traces.export import ExportSettings

Progress = Callable[[str], None]

_WORDED = (AssemblyError, PlaybookError, ValueError, OSError)
"""What the parts raise for an input that cannot be honoured, or for what the machine does not let them do."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Platform:
    """An async context manager: inside it the stage runs, after it nothing of it is left.

    Args:
        cdk_out: a synthesized assembly.
        stage: the stage to run, `<system>-<environment>`.
        system_folder: the system's folder, for `data/`, `playbook/` and `providers/`.
        run_folder: where logs, state and kept data go.
        port: the first of three ports, or 0 for any.
        register: let commands find it; then it is the only one of its stage.
        agents: whether to start the agents; a raw call needs none. Tool servers are started always.
        keep: keep the tables' data for the next start.
        forward: forward model requests instead of playing the playbook.
        console: what the console's page needs; without it there is no page.
        arguments: keep what the latest tool calls said, for whoever asks for it with the key.
        export: where spans and decisions are sent on to.
        progress: told what is being done, for a person.
        nursery: what the agents are forked from, ended with the platform; without one it starts its own.
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
        console: Console | None = None,
        arguments: bool = False,
        export: ExportSettings | None = None,
        progress: Progress = lambda _: None,
        nursery: Nursery | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._cdk_out = cdk_out
        self._stage = stage
        self._system_folder = system_folder
        self._rows = rows_of(system_folder, clock)
        self._run_folder = run_folder
        self._port = port
        self._register = register
        self._with_agents = agents
        self._keep = keep
        self._forward = forward
        self._console = console
        self._progress = progress
        self._nursery = nursery
        self._clock = clock
        self._undo = contextlib.AsyncExitStack()
        self._key = secrets.token_urlsafe(32)
        self.system: LocalSystem
        self.client: PlatformClient
        self.runtimes: RuntimePool
        self.tracing = Tracing(arguments=arguments, export=export)
        self.events = EventLog(clock=clock, listener=self.tracing.recorder.event)

    async def __aenter__(self) -> Platform:
        try:
            await self._start()
        except BaseException as error:
            await self._undo.aclose()
            if isinstance(error, _WORDED):
                raise PlatformError(str(error)) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._undo.aclose()

    async def _start(self) -> None:
        state_file = None
        # First of all: it gets ready while the assembly is read.
        self._nursery = self._nursery or (Nursery.started() if self._with_agents else None)
        if self._nursery is not None:
            self._undo.callback(self._nursery.close)
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
        self._progress(f"starting {self._stage}")
        for notice in self.system.notices:
            self._progress(f"note: {notice}")
        self._pool = AgentsPool(self.system.pool, self._clock)
        self._users = users_of(self.system, self._rows, self._clock, addresses.front)
        gateway = self._compose(addresses)
        serving = Serving()
        self._undo.push_async_callback(self._stop_serving, serving)
        await self._serve(serving, bound, addresses, gateway)
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

    def _compose(self, addresses: Addresses) -> GatewayApp:
        """Makes the parts, and says how each is undone: last in, first out. Returns the gateway."""
        system, logs = self.system, LogSink(self._run_folder / "logs")
        self._undo.callback(logs.close)
        aws = Aws(endpoint=addresses.front, region=system.region)
        told = self.tracing.start(system, aws, addresses.front, self._stage, self._progress)
        self._undo.push_async_callback(self.tracing.stop)
        self.emulator = AwsEmulator(
            region=system.region,
            account=system.account,
            data_file=self._run_folder / "data" / f"{self._stage}.sqlite" if self._keep else None,
            clock=self._clock,
        )
        self._undo.callback(self.emulator.close)
        self.functions = FunctionPool(
            system.functions, lambda function: aws.variables(function.name), self.events, logs=logs
        )
        self._undo.push_async_callback(self.functions.stop)
        self._identity = Identity(
            system, clock=self._clock, secrets=self.emulator.read_secret, recorder=self.tracing.recorder
        )
        self._undo.push_async_callback(self._identity.aclose)
        self.runtimes = RuntimePool(
            system,
            environment=told.__getitem__,
            tokens=self._identity,
            events=self.events,
            logs=logs,
            notice=self._progress,
            bearers=self._users.bearers(addresses.front) if self._users else None,
            recorder=self.tracing.recorder,
            nursery=self._nursery,
        )
        self._undo.push_async_callback(self.runtimes.stop)
        self._interpreters = CodeInterpreters(system, self._clock, self._progress)
        self._undo.push_async_callback(self._interpreters.stop)
        gateway = create_gateway(
            system.gateway,
            invoke=self.functions.invoke,
            outbound=self._identity,
            events=AgentNames(self.events, system.pool),
            keys=self._pool.keys,
            clock=self._clock,
            hosts=system.hosts,
            role=Role(aws.variables(system.gateway.name)),
            recorder=self.tracing.recorder,
            arguments=self.tracing.store.arguments,
        )
        self._undo.push_async_callback(gateway.aclose)
        self._policies = Book(system.gateway, gateway.engine, self._clock)
        return gateway

    async def _stop_serving(self, serving: Serving) -> None:
        """Servers and agents end together: an agent that still answers must not keep the other waiting."""
        await self.tracing.settle()
        self.events.end()
        await asyncio.gather(serving.stop(), self.runtimes.stop())

    async def _serve(self, serving: Serving, bound: Ports, addresses: Addresses, gateway: GatewayApp) -> None:
        issuer = self._pool.issuer
        await serving.start(self._users.beside(issuer) if self._users else issuer, bound.issuer)
        held = providers.credentials(self.system, self._system_folder)
        stand_ins = providers.load_all(self._system_folder, held, self._clock)
        for name, listening in bound.providers.items():
            if name in stand_ins:
                await serving.start(stand_ins[name], listening)
            else:
                listening.close()  # so that nobody waits for an answer there
        await serving.start(gateway, bound.gateway)
        desk = Desk(self.system, self.events, self._users, self.runtimes)
        control = Control(
            key=self._key,
            status=lambda: status(self.system, self.runtimes.states(), self._users, self._policies),
            events=self.events,
            token=self._pool.tokens,
            user_token=desk.user_token,
            more=(
                *desk.routes(self._console, self._policies.switches, lambda: self.client, self._undo),
                *traces.routes(self.tracing.store),
            ),
        )
        policies = Policies(self._policies, key=self._key, events=self.events)
        core = AgentCore(
            {
                **dict.fromkeys(("gateways", "policy-engines"), policies),
                "runtimes": self.runtimes,
                "identities": self._identity,
                "memories": create_memory(self.system, self._clock),
                "code-interpreters": self._interpreters,
                "browsers": create_browsers(self.system),
            }
        )
        services: dict[str, Any] = {
            **dict.fromkeys(self.emulator.services, self.emulator.app),
            "secretsmanager": OperatorOnly(self.emulator.app),
            "cognito-idp": self._pool.admin,
            "bedrock": models(
                self.system, self._system_folder, self._forward, self.events, self.tracing.recorder
            ),
            "bedrock-agentcore": core,
        }
        # Only a user comes without a signature, and only to an agent.
        unsigned: dict[str, Any] = {"/runtimes/": core} if self._users else {}
        # Nor do agents sign what they say of their own work: each has a token for that.
        unsigned |= {receiver.PATH: self.tracing.receiver}
        page = page_of(self._console, self.system, self._users)
        door = FrontDoor(addresses.front, services, create_control(control), unsigned, page)
        await serving.start(door, bound.front)

    async def _warm(self) -> None:
        """Everything that takes time, at once: workers, agents, tables with their rows."""
        if self._with_agents:
            counted = {"agents": self.system.runtimes, "functions": self.system.functions}
            counted |= {"tool servers": self.system.servers} if self.system.servers else {}
            self._progress("starting " + ", ".join(f"{len(each)} {word}" for word, each in counted.items()))
        await together(
            self.functions.start(),
            fill(self.emulator, self.system, self._rows),
            self.runtimes.start(agents=self._with_agents),
        )
        for name, problem in self.functions.problems().items():
            raise PlatformError(
                f"the function {name} cannot be loaded ({problem}). See {self._run_folder / 'logs'}."
            )
