"""Hosted tool servers: found at /mcp under the same operation, in a session the platform names."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from localcloud.errors import PlatformError
from localcloud.identity import Identity
from localcloud.runtimes import RuntimePool
from localcloud.spec import LocalSystem, Runtime
from localcloud.telemetry.events import EventLog
from localcloud.telemetry.logs import LogSink
from tests.local.runtimes import kit

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).with_name("server_program.py")
GATEWAY = "airline-dev"
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
MCP_SESSION = "mcp-session-id"


def server(folder: Path, **change: object) -> Runtime:
    made = kit.runtime("almanac", folder, protocol="MCP", **change)
    shutil.copy(PROGRAM, made.source / "tiny" / "__main__.py")
    return made


def stage(server: Runtime, *agents: Runtime) -> LocalSystem:
    made = kit.system(*agents, grants={GATEWAY: (kit.may_invoke(server, "dev"),)})
    return replace(made, servers=(server,))


async def post(
    world: kit.World, message: object, *, who: str | None = GATEWAY, **headers: str
) -> httpx.Response:
    path = kit.path_of(world.system.servers[0], "?qualifier=dev")
    given = {
        **kit.signature(who),
        **HEADERS,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    async with httpx.AsyncClient(base_url=world.url, trust_env=False, timeout=60) as client:
        return await client.post(path, json=message, headers=given)


def call(method: str = "show") -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "method": method}


async def test_a_request_reaches_the_server_as_it_came(tmp_path: Path) -> None:
    async with kit.running(stage(server(tmp_path)), tmp_path) as world:
        assert world.notes("almanac").joinpath("looked").exists()
        answer = await post(
            world, call(), mcp_protocol_version="2025-11-25", mcp_method="show", x_other="dropped"
        )
        assert answer.status_code == 200
        shown = dict(answer.json()["headers"])
        assert answer.json()["asked"] == call()
        assert (shown["mcp-protocol-version"], shown["mcp-method"]) == ("2025-11-25", "show")
        assert shown["accept"] == HEADERS["accept"]
        assert "x-other" not in shown
        assert "authorization" not in shown
        # The platform names the session, to the server and to the caller, whatever the server says.
        session = answer.headers[MCP_SESSION]
        assert (shown[MCP_SESSION], shown[kit.SESSION]) == (session, session)
        again = await post(world, call(), mcp_session_id=session)
        assert again.headers[MCP_SESSION] == session
        event = [each for each in world.events.select() if each["event"] == "invocation"][-1]
        assert (event["server"], event["agent"], event["caller"]) == ("almanac", None, GATEWAY)


async def test_a_notification_is_a_failure(tmp_path: Path) -> None:
    async with kit.running(stage(server(tmp_path)), tmp_path) as world:
        answer = await post(world, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (answer.status_code, answer.content) == (202, b"")
        failed = await post(world, call("fail"))
        assert (failed.status_code, "inner detail" in failed.text) == (424, False)


@pytest.mark.parametrize(
    ("who", "session", "status"),
    [
        (None, None, 403),
        ("airline_dev_booking", None, 403),
        ("tool-function", None, 403),
        (GATEWAY, "short", 400),
        (GATEWAY, "x" * 101, 400),
        ("operator", None, 200),
    ],
)
async def test_somebody_else_or_with_another_session_gets_in(
    tmp_path: Path, who: str | None, session: str | None, status: int
) -> None:
    given = {} if session is None else {"mcp_session_id": session}
    async with kit.running(stage(server(tmp_path)), tmp_path) as world:
        assert (await post(world, call(), who=who, **given)).status_code == status


async def test_a_server_has_a_workload_identity_of_its_own_or_the_agents(tmp_path: Path) -> None:
    async with kit.running(stage(server(tmp_path)), tmp_path) as world:
        asked = {"workloadName": world.system.servers[0].workload}
        async with httpx.AsyncClient(base_url=world.url, trust_env=False) as client:
            answer = await client.post(
                "/identities/GetWorkloadAccessToken",
                json=asked,
                headers=kit.signature(world.system.servers[0].name),
            )
        assert answer.status_code == 403
        assert "is no runtime" in answer.text


async def test_a_server_is_started_without_the_agents(tmp_path: Path) -> None:
    async with kit.running(
        stage(server(tmp_path), kit.runtime("booking", tmp_path)), tmp_path, agents=False
    ) as world:
        assert world.pool.states() == {"booking": "stopped", "almanac": "ready"}


async def test_a_server_that_does_not_start_is_called_an_agent(tmp_path: Path) -> None:
    broken = server(tmp_path, environment={"MUTE": "1"})
    with pytest.raises(PlatformError, match="the tool server almanac ended with 7 before it was ready"):
        async with kit.running(stage(broken), tmp_path):
            pass


def test_protocols_are_exchanged(tmp_path: Path) -> None:
    def pool(stage: LocalSystem) -> None:
        identity = Identity(stage, clock=lambda: datetime.now(UTC))
        RuntimePool(
            stage, environment=lambda _: {}, tokens=identity, events=EventLog(), logs=LogSink(tmp_path)
        )

    with pytest.raises(PlatformError, match="the protocol HTTP has no local stand-in; use MCP"):
        pool(stage(replace(server(tmp_path), protocol="HTTP")))
    with pytest.raises(PlatformError, match="the protocol MCP has no local stand-in; use HTTP"):
        pool(kit.system(kit.runtime("booking", tmp_path, protocol="MCP")))
