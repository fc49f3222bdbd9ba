"""Attacks below JSON: bytes on the connection that two HTTP readers could understand differently (RFC 9112).

Each carries a call that must not be carried out as it is sent; an answer may also not come at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from attacks.model import REFUSED, USER_HEADER, Attack, Context, Sent

Build = Callable[[Context], Sent]
GATEWAY = frozenset(("gateway",))
PATIENCE = 2.0
KIND = "Content-Type: application/json"
TOKEN = "Authorization: Bearer %TOKEN%"


def written(
    c: Context,
    *lines: str,
    body: bytes = b"",
    first: str = "POST /mcp HTTP/1.1",
    host: str = "Host: %HOST%",
    end: str = "\r\n",
) -> Sent:
    """A request of these lines, and those of an agent that works for the signed-in user.

    %TOKEN% stands for the agent's token, %LENGTH% for the body's length.
    """
    user = c.user_token()
    more = [] if user is None else [f"{USER_HEADER}: {user}"]
    head = end.join([first, *([host] if host else []), "traceparent: %TRACE%", *more, *lines, "", ""])
    if "%TOKEN%" in head:
        head = head.replace("%TOKEN%", c.token())
    raw = head.replace("%LENGTH%", str(len(body))).encode("latin-1") + body
    return Sent(body, (), raw=raw, patience=PATIENCE)


def granted(c: Context) -> bytes:
    return json.dumps(c.call()).encode()


def denied(c: Context) -> bytes:
    return json.dumps(c.call(c.denied)).encode()


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


LENGTH = "Content-Length: %LENGTH%"
CHUNKED = "Transfer-Encoding: chunked"


def _lengths() -> dict[str, Build]:
    """Where one reader sees another body than the next."""

    def length(value: str) -> Build:
        return lambda c: written(c, KIND, TOKEN, f"Content-Length: {value}", body=granted(c))

    def coding(value: str) -> Build:
        return lambda c: written(
            c, KIND, TOKEN, f"Transfer-Encoding: {value}", LENGTH, body=chunked(granted(c))
        )

    def chunks(make: Callable[[bytes], bytes]) -> Build:
        return lambda c: written(c, KIND, TOKEN, CHUNKED, body=make(granted(c)))

    return {
        **{
            f"length {value}"[:30]: length(value)
            for value in (
                "-1",
                "+200",
                "0x80",
                "ten",
                "1e3",
                "",
                "5, 6",
                "99999999999",
                "9" * 40,
                "20",
                "1 0",
            )
        },
        "length too short": lambda c: written(
            c, KIND, TOKEN, f"Content-Length: {len(denied(c)) - 9}", body=denied(c)
        ),
        "length too long": lambda c: written(
            c, KIND, TOKEN, f"Content-Length: {len(denied(c)) + 9}", body=denied(c)
        ),
        "two lengths": lambda c: written(c, KIND, TOKEN, LENGTH, "Content-Length: 5", body=granted(c)),
        "two lengths, short first": lambda c: written(
            c, KIND, TOKEN, "Content-Length: 5", LENGTH, body=granted(c)
        ),
        "length and chunked": lambda c: written(c, KIND, TOKEN, LENGTH, CHUNKED, body=chunked(granted(c))),
        "chunked and length": lambda c: written(c, KIND, TOKEN, CHUNKED, LENGTH, body=chunked(granted(c))),
        **{
            f"coding {value!r}": coding(value)
            for value in ("xchunked", "gzip", "identity", "chunked, identity", "chunked\x0b", "chunked;q=1")
        },
        "chunk size in words": chunks(lambda body: b"zz\r\n" + body + b"\r\n0\r\n\r\n"),
        "chunk size negative": chunks(lambda body: b"-5\r\n" + body + b"\r\n0\r\n\r\n"),
        "chunk size too large": chunks(lambda body: b"F" * 20 + b"\r\n" + body + b"\r\n0\r\n\r\n"),
        "chunk size too small": chunks(lambda body: b"2\r\n" + body + b"\r\n0\r\n\r\n"),
        "chunks never end": chunks(lambda body: b"%x\r\n%s\r\n" % (len(body), body)),
        "no length": lambda c: written(c, KIND, TOKEN, body=denied(c)),
    }


def _lines() -> dict[str, Build]:
    """Header lines that one reader takes for a token, a host or a body and another does not."""

    def with_lines(*lines: str, host: str = "Host: %HOST%") -> Build:
        return lambda c: written(c, *lines, LENGTH, body=granted(c), host=host)

    return {
        "token after a blank before the colon": with_lines(KIND, "Authorization : Bearer %TOKEN%"),
        "token folded": with_lines(KIND, "Authorization: Bearer\r\n %TOKEN%"),
        "token on a line without name": with_lines(KIND, ": Bearer %TOKEN%"),
        "token behind NUL": with_lines(KIND, "Authorization: \x00Bearer %TOKEN%"),
        "token behind a bare line end": with_lines(KIND, "X-Note: a\nAuthorization: Bearer %TOKEN%"),
        "token behind a bare return": with_lines(KIND, "X-Note: a\rAuthorization: Bearer %TOKEN%"),
        "token under a name with an accent": with_lines(KIND, "Author\xeezation: Bearer %TOKEN%"),
        "no host": with_lines(KIND, TOKEN, host=""),
        "two hosts": with_lines(KIND, TOKEN, "Host: evil.example"),
        "10,000 headers, no token": with_lines(KIND, *(f"X-{number}: x" for number in range(10_000))),
        "header of 1 MB, no token": with_lines(KIND, "X-Long: " + "x" * (1 << 20)),
        "header name of 100 kB, no token": with_lines(KIND, "X" * 100_000 + ": x"),
        "body packed, no token": with_lines(KIND, "Content-Encoding: gzip"),
        "upgrade to websocket, no token": with_lines(KIND, "Connection: Upgrade", "Upgrade: websocket"),
        "upgrade to h2c, no token": with_lines(
            KIND, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"
        ),
        "method override, no token": with_lines(KIND, "X-HTTP-Method-Override: GET"),
        "forwarded for this machine, no token": with_lines(
            KIND, "X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Original-URL: /mcp"
        ),
        "rewritten path, no token": with_lines(KIND, "X-Rewrite-URL: /.well-known/oauth-protected-resource"),
    }  # fmt: skip


def _firsts() -> dict[str, Build]:
    """Request lines that one reader routes to the gateway and another elsewhere."""
    lines = (
        "POST /mcp", "POST /mcp HTTP/9.9", "POST /mcp HTTP/1.1 HTTP/1.1", "post /mcp HTTP/1.1",
        "BREW /mcp HTTP/1.1", "CONNECT %HOST% HTTP/1.1", "POST * HTTP/1.1", "POST mcp HTTP/1.1", "POST //mcp HTTP/1.1",
        "POST /mcp/ HTTP/1.1", "POST /./mcp HTTP/1.1", "POST /x/../mcp HTTP/1.1", "POST /%6Dcp HTTP/1.1",
        "POST /mcp%2F HTTP/1.1", "POST /mcp;x HTTP/1.1", "POST /mcp%0d%0aHost:x HTTP/1.1", "POST /\xe4 HTTP/1.1",
        "PRI * HTTP/2.0", "HEAD /mcp HTTP/1.1", "TRACE /mcp HTTP/1.1", "QUERY /mcp HTTP/1.1",
    )  # fmt: skip

    def line(first: str) -> Build:
        return lambda c: written(c, KIND, TOKEN, LENGTH, body=granted(c), first=first)

    return {f"line {first!r}": line(first) for first in lines}


def _connections() -> dict[str, Build]:
    """More than one request, or none, on a connection."""

    def second(*lines: str) -> Build:
        """A refused call with a token, and behind it a call that has none."""

        def build(c: Context) -> Sent:
            first = written(c, KIND, TOKEN, LENGTH, body=denied(c)).raw or b""
            inner = written(c, KIND, *lines, LENGTH, body=granted(c)).raw or b""
            return Sent(b"", (), raw=first + inner, patience=PATIENCE)

        return build

    def smuggled(c: Context) -> Sent:
        inner = written(c, KIND, LENGTH, body=granted(c)).raw or b""
        return written(c, KIND, TOKEN, "Content-Length: 0", LENGTH, body=inner)

    def bytes_only(data: bytes) -> Build:
        return lambda c: Sent(b"", (), raw=data, patience=PATIENCE)

    return {
        "second request without token": second(),
        "second request with a bad token": second("Authorization: Bearer x.y.z"),
        "second request in the first one's body": smuggled,
        "TLS greeting": bytes_only(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60),
        "HTTP/2 greeting": bytes_only(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        "zero bytes": bytes_only(b"\x00" * 5000),
        "line ends": bytes_only(b"\r\n" * 5000 + b"GARBAGE\r\n\r\n"),
        "a line of 1 MB": bytes_only(b"POST /" + b"a" * (1 << 20)),
        "a JSON body only": bytes_only(b'{"jsonrpc":"2.0","id":7,"method":"tools/list"}\n'),
    }


FRAMING_ATTACKS = [
    Attack(f"framing: {name}", build, REFUSED, GATEWAY)
    for builds in (_lengths(), _lines(), _firsts(), _connections())
    for name, build in builds.items()
]
