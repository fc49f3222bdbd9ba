"""A gateway behind a real socket: uvicorn on an ephemeral loopback port, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from localcloud.server.serving import Server
from tests.local.gateway.kit import wait_for


def bound_socket() -> socket.socket:
    """A listening socket on a port nobody else has."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    return listening


@contextmanager
def serving(app: Any, listening: socket.socket) -> Iterator[None]:
    """Serves `app` on the socket until the block ends."""
    config = uvicorn.Config(app, log_config=None, lifespan="on", http="httptools", loop="asyncio")
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield
    finally:
        server.end()
        thread.join(timeout=10)
        listening.close()


def raw_exchange(port: int, request: bytes, *, half_close: bool = False) -> bytes:
    """Sends bytes as they are and reads until the server closes or answers in full."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(request)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Refused before the whole was sent: the answer is what counts.
        answer = b""
        while not _complete(answer):
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                break
            if not chunk:
                break
            answer += chunk
        return answer


def _complete(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False
