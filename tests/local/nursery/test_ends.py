"""Nothing that was forked outlives the platform or the warm process, however either ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from localcloud import processes
from localcloud.nursery import Nursery
from tests.assembly_fixture import ROOT
from tests.local.nursery.conftest import Run, package, run, variables
from tests.local.runtimes.kit import alive, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere"),
]

WITH_A_CHILD = (
    "import os, signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(3600)'])\n"
    "print(os.getpid(), child.pid)\n"
)
STAYS = WITH_A_CHILD + "time.sleep(3600)"


async def pids(started: Run) -> list[int]:
    return [int(word) for word in (await started.line()).split()]


async def gone(numbers: list[int]) -> None:
    await until(lambda: not any(map(alive, numbers)))


async def killed_with_the_warm_process(tmp_path: Path) -> None:
    nursery, folder = Nursery(()), package(tmp_path / "image", STAYS)
    env = variables(tmp_path / "home")
    started = await Run().start(nursery, folder, env)
    both = await pids(started)
    assert both[0] == started.process.pid
    assert all(map(alive, both))
    os.kill(nursery.pid, signal.SIGKILL)
    assert (await started.end())[0] == -signal.SIGKILL
    await gone(both)
    # From now on agents are started in the ordinary way.
    assert await nursery.fork("tiny", env=env, cwd=folder, output=2) is None
    nursery.close()
    nursery.close()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_agents_outlive_the_warm_process(tmp_path: Path, loop: str) -> None:
    runner: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
    if loop == "uvloop":
        runner = pytest.importorskip("uvloop").run
    runner(killed_with_the_warm_process(tmp_path))


async def test_an_agent_that_ends_by_itself_leaves_its_children(nursery: Nursery, tmp_path: Path) -> None:
    folder = package(tmp_path / "image", WITH_A_CHILD)
    started = await Run().start(nursery, folder, variables(tmp_path / "home"))
    both = await pids(started)
    assert (await started.end())[0] == 0
    await gone(both)


async def test_an_agent_that_ignores_being_asked_is_not_stopped(nursery: Nursery, tmp_path: Path) -> None:
    started = await Run().start(nursery, package(tmp_path / "image", STAYS), variables(tmp_path / "home"))
    both = await pids(started)
    assert await processes.stop(started.process, grace=0.02) == -signal.SIGKILL
    await gone(both)
    assert (await started.end())[0] == -signal.SIGKILL


async def test_the_number_of_an_ended_agent_is_anothers_before_the_platform_knows(
    nursery: Nursery, tmp_path: Path
) -> None:
    """A signal to a group whose number was given away would meet a stranger."""
    started = await Run().start(
        nursery, package(tmp_path / "image", "print(1)"), variables(tmp_path / "home")
    )
    status = Path(f"/proc/{started.process.pid}/stat")
    # No turn of the event loop: the platform has not heard of the end.
    while status.read_text().rpartition(")")[2].split()[0] != "Z":
        pass
    await started.end()
    await until(lambda: not status.exists())


async def test_a_start_that_is_given_up_leaves_a_process(nursery: Nursery, tmp_path: Path) -> None:
    """Given up after each number of turns of the event loop."""
    noted = tmp_path / "pids"
    noting = f"with open({str(noted)!r}, 'a') as file: print(os.getpid(), file=file)"
    program = f"import os, time\n{noting}\ntime.sleep(3600)"
    folder, env = package(tmp_path / "image", program), variables(tmp_path / "home")
    for turns in range(8):
        starting = asyncio.ensure_future(Run().start(nursery, folder, env))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        if not starting.cancelled():
            await processes.stop(starting.result().process, 0)
    # Requests are taken in turn: once this one has run, nothing of those before it is still to come.
    assert await run(nursery, package(tmp_path / "last", "print('last')"), env) == (0, "last")
    await gone([int(line) for line in noted.read_text().split()] if noted.exists() else [])


async def test_an_agent_waits_for_ever_for_a_warm_process_that_is_stuck(tmp_path: Path) -> None:
    noted = tmp_path / "ran"
    folder = package(tmp_path / "image", f"import pathlib\npathlib.Path({str(noted)!r}).touch()")
    env = variables(tmp_path / "home")
    nursery = Nursery((), patience=0.1)
    try:
        os.kill(nursery.pid, signal.SIGSTOP)
        assert await nursery.fork("tiny", env=env, cwd=folder, output=2) is None
        os.kill(nursery.pid, signal.SIGCONT)
        # Taken in turn: what was asked before, and is started in the ordinary way by now, is not started once more.
        nursery._patience = 60
        assert await run(nursery, package(tmp_path / "last", "print('last')"), env) == (0, "last")
    finally:
        nursery.close()
    assert not noted.exists()


async def test_a_request_too_large_for_a_message_stops_the_warm_process(
    nursery: Nursery, tmp_path: Path
) -> None:
    folder, env = package(tmp_path / "image", "print('sound')"), variables(tmp_path / "home")
    for size in (150_000, 5_000_000):
        large = {**env, "LARGE": "x" * size}
        assert await nursery.fork("tiny", env=large, cwd=folder, output=2) is None
    assert await run(nursery, folder, env) == (0, "sound")


PARENT = """
import asyncio, sys
from pathlib import Path
from localcloud.nursery import Nursery
from tests.local.nursery.conftest import Run, variables

async def main(folder):
    nursery = Nursery(())
    started = await Run().start(nursery, folder / "image", variables(folder / "home"))
    print(nursery.pid, await started.line(), flush=True)
    await asyncio.sleep(3600)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_agents_or_the_warm_process_outlive_the_platform(tmp_path: Path) -> None:
    package(tmp_path / "image", STAYS)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        numbers = [int(word) for word in (await asyncio.to_thread(parent.stdout.readline)).split()]
        assert len(numbers) == 3
        assert all(map(alive, numbers))
        os.kill(parent.pid, signal.SIGKILL)
        await asyncio.to_thread(parent.wait)
    await gone(numbers)


def test_a_warm_process_leaves_descriptors_or_itself_behind() -> None:
    Nursery(()).close()  # the first child starts the watcher, whose pipe stays
    before = set(Path("/proc/self/fd").iterdir())
    nursery = Nursery(())
    assert set(Path("/proc/self/fd").iterdir()) != before
    nursery.close()
    assert set(Path("/proc/self/fd").iterdir()) == before
    assert not alive(nursery.pid)
