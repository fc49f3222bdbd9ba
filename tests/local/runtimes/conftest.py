"""Two runtimes as processes, and InvokeAgentRuntime in front of them on a socket."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from localcloud.runtimes import RuntimePool
from localcloud.runtimes.process import Limits
from localcloud.server import ports
from localcloud.server.serving import Serving
from localcloud.spec import Gateway, Grant, JwtAuthorizer, LocalSystem, Runtime, UserPool
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink

REGION, ACCOUNT = "ap-northeast-2", "111122223333"
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
TOKEN = "workload-token-of-"


def arn(agent: str) -> str:
    return f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime/airline_dev_{agent}-abcdefghij"


def runtime(agent: str, source: Path, **change: Any) -> Runtime:
    made = Runtime(
        agent=agent,
        name=f"airline_dev_{agent}",
        runtime_id=f"airline_dev_{agent}-abcdefghij",
        arn=arn(agent),
        source=source,
        build_args={"AGENT": "container"},
        environment={"AGENT_NAME": agent, "FROM_TEMPLATE": "값"},
        protocol="HTTP",
        role="arn",
        idle_seconds=900,
        endpoints=("dev",),
        workload=f"airline_dev_{agent}-abcdefghij",
        headers=("X-Tenant",),
    )
    return replace(made, **change)


def local_system(runtimes: tuple[Runtime, ...]) -> LocalSystem:
    authorizer = JwtAuthorizer(discovery_url="http://127.0.0.1:1/pool/.well-known/openid-configuration")
    delegates = (arn("booking"), f"{arn('booking')}/runtime-endpoint/*")
    return LocalSystem(
        system="airline",
        environment="dev",
        stage="airline-dev",
        region=REGION,
        account=ACCOUNT,
        entry_agent="orchestrator",
        pool=UserPool("pool", "http://127.0.0.1:1/pool", "airline-dev", (), ()),
        gateway=Gateway(
            "gw-abcdefghij",
            "arn",
            "gw",
            "http://127.0.0.1:2/mcp",
            authorizer,
            (),
            False,
            False,
            "",
            (),
            None,
            (),
            (),
        ),
        functions=(),
        runtimes=runtimes,
        tables=(),
        oauth_providers=(),
        parameters={},
        hosts={},
        grants={
            "airline_dev_orchestrator": (
                Grant("Allow", ("bedrock-agentcore:InvokeAgentRuntime",), delegates),
                Grant("Deny", ("bedrock-agentcore:InvokeAgentRuntimeForUser",), ("*",)),
            ),
            "half": (Grant("Allow", ("bedrock-agentcore:InvokeAgentRuntime",), (arn("booking"),)),),
        },
    )


class Tokens:
    def workload_token(self, runtime: Runtime) -> str:
        return f"{TOKEN}{runtime.agent}"


class World:
    """A pool and a client that signs as whoever it is told."""

    def __init__(
        self, pool: RuntimePool, events: EventLog, logs: LogSink, notices: list[str], base: str
    ) -> None:
        self.pool = pool
        self.events = events
        self.logs = logs
        self.notices = notices
        self.base = base
        self.client = httpx.AsyncClient(base_url=base, timeout=60, trust_env=False)

    def request(
        self,
        body: Any,
        *,
        agent: str = "booking",
        who: str | None = "operator",
        query: str = "?qualifier=DEFAULT",
        name: str | None = None,
        operation: str = "invocations",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        sent = {"content-type": "application/json", **(headers or {})}
        if who is not None:
            sent["authorization"] = (
                f"AWS4-HMAC-SHA256 Credential=LOCAL.{who}/20261121/{REGION}/bedrock-agentcore/aws4_request, "
                "SignedHeaders=host, Signature=00"
            )
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"/runtimes/{quote(name or arn(agent), safe='')}/{operation}{query}"
        return self.client.build_request("POST", url, content=content, headers=sent)

    async def invoke(self, body: Any, **how: Any) -> httpx.Response:
        return await self.client.send(self.request(body, **how))

    def last_event(self) -> dict[str, Any]:
        return dict(self.events.select()[-1])


QUICK = Limits(first_pause=0.01, longest_pause=0.05)


@asynccontextmanager
async def world(folder: Path, *runtimes: Runtime, limits: Limits = QUICK) -> AsyncIterator[World]:
    """Starts the runtimes and their front; afterwards none of it is left."""
    events, notices = EventLog(), list[str]()
    logs = LogSink(folder / "logs")
    pool = RuntimePool(
        local_system(runtimes),
        environment=lambda name: {"AWS_ACCESS_KEY_ID": f"LOCAL.{name}", "AWS_REGION": REGION},
        tokens=Tokens(),
        events=events,
        logs=logs,
        notice=notices.append,
        limits=limits,
    )
    bound, serving = ports.bind(0, ()), Serving()
    try:
        await pool.start()
        await serving.start(pool, bound.front)
        made = World(pool, events, logs, notices, ports.url(bound.front))
        try:
            yield made
        finally:
            await made.client.aclose()
    finally:
        await serving.stop()
        await pool.stop()
        logs.close()
        bound.close()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder of a container asset whose package is the test's agent."""
    source = tmp_path / "asset"
    (source / "container").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("container.py"), source / "container" / "__main__.py")
    return source


@pytest.fixture
async def airline(image: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, runtime("orchestrator", image), runtime("booking", image)) as made:
        yield made
