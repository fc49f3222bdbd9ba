"""Takes the platform's requests, forks, and tells of each end. Linux, standard library only.

A request is one message over the socket with the platform, `{module, env, cwd}` as JSON, with two descriptors: the
request's own socket, and the pipe for what the process says. Over its own socket the platform hears, as JSON, one of

    {"refused": why}    nothing was forked: it has to be started in the ordinary way
    {"errno": number}   it cannot be started, as `subprocess.Popen` would raise
    {"pid": number}     it runs; later {"ended": exit code}, negative for a signal

An ended process is reaped only when the platform has closed that socket, so its number is nobody else's until then;
a socket closed before the end kills.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.nursery.child.warm import Warm

MAX_REQUEST = 128 * 1024
PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl
"""Looked up before any fork."""


@dataclass(frozen=True)
class Request:
    """The process that is asked for."""

    module: str
    env: Mapping[str, str]


@dataclass
class Forked:
    """A forked process, and its own socket to the platform: None once the platform has closed that."""

    pid: int
    control: socket.socket | None
    ended: bool = False


class Server:
    """Takes requests until the platform is gone."""

    def __init__(self, master: socket.socket, warm: Warm) -> None:
        self._master = master
        self._warm = warm
        self._poll = select.poll()
        self._poll.register(master, select.POLLIN)
        self._forked: dict[int, Forked] = {}
        """By descriptor: of the socket, and of the pidfd that tells the end (pidfd_open(2))."""

    def serve(self) -> Request:
        """Returns in a forked process, and only there."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._master.fileno():
                    if (request := self._take()) is not None:
                        return request
                elif (forked := self._forked.get(descriptor)) is not None:
                    if forked.control is not None and forked.control.fileno() == descriptor:
                        self._left(forked, descriptor)
                    else:
                        self._ended(forked, descriptor)

    def _take(self) -> Request | None:
        data, descriptors, flags, _ = socket.recv_fds(self._master, MAX_REQUEST, 2)
        if not data:
            os._exit(0)  # the platform is gone; the kernel kills what was forked
        if len(descriptors) != 2 or flags & socket.MSG_TRUNC:
            for descriptor in descriptors:
                os.close(descriptor)  # which the platform takes for a refusal
            return None
        own, output = descriptors
        asked, control = json.loads(data), socket.socket(fileno=own)
        answer: dict[str, int | str] = {}
        try:
            if (why := self._warm.refusal(asked["env"], asked["cwd"])) is not None:
                answer = {"refused": why}
            elif not _has_left(control):
                answer = {"pid": self._fork(control, asked["cwd"], output)}
                if not answer["pid"]:
                    return Request(asked["module"], asked["env"])
        except OSError as error:
            answer = {"errno": error.errno or 0}
        os.close(output)
        _say(control, answer)
        if "pid" not in answer:
            control.close()
        return None

    def _fork(self, control: socket.socket, cwd: str, output: int) -> int:
        """The number of the process, 0 in the process itself. Raises OSError."""
        with contextlib.ExitStack() as undo:
            folder = os.open(cwd, os.O_RDONLY | os.O_DIRECTORY)
            undo.callback(os.close, folder)
            waiting, told = os.pipe()
            undo.callback(os.close, waiting)
            with contextlib.ExitStack() as telling:
                telling.callback(os.close, told)
                parent, pid = os.getpid(), os.fork()
                if pid == 0:
                    # Every descriptor is closed by its number now, and must not be once more when it is another's.
                    telling.pop_all()
                    undo.pop_all()
                    for each in (self._master, control, *(other.control for other in self._forked.values())):
                        if each is not None:
                            each.detach()
                    _stand_alone(parent, folder, output)
                    return 0
            # Until the process has closed its copies too: from then on a signal to its group reaches it.
            os.read(waiting, 1)
        forked = Forked(pid, control)
        try:
            ending = os.pidfd_open(pid)
        except OSError:
            _kill(pid)
            os.waitpid(pid, 0)
            raise
        for descriptor in (control.fileno(), ending):
            self._forked[descriptor] = forked
            self._poll.register(descriptor, select.POLLIN)
        return pid

    def _left(self, forked: Forked, descriptor: int) -> None:
        """The platform has closed the process's socket: it knows of the end, or wants it."""
        self._forget(descriptor)
        forked.control = None
        if forked.ended:
            os.waitpid(forked.pid, 0)
        else:
            _kill(forked.pid)

    def _ended(self, forked: Forked, descriptor: int) -> None:
        """A process has ended, and its group ends with it. Until it is reaped its number is nobody else's."""
        self._forget(descriptor)
        _kill(forked.pid)
        forked.ended = True
        if forked.control is None:
            os.waitpid(forked.pid, 0)
        elif (end := os.waitid(os.P_PID, forked.pid, os.WEXITED | os.WNOWAIT)) is not None:
            code = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
            _say(forked.control, {"ended": code})

    def _forget(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        forked = self._forked.pop(descriptor)
        if forked.control is not None and forked.control.fileno() == descriptor:
            forked.control.close()
        else:
            os.close(descriptor)


def _has_left(control: socket.socket) -> bool:
    return bool(select.select([control], [], [], 0)[0])  # it says nothing, so this is its end


def _say(control: socket.socket, what: Mapping[str, int | str]) -> None:
    with contextlib.suppress(OSError):  # the platform has left: that is seen in the next turn
        control.send(json.dumps(what).encode())


def _kill(pid: int) -> None:
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


def _stand_alone(parent: int, folder: int, output: int) -> None:
    """In the forked process: a session, a folder and descriptors of its own, and no life after its parent's."""
    os.setsid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    os.fchdir(folder)
    os.dup2(output, 1)
    os.dup2(output, 2)
    with os.scandir("/proc/self/fd") as found:
        descriptors = [int(each.name) for each in found]
    for descriptor in descriptors:
        if descriptor > 2:
            with contextlib.suppress(OSError):  # of the listing itself
                os.close(descriptor)
