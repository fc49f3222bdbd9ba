"""The composed platform: a start that fails or is given up leaves nothing, and a stop ends everything."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.errors import AlreadyRunning, PlatformError
from localcloud.server import state
from localcloud.server.platform import Platform
from tests.assembly_fixture import ROOT, assembly

__all__ = ["assembly"]

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are counted through /proc"),
]
STAGE = "airline-dev"


def children() -> set[int]:
    """Processes this one started that still run, but for the watcher, which ends with this process."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that has just ended
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    running = set()
    for pid in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if command and b"groups = set()" not in command:
                running.add(pid)
    return running


def open_sockets() -> int:
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


def listening() -> set[int]:
    """Ports of IPv4 on which this process listens."""
    own = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            own.add(str(descriptor.readlink()))
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}


async def nothing_is_left(before: set[int], sockets: int) -> None:
    async with asyncio.timeout(60):
        # A process that was being forked when the start was given up is reaped in the loop's next turns.
        while children() != before:
            await asyncio.sleep(0.005)
        # A connection that was closed keeps its socket until the event loop's next turns.
        while open_sockets() > sockets:
            await asyncio.sleep(0.005)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A copy of the airline's folder that a test may break."""
    return Path(shutil.copytree(ROOT / "systems" / "airline", tmp_path / "airline"))


def platform(cdk_out: Path, system: Path, tmp_path: Path, **more: Any) -> Platform:
    return Platform(cdk_out, STAGE, system_folder=system, run_folder=tmp_path / "run", **more)


def without_rows(system: Path) -> None:
    next((system / "data").glob("*.json")).unlink()


def without_a_playbook(system: Path) -> None:
    shutil.rmtree(system / "playbook")


def without_a_stand_in(system: Path) -> None:
    shutil.rmtree(system / "providers")


def with_a_broken_stand_in(system: Path) -> None:
    (system / "providers" / "flights.py").write_text(
        "def application(*, client_id, client_secret, clock):\n    raise RuntimeError('broken')\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (without_rows, r"\.json: is missing"),
        (without_a_playbook, r"playbook: is missing"),
        (without_a_stand_in, r"'flights' has no stand-in"),
        (with_a_broken_stand_in, r"flights\.py: cannot be started: RuntimeError: broken"),
    ],
)
async def test_a_start_that_fails_says_why_and_leaves_nothing(
    assembly: Path, system: Path, tmp_path: Path, fault: Callable[[Path], None], told: str
) -> None:
    fault(system)
    before, sockets = children(), open_sockets()
    with pytest.raises(PlatformError, match=told) as caught:
        async with platform(assembly, system, tmp_path, agents=False, register=True):
            pass
    assert "secret" not in str(caught.value)
    await nothing_is_left(before, sockets)
    # The stage is free again, and no state file tells of a platform that never was.
    with state.only_one(tmp_path / "run" / "run", STAGE) as path:
        assert not path.exists()


async def test_a_start_given_up_leaves_nothing(assembly: Path, system: Path, tmp_path: Path) -> None:
    before, sockets = children(), open_sockets()

    async def start() -> None:
        async with platform(assembly, system, tmp_path, register=True):
            raise AssertionError("it cannot have started")

    starting = asyncio.ensure_future(start())
    async with asyncio.timeout(60):
        while len(children() - before) < 2:
            await asyncio.sleep(0.005)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert starting.cancelled()
    await nothing_is_left(before, sockets)
    with state.only_one(tmp_path / "run" / "run", STAGE) as path:
        assert not path.exists()


async def test_a_platform_serves_and_stops_with_nothing_left(
    assembly: Path, system: Path, tmp_path: Path
) -> None:
    (system / "providers" / "unused.py").write_text("def application(**_): ...\n", encoding="utf-8")
    before, sockets, quiet = children(), open_sockets(), listening()
    running = platform(assembly, system, tmp_path, agents=False, register=True)
    async with running:
        client = running.client
        status = await asyncio.to_thread(client.status)
        assert (status["stage"], status["entry_agent"]) == (STAGE, "orchestrator")
        assert {agent["state"] for agent in status["agents"].values()} == {"stopped"}
        for secret in (client.key, *(each.client_secret for each in running.system.pool.clients)):
            assert secret not in repr(client)
            assert secret not in repr(running.system)
        with pytest.raises(AlreadyRunning):
            async with platform(assembly, system, tmp_path, agents=False, register=True):
                pass
        # Three, the stand-in in use, and a Runtime API for each worker: no socket that nobody serves.
        functions = running.functions
        workers = sum(len(functions.pids(function.arn)) for function in running.system.functions)
        assert len(listening() - quiet) == 4 + workers
    await nothing_is_left(before, sockets)
    assert listening() == quiet
    with state.only_one(tmp_path / "run" / "run", STAGE) as path:
        assert not path.exists()


async def test_each_service_is_behind_the_front_door(assembly: Path, system: Path, tmp_path: Path) -> None:
    async with (
        platform(assembly, system, tmp_path, agents=False) as running,
        httpx.AsyncClient(base_url=running.client.front, trust_env=False) as client,
    ):

        async def ask(path: str, service: str = "bedrock-agentcore") -> tuple[int, str]:
            credential = f"LOCAL.airline_dev_booking/20261121/r/{service}/aws4_request"
            signed = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"
            reply = await client.post(path, headers={"authorization": signed}, json={})
            return reply.status_code, reply.headers.get("x-amzn-errortype", "")

        assert await ask("/identities/oauth2/token") == (400, "ValidationException")
        assert await ask("/runtimes/none/invocations") == (404, "ResourceNotFoundException")
        assert (await ask("/memories/none/events"))[0] in (403, 404)
        assert await ask("/browsers/x/sessions") == (403, "AccessDeniedException")
        assert await ask("/code-interpreters/x/tools/invoke") == (403, "AccessDeniedException")
        assert await ask("/payments/x") == (404, "ResourceNotFoundException")
        assert (await ask("/", "kinesis"))[0] == 501
