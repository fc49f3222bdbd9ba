"""The key set comes from its one address, within its time and size, or not at all."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException

import pytest

from gateway_interceptor.fetch import FetchError, fetch
from gateway_interceptor.settings import Endpoint

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[tuple[Endpoint, list[bytes]]]:
    """A server of one connection on a free port; yields where it is and what it was sent."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    received.append(connection.recv(65536))
                    answer(connection)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield Endpoint(False, "127.0.0.1", server.getsockname()[1], "/p/jwks.json"), received
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_the_document_is_fetched_with_a_plain_request() -> None:
    with serving(lambda connection: connection.sendall(OK)) as (endpoint, received):
        assert fetch(endpoint, 100) == b"{}"
    assert received[0].startswith(b"GET /p/jwks.json HTTP/1.1\r\n")
    assert b"authorization" not in received[0].lower()


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"204 No Content", b"404 No", b"500 No"])
def test_another_status_is_no_key_set_and_no_redirect_is_followed(status: bytes) -> None:
    answer = (
        b"HTTP/1.1 " + status + b"\r\nLocation: http://127.0.0.1:1/evil\r\nContent-Length: 0\r\n"
        b"Connection: close\r\n\r\n"
    )
    with (
        serving(lambda connection: connection.sendall(answer)) as (endpoint, _),
        pytest.raises(FetchError, match="wanted 200"),
    ):
        fetch(endpoint, 100)


def test_a_document_without_end_is_not_read_to_its_end() -> None:
    def flood(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)

    with serving(flood) as (endpoint, _), pytest.raises(FetchError, match="larger"):
        fetch(endpoint, 1000)


@pytest.mark.parametrize("length", [b"Content-Length: 1000\r\n", b""], ids=["length", "until closed"])
def test_a_server_that_drips_bytes_neither_holds_the_function_nor_is_believed(length: bytes) -> None:
    released = threading.Event()

    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
            while not released.wait(0.02):
                connection.sendall(b"x")

    try:
        with serving(drip) as (endpoint, _), pytest.raises((FetchError, OSError, HTTPException)):
            fetch(endpoint, 5000, deadline=0.3)
    finally:
        released.set()


def test_a_silent_server_does_not_hold_the_function() -> None:
    released = threading.Event()

    def wait() -> None:
        released.wait(5)

    try:
        with (
            serving(lambda _: wait()) as (endpoint, _),
            pytest.raises((OSError, HTTPException)),
        ):
            try:
                fetch(endpoint, 100, deadline=0.2)
            finally:
                released.set()
    finally:
        released.set()


def test_nobody_listening_is_an_error_not_an_empty_document() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        fetch(Endpoint(False, "127.0.0.1", port, "/"), 100, deadline=0.5)


def test_a_server_without_a_trusted_certificate_is_refused() -> None:
    with serving(lambda connection: connection.sendall(OK)) as (endpoint, _):
        secure = Endpoint(True, "127.0.0.1", endpoint.port, "/")
        with pytest.raises(ssl.SSLError):
            fetch(secure, 100, deadline=1.0)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(lambda connection: connection.sendall(OK)) as (endpoint, _):
        assert fetch(endpoint, 100) == b"{}"
