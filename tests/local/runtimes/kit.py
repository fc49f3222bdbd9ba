"""Runtimes made on the spot, run by a real pool behind a real server, and called as boto3 or a browser would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio.to_thread
import boto3
import httpx
from botocore.config import Config
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.gateway.keys import InProcessKeys
from localcloud.identity import Identity
from localcloud.issuer import SigningKeys
from localcloud.nursery import Nursery
from localcloud.runtimes import Bearers, RuntimePool
from localcloud.runtimes.process import Limits
from localcloud.server import ports
from localcloud.server.agentcore import AgentCore
from localcloud.server.environment import Aws
from localcloud.server.serving import Serving
from localcloud.spec import Grant, LocalSystem, Runtime
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink
from tests.local.identity import conftest as identity_world

PROGRAM = Path(__file__).with_name("agent_program.py")
REGION = identity_world.REGION
SESSION = "x-amzn-bedrock-agentcore-runtime-session-id"
SESSION_ID = "s" * 33
QUICK = Limits(first_pause=0.01, longest_pause=0.05)
INVOKE = ("bedrock-agentcore:InvokeAgentRuntime",)


def runtime(agent: str, folder: Path, **change: Any) -> Runtime:
    """A runtime whose image's folder holds the test agent as the package `tiny`, and nothing else."""
    source = folder / f"image-{agent}"
    (source / "tiny").mkdir(parents=True, exist_ok=True)
    (source / "tiny" / "__init__.py").touch()
    shutil.copy(PROGRAM, source / "tiny" / "__main__.py")
    notes = folder / f"notes-{agent}"
    notes.mkdir(exist_ok=True)
    made = replace(
        identity_world.runtime(agent),
        source=source,
        build_args={"AGENT": "tiny"},
        endpoints=("dev",),
        environment={"NOTES": str(notes), "AGENT_NAME": agent},
    )
    environment = {**made.environment, **change.pop("environment", {})}
    return replace(made, environment=environment, **change)


def may_invoke(runtime: Runtime, *endpoints: str) -> Grant:
    names = endpoints or ("DEFAULT", "dev")
    return Grant(
        "Allow", INVOKE, (runtime.arn, *(f"{runtime.arn}/runtime-endpoint/{name}" for name in names))
    )


def system(*runtimes: Runtime, grants: Mapping[str, tuple[Grant, ...]] | None = None) -> LocalSystem:
    made = identity_world.local_system("http://127.0.0.1:1")
    return replace(made, runtimes=runtimes, grants={**made.grants, **(grants or {})})


def signature(who: str | None) -> dict[str, str]:
    if who is None:
        return {}
    credential = f"LOCAL.{who}/20261121/{REGION}/bedrock-agentcore/aws4_request"
    return {
        "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"
    }


class Since:
    """What was recorded from now on, read as the event log itself is."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._seen = events.last

    def select(self, trace_id: str | None = None) -> list[dict[str, Any]]:
        return self._events.select(trace_id, after=self._seen)


class Busy:
    """Counts the requests an application is working on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.requests -= 1


def path_of(runtime: Runtime, query: str = "") -> str:
    return f"/runtimes/{quote(runtime.arn, safe='')}/invocations{query}"


class World:
    """A running pool; `url` is its front."""

    def __init__(
        self,
        pool: RuntimePool,
        url: str,
        stage: LocalSystem,
        events: EventLog,
        folder: Path,
        front: Busy,
    ) -> None:
        self.pool = pool
        self.url = url
        self.system = stage
        self.events: EventLog | Since = events
        self.folder = folder
        self.notices: list[str] = []
        self.front = front
        self._logged: dict[str, int] = {}

    @asynccontextmanager
    async def visited(self) -> AsyncIterator[World]:
        """This world as one of several tests sees it: nothing of the others', and left as it was found."""
        assert isinstance(self.events, EventLog)
        visit = copy(self)
        visit.events = Since(self.events)
        visit._logged = {runtime.agent: len(self.log(runtime.agent)) for runtime in self.system.runtimes}
        for runtime in self.system.runtimes:
            for note in self.notes(runtime.agent).iterdir():
                note.unlink()
        try:
            yield visit
        finally:
            # What is recorded after its answer must not be taken for the next test's.
            await until(lambda: self.front.requests == 0)
            notices, states = list(self.notices), self.pool.states()
            self.notices.clear()
            await until(lambda: set(self.pool.states().values()) == {"ready"})
            assert (notices, set(states.values())) == ([], {"ready"})

    def notes(self, agent: str = "booking") -> Path:
        return self.folder / f"notes-{agent}"

    def log(self, agent: str = "booking") -> str:
        path = self.folder / "logs" / f"airline_dev_{agent}.log"
        return path.read_text(encoding="utf-8")[self._logged.get(agent, 0) :] if path.exists() else ""

    def path(self, agent: str = "booking", query: str = "") -> str:
        return path_of(next(each for each in self.system.runtimes if each.agent == agent), query)

    async def post(
        self,
        do: str,
        *,
        agent: str = "booking",
        query: str = "",
        who: str | None = "operator",
        headers: Any = (),
        path: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One request as any HTTP client would send it, read to the end."""
        pairs = [*signature(who).items(), ("content-type", "application/json"), *dict(headers).items()]
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=60) as client:
            return await client.post(
                path or self.path(agent, query), content=json.dumps({"do": do, **more}), headers=pairs
            )

    async def boto(self, use: Callable[[Any], Any], *, who: str = "operator") -> Any:
        """Runs `use` with a boto3 client in a thread, as an agent does."""
        with bedrock_agentcore(self.url, who) as client:
            return await anyio.to_thread.run_sync(use, client)


@contextlib.contextmanager
def bedrock_agentcore(url: str, who: str) -> Iterator[Any]:
    client = boto3.client(
        "bedrock-agentcore",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=f"LOCAL.{who}",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=60),
    )
    try:
        yield client
    finally:
        client.close()


@asynccontextmanager
async def running(
    stage: LocalSystem,
    folder: Path,
    limits: Limits = QUICK,
    *,
    keys: SigningKeys | None = None,
    agents: bool = True,
    nursery: Nursery | None = None,
) -> AsyncIterator[World]:
    """The stage's runtimes and Identity behind one address. `keys` sign the tokens of its users."""
    bound = ports.bind(0, ())
    serving, events, logs = Serving(), EventLog(), LogSink(folder / "logs")
    identity = Identity(stage, clock=lambda: datetime.now(UTC))
    aws = Aws(endpoint=ports.url(bound.front), region=REGION)
    notices: list[str] = []
    pool = RuntimePool(
        stage,
        environment=aws.variables,
        tokens=identity,
        events=events,
        logs=logs,
        notice=notices.append,
        limits=limits,
        bearers=_bearers(stage, keys, ports.url(bound.front)),
        nursery=nursery,
    )
    front = Busy(AgentCore({"runtimes": pool, "identities": identity}))
    world = World(pool, ports.url(bound.front), stage, events, folder, front)
    world.notices = notices
    try:
        await serving.start(front, bound.front)
        await pool.start(agents=agents)
        yield world
    finally:
        await serving.stop()
        await pool.stop()
        await identity.aclose()
        logs.close()
        bound.close()


def _bearers(stage: LocalSystem, keys: SigningKeys | None, origin: str) -> Bearers | None:
    if stage.users is None or keys is None:
        return None
    return Bearers(origin, InProcessKeys(stage.users.issuer, keys.jwks), lambda: datetime.now(UTC))


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that is bound to happen; a test that waits for ever is ended by this limit."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def alive(pid: int) -> bool:
    """A zombie waiting for its parent counts as gone."""
    status = Path(f"/proc/{pid}/stat")
    if sys.platform.startswith("linux"):
        try:
            return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
