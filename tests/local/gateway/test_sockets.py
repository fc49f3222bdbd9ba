"""Requests as bytes on a real socket: what an HTTP client library would never send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.local.gateway.kit import World, call_body, token
from tests.local.gateway.parts import FUNCTION, INFO, gateway, interceptor
from tests.local.gateway.serving import bound_socket, raw_exchange, serving

BODY = json.dumps(call_body(INFO, {"customer_id": "C1"})).encode()


@dataclass
class Door:
    port: int
    world: World

    def send(
        self, *headers: bytes, body: bytes = BODY, line: bytes = b"POST /mcp HTTP/1.1"
    ) -> tuple[int, bytes]:
        """Status and body of one exchange; `%PORT%` and `%TOKEN%` stand for what they say. 0 is no answer."""
        host = b"Host: 127.0.0.1:%PORT%"
        given = headers if any(each.lower().startswith(b"host:") for each in headers) else (host, *headers)
        request = b"\r\n".join([line, *given, b"", b""]) + body
        request = request.replace(b"%PORT%", str(self.port).encode()).replace(b"%TOKEN%", token().encode())
        answer = raw_exchange(self.port, request)
        head, _, content = answer.partition(b"\r\n\r\n")
        return (int(head.split(b" ")[1]) if head else 0), content


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    listening = bound_socket()
    port = listening.getsockname()[1]
    world = World(gateway(url=f"http://127.0.0.1:{port}/mcp", interceptors=(interceptor(headers=True),)))
    with serving(world.app, listening):
        yield Door(port, world)


KIND = b"Content-Type: application/json"
AUTH = b"Authorization: Bearer %TOKEN%"
LENGTH = b"Content-Length: %d" % len(BODY)


@pytest.mark.parametrize(
    "headers",
    [
        (KIND, AUTH, LENGTH),
        (
            b"content-type: application/json",
            b"authorization: Bearer %TOKEN%",
            b"content-length: %d" % len(BODY),
        ),
        (b"CONTENT-TYPE: application/json", b"AUTHORIZATION: Bearer %TOKEN%", LENGTH),
        (KIND, AUTH, LENGTH, b"Host: localhost:%PORT%"),
    ],
    ids=["usual", "lower case", "upper case", "localhost"],
)
def test_an_honest_request_is_refused(door: Door, headers: tuple[bytes, ...]) -> None:
    status, content = door.send(*headers)
    assert (status, json.loads(content)["result"]["isError"]) == (200, False)


def test_a_chunked_body_is_refused(door: Door) -> None:
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, BODY[:10], len(BODY) - 10, BODY[10:])
    status, _ = door.send(KIND, AUTH, b"Transfer-Encoding: chunked", body=chunks)
    assert status == 200


HOSTILE: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "no length": ((KIND, AUTH), BODY),
    "negative length": ((KIND, AUTH, b"Content-Length: -1"), BODY),
    "signed length": ((KIND, AUTH, b"Content-Length: +%d" % len(BODY)), BODY),
    "length in words": ((KIND, AUTH, b"Content-Length: ten"), BODY),
    "two lengths": ((KIND, AUTH, LENGTH, b"Content-Length: 5"), BODY),
    "length and chunked": ((KIND, AUTH, LENGTH, b"Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    "length too short": ((KIND, AUTH, b"Content-Length: 20"), BODY),
    "enormous length": ((KIND, AUTH, b"Content-Length: 99999999999"), BODY),
    "length of 40 digits": ((KIND, AUTH, b"Content-Length: " + b"9" * 40), BODY),
    "unknown transfer encoding": ((KIND, AUTH, b"Transfer-Encoding: gzip"), BODY),
    "bad chunk": ((KIND, AUTH, b"Transfer-Encoding: chunked"), b"zz\r\n" + BODY),
    "two tokens": ((KIND, AUTH, b"authorization: Bearer %TOKEN%", LENGTH), BODY),
    "folded token": ((KIND, b"Authorization: Bearer\r\n %TOKEN%", LENGTH), BODY),
    "space before colon": ((KIND, b"Authorization : Bearer %TOKEN%", LENGTH), BODY),
    "token of one megabyte": ((KIND, b"Authorization: Bearer " + b"a" * 1_000_000, LENGTH), BODY),
    "two hosts": ((KIND, AUTH, LENGTH, b"Host: 127.0.0.1:%PORT%", b"Host: evil.example"), BODY),
    "foreign host": ((KIND, AUTH, LENGTH, b"Host: evil.example:%PORT%"), BODY),
    "empty host": ((KIND, AUTH, LENGTH, b"Host:"), BODY),
    "two content types": ((KIND, b"Content-Type: text/plain", AUTH, LENGTH), BODY),
    "no content type": ((AUTH, LENGTH), BODY),
    "UTF-16 body": ((KIND, AUTH, b"Content-Length: %d" % (2 * len(BODY))), BODY.decode().encode("utf-16-le")),
    "batch": ((KIND, AUTH, b"Content-Length: %d" % (len(BODY) + 2)), b"[" + BODY + b"]"),
    "deep nesting": ((KIND, AUTH, b"Content-Length: 100000"), b"[" * 100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_reaches_a_function_or_breaks_the_server(door: Door, name: str) -> None:
    headers, body = HOSTILE[name]
    before = len(door.world.functions.of(FUNCTION))
    status, content = door.send(*headers, body=body)
    assert status == 0 or 400 <= status < 500, (status, content)
    assert len(door.world.functions.of(FUNCTION)) == before
    assert door.send(KIND, AUTH, LENGTH)[0] == 200, "the server does not answer any more"


@pytest.mark.parametrize(
    "line",
    [
        b"GET /mcp HTTP/1.1",
        b"post /mcp HTTP/1.1",
        b"POST /mcp/../mcp HTTP/1.1",
        b"POST /%6Dcp HTTP/1.1",
        b"POST //mcp HTTP/1.1",
        b"POST * HTTP/1.1",
        b"POST /mcp HTTP/9.9",
        b"POST /mcp",
        b"BREW /mcp HTTP/1.1",
    ],
)
def test_another_request_line_reaches_a_function(door: Door, line: bytes) -> None:
    before = len(door.world.functions.of(FUNCTION))
    status, _ = door.send(KIND, AUTH, LENGTH, line=line)
    assert status == 0 or 400 <= status < 500
    assert len(door.world.functions.of(FUNCTION)) == before


def test_a_smuggled_second_request_is_answered_as_the_first_callers(door: Door) -> None:
    before = len(door.world.functions.of(FUNCTION))
    inner = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%PORT%\r\nContent-Length: 2\r\n\r\n{}"
    status, _ = door.send(KIND, LENGTH, b"Content-Length: 0", AUTH, body=inner)
    assert status in (0, 400)
    assert len(door.world.functions.of(FUNCTION)) == before


def test_a_websocket_is_accepted(door: Door) -> None:
    upgrade = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13")
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    status, _ = door.send(*upgrade, key, body=b"", line=b"GET /mcp HTTP/1.1")
    assert status in (400, 403, 405)
