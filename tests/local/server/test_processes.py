"""Children end with their parent, and `stop` ends them in bounded time."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from localcloud import processes

ROOT = Path(__file__).resolve().parents[3]
ENV = {"PATH": os.defpath, "LANG": "C.UTF-8"}

PARENT = """
import asyncio, os, sys
from pathlib import Path
from localcloud import processes
STUBBORN = "import signal, subprocess, sys, time;" \\
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);" \\
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);" \\
    "print(child.pid, flush=True); time.sleep(60)"

async def main():
    child = await processes.spawn([sys.executable, "-c", STUBBORN], env={"PATH": os.defpath},
                                  cwd=Path("/"), stdout=asyncio.subprocess.PIPE)
    grandchild = (await child.stdout.readline()).decode().strip()
    print(child.pid, grandchild, flush=True)
    await asyncio.sleep(60)

if LOOP == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


def _alive(pid: int) -> bool:
    """A zombie waiting for its parent counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def _gone(pids: list[int], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while any(map(_alive, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_and_grandchildren_do_not_survive_their_parent(loop: str, number: int) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    program = f"LOOP = {loop!r}\n" + textwrap.dedent(PARENT)
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        text=True,
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(_alive, pids))
        parent.send_signal(number)
        parent.wait(10)
    assert _gone(pids)


def test_stop_kills_a_child_that_ignores_sigterm() -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('on', flush=True); time.sleep(60)"
    )

    async def run() -> int:
        child = await processes.spawn(
            [sys.executable, "-c", program], env=ENV, cwd=Path("/"), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        await child.stdout.readline()
        return await processes.stop(child, grace=0.05)

    assert asyncio.run(run()) == -signal.SIGKILL


def test_a_child_that_ends_by_itself_does_not_leave_its_own_children() -> None:
    program = (
        "import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(c.pid, flush=True)"
    )

    async def run() -> int:
        child = await processes.spawn(
            [sys.executable, "-c", program], env=ENV, cwd=Path("/"), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        grandchild = int(await child.stdout.readline())
        await child.wait()
        await processes.stop(child)
        for _ in range(200):
            if not _alive(grandchild):
                break
            await asyncio.sleep(0.02)
        return grandchild

    assert not _alive(asyncio.run(run()))


def test_a_child_gets_the_given_environment_and_nothing_of_ours() -> None:
    async def run() -> str:
        child = await processes.spawn(
            [sys.executable, "-I", "-c", "import os; print(sorted(os.environ))"],
            env={"ONLY": "이것"},
            cwd=Path("/"),
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        out = (await child.stdout.read()).decode()
        await processes.stop(child)
        return out

    names = set(eval(asyncio.run(run())))  # noqa: S307 - our own child's repr of a list of strings
    assert names <= {"ONLY", "LC_CTYPE"}
