"""A way to the platform that breaks in the middle of an answer: what a real network does, at one known byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Passes connections on to a port of this machine. Once `cut` is set, the next answer that holds those bytes ends
    right behind them, without a word."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cut: bytes | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            for start in (self._asked, self._answered):
                threading.Thread(target=start, args=(near, far), daemon=True).start()

    def _asked(self, near: socket.socket, far: socket.socket) -> None:
        # The platform takes requests for its own address only, and ports have five digits.
        own, known = str(self.port).encode(), str(self._port).encode()
        _pass_on(near, far, lambda chunk: chunk.replace(b"localhost:" + own, b"localhost:" + known))

    def _answered(self, near: socket.socket, far: socket.socket) -> None:
        seen = b""

        def until(chunk: bytes) -> bytes | None:
            nonlocal seen
            if self.cut is None:
                return chunk
            before, seen = len(seen), seen + chunk
            end = seen.find(self.cut)
            if end < 0:
                return chunk
            last = seen[before : end + len(self.cut)]
            self.cut = None
            near.sendall(last)
            return None

        _pass_on(far, near, until)

    def close(self) -> None:
        self._listener.close()


def _pass_on(source: socket.socket, to: socket.socket, change: Callable[[bytes], bytes | None]) -> None:
    """Until either end closes, or `change` gives None; then both are closed."""
    with suppress(OSError):
        while chunk := source.recv(65536):
            changed = change(chunk)
            if changed is None:
                break
            to.sendall(changed)
    for end in (source, to):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """A relay to a port, for as long as it is needed."""
    opened = Relay(port)
    try:
        yield opened
    finally:
        opened.close()
