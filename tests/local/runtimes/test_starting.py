"""A start that fails, or is given up, or whose platform is killed: nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.errors import PlatformError
from localcloud.runtimes.process import Limits, _reserved_port
from localcloud.spec import LocalSystem
from tests.assembly_fixture import ROOT
from tests.local.runtimes import kit

pytestmark = pytest.mark.anyio


def broken(folder: Path, program: str) -> LocalSystem:
    """Two agents; the first is sound and notes its process, the second's program is `program`."""
    first, second = kit.runtime("booking", folder), kit.runtime("loyalty", folder)
    main = first.source / "tiny" / "__main__.py"
    text = main.read_text(encoding="utf-8")
    noting = f"import os, pathlib\npathlib.Path({str(folder / 'first')!r}).write_text(str(os.getpid()))\n"
    head = "from __future__ import annotations\n"
    main.write_text(text.replace(head, head + noting, 1), encoding="utf-8")
    (second.source / "tiny" / "__main__.py").write_text(program, encoding="utf-8")
    return kit.system(first, second)


async def test_an_agent_that_cannot_start_stops_the_others_and_names_its_log(tmp_path: Path) -> None:
    first = tmp_path / "first"
    stage = broken(
        tmp_path,
        # Waits for the other, so that there is something to be left behind.
        f"import pathlib, time\nwhile not pathlib.Path({str(first)!r}).exists(): time.sleep(0.005)\n"
        "raise SystemExit('no settings')",
    )
    told = r"the agent loyalty ended with 1 before it was ready\. Its log: .*airline_dev_loyalty\.log"
    with pytest.raises(PlatformError, match=told):
        async with kit.running(stage, tmp_path):
            pass
    assert not kit.alive(int(first.read_text()))
    log = (tmp_path / "logs" / "airline_dev_loyalty.log").read_text(encoding="utf-8")
    assert "no settings" in log


async def test_an_agent_that_never_becomes_healthy_is_given_up(tmp_path: Path) -> None:
    booking = kit.runtime("booking", tmp_path)
    (booking.source / "tiny" / "__main__.py").write_text("import time; time.sleep(3600)", encoding="utf-8")
    with pytest.raises(PlatformError, match=r"booking did not become healthy within 0\.2 s"):
        async with kit.running(kit.system(booking), tmp_path, Limits(start=0.2)):
            pass


async def test_what_waits_for_its_turn_is_started_after_a_failure(tmp_path: Path) -> None:
    """Hundreds of agents start a few at a time; once one cannot, no other may begin."""
    first, second = kit.runtime("booking", tmp_path), kit.runtime("loyalty", tmp_path)
    noted = tmp_path / "second"
    (first.source / "tiny" / "__main__.py").write_text("raise SystemExit(3)", encoding="utf-8")
    program = f"import pathlib\npathlib.Path({str(noted)!r}).write_text('there')\n"
    (second.source / "tiny" / "__main__.py").write_text(program, encoding="utf-8")
    with pytest.raises(PlatformError, match=r"the agent booking ended with 3 before it was ready"):
        async with kit.running(kit.system(first, second), tmp_path, Limits(together=1)):
            pass
    assert not noted.exists()


async def test_agents_beyond_the_first_ones_are_never_started(tmp_path: Path) -> None:
    stage = kit.system(*(kit.runtime(agent, tmp_path) for agent in ("booking", "loyalty")))
    async with kit.running(stage, tmp_path, Limits(together=1)) as world:
        assert set(world.pool.states().values()) == {"ready"}


async def test_an_image_without_its_folder_is_told(tmp_path: Path) -> None:
    booking = kit.runtime("booking", tmp_path, source=tmp_path / "gone")
    with pytest.raises(PlatformError, match=r"the agent booking cannot be started \(No such file"):
        async with kit.running(kit.system(booking), tmp_path):
            pass


async def test_a_start_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    noted = tmp_path / "second"
    program = f"import os, pathlib, time\npathlib.Path({str(noted)!r}).write_text(str(os.getpid()))\n"
    stage = broken(tmp_path, program + "time.sleep(3600)")

    async def start() -> None:
        async with kit.running(stage, tmp_path):
            raise AssertionError("it cannot have started")

    starting = asyncio.ensure_future(start())
    await kit.until(lambda: noted.exists() and bool(noted.read_text()))
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert starting.cancelled()
    assert not kit.alive(int(noted.read_text()))


async def test_a_start_given_up_at_any_moment_leaves_no_process(tmp_path: Path) -> None:
    """Given up after each number of turns of the event loop: also between fork and the first look."""
    noted = tmp_path / "pids"
    booking = kit.runtime("booking", tmp_path)
    program = f"import os\nwith open({str(noted)!r}, 'a') as file: file.write(f'{{os.getpid()}}\\n')\n"
    (booking.source / "tiny" / "__main__.py").write_text(
        program + "import time; time.sleep(3600)", encoding="utf-8"
    )

    async def start() -> None:
        async with kit.running(kit.system(booking), tmp_path):
            raise AssertionError("it cannot have started")

    for turns in range(0, 60, 6):
        starting = asyncio.ensure_future(start())
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        assert starting.cancelled()
    pids = noted.read_text().split() if noted.exists() else []
    assert not [pid for pid in pids if kit.alive(int(pid))]


PARENT = """
import asyncio, sys
from pathlib import Path
from tests.local.runtimes import kit

async def main(folder):
    async with kit.running(kit.system(kit.runtime("booking", folder)), folder) as world:
        print(world.pool.pids()["booking"], flush=True)
        await asyncio.sleep(3600)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_killing_the_platform_leaves_no_agent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        agent = int(await asyncio.to_thread(parent.stdout.readline))
        assert kit.alive(agent)
        os.kill(parent.pid, signal.SIGKILL)
        await asyncio.to_thread(parent.wait)
    await kit.until(lambda: not kit.alive(agent))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a port cannot be reserved")
def test_nobody_else_gets_an_agents_port_before_it_listens() -> None:
    with _reserved_port() as (port, release):
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.socket() as agent:
            agent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            agent.bind(("127.0.0.1", port))
            agent.listen()
            release()
            socket.create_connection(("127.0.0.1", port)).close()
