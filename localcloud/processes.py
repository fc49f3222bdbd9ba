"""Child processes that never outlive the platform, however it ends.

Three nets, so that even `kill -9` of the platform leaves nothing behind:

* every child leads its own session, so one signal reaches it and whatever it started;
* on Linux the kernel kills a child when its parent ends (`prctl(PR_SET_PDEATHSIG)`, prctl(2));
* everywhere a small watcher process holds the read end of a pipe: when the platform ends, however it ends,
  the pipe closes and the watcher kills every process group still on its list.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, cast

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 1.0
"""How long a child may take to end on SIGTERM before it is killed."""

_WATCHER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


def _death_signal() -> Callable[[], None] | None:
    """What a child calls between fork and exec on Linux; None elsewhere (the watcher covers it)."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        # Looked up before the fork: nothing may be loaded between fork and exec.
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
    parent = os.getpid()

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the call: no signal will come
            os._exit(1)

    return in_child


class _Watcher:
    """The process that kills the listed groups when this one is gone; started with the first child."""

    def __init__(self) -> None:
        self._owner = 0
        self._pipe = -1

    def _start(self) -> None:
        read_end, write_end = os.pipe()
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", _WATCHER],
                {"PATH": os.defpath},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, read_end, 0),
                    (os.POSIX_SPAWN_DUP2, null, 1),
                    (os.POSIX_SPAWN_DUP2, null, 2),
                ],
                setpgroup=0,  # a Ctrl-C in the terminal must not reach it
            )
        except OSError:
            os.close(write_end)
            raise
        finally:
            os.close(read_end)
            os.close(null)
        self._owner, self._pipe = os.getpid(), write_end

    def tell(self, sign: str, group: int) -> None:
        """Add (`+`) or drop (`-`) a process group; a dead watcher is replaced, and told again."""
        if self._owner != os.getpid():
            self._start()
        line = f"{sign}{group}\n".encode()
        try:
            os.write(self._pipe, line)
        except BrokenPipeError:
            os.close(self._pipe)
            self._start()
            os.write(self._pipe, line)


_watcher = _Watcher()


def watch(group: int) -> None:
    """Have a process group killed when this process ends. For groups not started by `spawn`."""
    _watcher.tell("+", group)


def unwatch(group: int) -> None:
    """Take a process group that has ended off the list, before its number is given to another."""
    _watcher.tell("-", group)


class _Protocol(asyncio.subprocess.SubprocessStreamProtocol):
    """Keeps the watcher's list; acts on a child's exit at once, not when its pipes close.

    `Process.wait()` returns only when every holder of the child's pipes has closed them, so a child that left
    its own children behind would never seem to end.
    """

    _group = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._group = cast(asyncio.SubprocessTransport, transport).get_pid()
        watch(self._group)

    def process_exited(self) -> None:
        # At once, so that the number cannot belong to another group yet.
        signal_group(self._group, signal.SIGKILL)
        unwatch(self._group)
        super().process_exited()


class Child(Protocol):
    """What is used of a started process, however it was started."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...


def begin(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, output: int, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """As `spawn`, but without an event loop: the caller waits for its end, and then calls `unwatch`.

    To be called in the main thread: the kernel takes the end of the calling thread for the end of the parent.
    """
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_death_signal(),
        pass_fds=tuple(pass_fds),
    )
    watch(process.pid)
    return process


async def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    limit: int = 2**20,
    pass_fds: Sequence[int] = (),
) -> asyncio.subprocess.Process:
    """Start `argv` with exactly `env`, in its own session, bound to die with this process.

    `limit` is the longest line, in bytes, that the process' stream readers take.
    Raises OSError (no such program, no such folder, out of processes) as `subprocess.Popen` does.
    """
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: _Protocol(limit=limit, loop=loop),
        *argv,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_death_signal(),
        pass_fds=tuple(pass_fds),
    )
    return asyncio.subprocess.Process(transport, protocol, loop)


def signal_group(group: int, number: int) -> None:
    """Send a signal to a whole process group; a group already gone is not an error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


async def stop(process: Child, grace: float = GRACE_SECONDS) -> int:
    """End a child: SIGTERM, after `grace` seconds SIGKILL, for its whole group. Returns its exit code."""
    if process.returncode is None:
        signal_group(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), grace)
        except TimeoutError:
            signal_group(process.pid, signal.SIGKILL)
    return await process.wait()
