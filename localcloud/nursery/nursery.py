"""The platform's side: starts the warm process, asks it for agents, and keeps watch over them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcloud import processes
from localcloud.nursery.libraries import ENVIRONMENT, LIBRARIES

_LAUNCH = Path(__file__).parent / "child" / "launch.py"
_MAX_ANSWER = 4096
_ROOM = 32 * 1024
"""Bytes in which /proc can show a forked process's variables, and not the warm process's (`child/launch.py`)."""


class Nursery:
    """A warm process on Linux. Needs no event loop: start it early, it gets ready beside everything else.

    If it dies, its agents die with it, and whatever is asked of it from then on is declined.
    """

    def __init__(self, libraries: Sequence[str] = LIBRARIES, *, patience: float = 30.0) -> None:
        """Starts it and returns at once. Raises OSError; `started` is for those who can do without.

        `patience` is how long, in seconds, an agent waits for it, its imports included.
        """
        self._patience = patience
        self._master, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._master.setblocking(False)
        # Nobody reads what it says: a pipe it must be, as an agent's output is, and it must never wait for a reader.
        self._said, said = os.pipe()
        os.set_blocking(said, False)
        try:
            self._process = processes.begin(
                [sys.executable, str(_LAUNCH), str(theirs.fileno()), *libraries],
                env={**ENVIRONMENT, "AIRSIDE_ROOM": "x" * _ROOM},
                cwd=Path("/"),
                output=said,
                pass_fds=(theirs.fileno(),),
            )
        except OSError:
            self._master.close()
            os.close(self._said)
            raise
        finally:
            theirs.close()
            os.close(said)

    @classmethod
    def started(cls) -> Nursery | None:
        """One where there can be one."""
        if not sys.platform.startswith("linux") or not hasattr(os, "pidfd_open"):
            return None
        with contextlib.suppress(OSError):
            return cls()
        return None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def fork(self, module: str, *, env: Mapping[str, str], cwd: Path, output: int) -> Forked | None:
        """Starts `python -m module` with exactly `env`, its words into the pipe `output`, as `processes.spawn` would.

        None where it has to be started in the ordinary way: nothing was started then. May be cancelled at any time;
        what was started is killed then. Raises OSError (no such folder, out of processes).
        """
        loop = asyncio.get_running_loop()
        request = json.dumps({"module": module, "env": dict(env), "cwd": str(cwd)}).encode()
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.setblocking(False)
        try:
            with theirs:
                socket.send_fds(self._master, [request], [theirs.fileno(), output])
            async with asyncio.timeout(self._patience):
                said = await loop.sock_recv(control, _MAX_ANSWER)
        except OSError:  # it is gone or stuck (TimeoutError), or the request is too large for a message
            control.close()
            return None
        except BaseException:
            control.close()
            raise
        answer = json.loads(said or b"{}")
        if "pid" in answer:
            return Forked(answer["pid"], control, loop)
        control.close()
        if "errno" in answer:
            raise OSError(answer["errno"], os.strerror(answer["errno"]), str(cwd))
        return None

    def close(self) -> None:
        """Ends it, and with it whatever it has forked. May be called twice."""
        if self._process.returncode is None:
            processes.signal_group(self._process.pid, signal.SIGKILL)
            processes.unwatch(self._process.pid)
            self._process.wait()
            self._master.close()
            os.close(self._said)


class Forked:
    """A forked process. The part of `asyncio.subprocess.Process` that is used of agents."""

    def __init__(self, pid: int, control: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._control = control
        self._loop = loop
        self._ended = asyncio.Event()
        processes.watch(pid)
        loop.add_reader(control, self._told)

    async def wait(self) -> int:
        """Its exit code, negative for a signal, once it has ended."""
        await self._ended.wait()
        assert self.returncode is not None  # noqa: S101 - set before the event
        return self.returncode

    def _told(self) -> None:
        try:
            said = self._control.recv(_MAX_ANSWER)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        self._loop.remove_reader(self._control)
        # Where the warm process ended, the kernel kills this one; what it started is left to this signal.
        processes.signal_group(self.pid, signal.SIGKILL)
        processes.unwatch(self.pid)
        # Not before: with this it is reaped, and its number may become another's.
        self._control.close()
        self.returncode = json.loads(said)["ended"] if said else -signal.SIGKILL
        self._ended.set()
