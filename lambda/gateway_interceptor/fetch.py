"""Fetches the issuer's key set. Imported when first needed: the HTTP client is most of a cold start."""

from __future__ import annotations

import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from threading import Event, Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gateway_interceptor.settings import Endpoint

DEADLINE_SECONDS = 2.0


class FetchError(Exception):
    """The key set could not be had; the message says what came instead of it."""


def fetch(endpoint: Endpoint, max_bytes: int, deadline: float = DEADLINE_SECONDS) -> bytes:
    """The body of a 200 answer of at most `max_bytes`, within `deadline` seconds of the connection.

    No redirect is followed and no proxy is used: the answer is trusted because of where it came from.
    Raises FetchError or OSError or http.client.HTTPException.
    """
    connect = HTTPSConnection if endpoint.secure else HTTPConnection
    connection = connect(endpoint.host, endpoint.port, timeout=deadline)
    try:
        connection.connect()
        # A timeout bounds one read, not their number: a server that drips bytes needs a real deadline.
        late = Event()
        timer = Timer(deadline, _hang_up, (connection.sock, late))
        timer.daemon = True
        timer.start()
        try:
            connection.request("GET", endpoint.path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise FetchError(f"the key set's address answered {response.status}, wanted 200")
            body = response.read(max_bytes + 1)
        finally:
            timer.cancel()
        if late.is_set() or (response.length and len(body) <= max_bytes):
            raise FetchError(f"the key set did not arrive whole within {deadline} seconds")
        if len(body) > max_bytes:
            raise FetchError(f"the key set is larger than {max_bytes} bytes")
        return body
    finally:
        connection.close()


def _hang_up(sock: socket.socket, late: Event) -> None:
    late.set()
    with suppress(OSError):
        # The plain socket's method: TLS's own would take the session away under the reading thread.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
