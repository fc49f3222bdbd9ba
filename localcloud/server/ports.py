"""The sockets the platform listens on, bound before anything is started so that nothing is half done."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field

from localcloud.errors import PortTaken

HOST = "127.0.0.1"
"""Loopback only: the stand-ins authenticate nobody as AWS would."""

PURPOSES = ("AWS APIs", "gateway", "issuer")


@dataclass
class Ports:
    """The front door, the gateway, the issuer, and one for each provider stand-in."""

    front: socket.socket
    gateway: socket.socket
    issuer: socket.socket
    providers: dict[str, socket.socket] = field(default_factory=dict)

    def close(self) -> None:
        for bound in (self.front, self.gateway, self.issuer, *self.providers.values()):
            bound.close()


def url(bound: socket.socket) -> str:
    """The base URL of a bound socket, without a trailing slash."""
    return f"http://{HOST}:{bound.getsockname()[1]}"


def bind(base: int, providers: Iterable[str]) -> Ports:
    """Binds `base`, `base + 1`, `base + 2`, and free ports for providers; with 0 all are free ones.

    Raises:
        PortTaken: naming the port, what it is for, and the way out.
    """
    with contextlib.ExitStack() as undo:
        front, gateway, issuer = (
            _bind(base + offset if base else 0, purpose, undo) for offset, purpose in enumerate(PURPOSES)
        )
        stand_ins = {name: _bind(0, name, undo) for name in providers}
        undo.pop_all()
    return Ports(front, gateway, issuer, stand_ins)


def _bind(port: int, purpose: str, undo: contextlib.ExitStack) -> socket.socket:
    made = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP))
    # A port of a platform that has just stopped may be taken again at once.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        # Listening now: SO_REUSEADDR lets two sockets bind one port as long as neither listens.
        made.listen(2048)
    except OSError as error:
        why = (
            "is in use by another program"
            if error.errno == errno.EADDRINUSE
            else f"cannot be used ({error.strerror})"
        )
        raise PortTaken(
            f"port {port} ({purpose}) {why}. Choose others with --port N (N, N+1 and N+2 are used), or 0 for any."
        ) from None
    made.setblocking(False)
    return made
