"""What every stand-in checks before it reads a request: that a local program meant to talk to it.

A page in the user's browser can send requests to 127.0.0.1 under a name it controls (DNS rebinding), so the
`Host` header must name the loopback address and the stand-in's own port, and an `Origin` must be its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from urllib.parse import urlsplit

RawHeaders = Iterable[tuple[bytes, bytes]]


def accepted_hosts(url: str) -> frozenset[bytes]:
    """`Host` values a stand-in serving `url` accepts: `127.0.0.1:<port>` and `localhost:<port>`."""
    port = urlsplit(url).port
    if port is None:
        raise ValueError(f"{url}: a local address needs a port, for example http://127.0.0.1:8701")
    return frozenset({f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()})


def origin_of(url: str) -> str:
    """The origin of a URL as a browser writes it (RFC 6454 §6.1): lower case, no default port."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def is_local(headers: RawHeaders, hosts: frozenset[bytes], origins: Container[bytes] = ()) -> bool:
    """True where the one `Host` is in `hosts` and any `Origin` is `http://` plus one of them, or in `origins`."""
    seen = 0
    for name, value in headers:
        if name == b"host":
            seen += 1
            if value.lower() not in hosts:
                return False
        elif (
            name == b"origin" and value not in origins and value.lower().removeprefix(b"http://") not in hosts
        ):
            return False
    return seen == 1
