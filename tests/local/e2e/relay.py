"""A way to the platform that breaks in the middle of an answer: what a real network does, at one known byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Passes connections on to a port of this machine. Once `hold` is set, the next answer that holds those bytes stops
    right behind them, and ends there without a word when `broken` is set. What is still on its way when a connection
    breaks a browser throws away, so a test looks before it breaks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.hold: bytes | None = None
        self.broken = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with self._listener, suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                passing = threading.Thread(target=self._pass, args=(near,))
                self._threads.append(passing)
                passing.start()

    def _pass(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._port)) as far:
            self._open += [near, far]
            asking = threading.Thread(target=_copy, args=(near, far, self._asked))
            asking.start()
            _copy(far, near, self._answering(near))
            asking.join()

    def _asked(self, chunk: bytes) -> bytes:
        # The platform takes requests for its own address only, and ports have five digits.
        return chunk.replace(b"localhost:%d" % self.port, b"localhost:%d" % self._port)

    def _answering(self, near: socket.socket) -> Callable[[bytes], bytes | None]:
        seen = b""

        def until(chunk: bytes) -> bytes | None:
            nonlocal seen
            if self.hold is None:
                return chunk
            before, seen = len(seen), seen + chunk
            end = seen.find(self.hold)
            if end < 0:
                return chunk
            last = seen[before : end + len(self.hold)]
            self.hold = None
            near.sendall(last)
            self.broken.wait(60)
            return None

        return until

    def close(self) -> None:
        """Breaks what is still open, and waits for it."""
        self.broken.set()
        for each in (self._listener, *self._open):
            _end(each)
        for thread in self._threads:
            thread.join()


def _copy(source: socket.socket, to: socket.socket, change: Callable[[bytes], bytes | None]) -> None:
    """Until either end is closed, or `change` gives None; then both end."""
    with suppress(OSError):
        while (chunk := source.recv(65536)) and (changed := change(chunk)) is not None:
            to.sendall(changed)
    for each in (source, to):
        _end(each)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """A relay to a port, for as long as it is needed."""
    opened = Relay(port)
    try:
        yield opened
    finally:
        opened.close()
