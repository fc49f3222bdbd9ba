"""One address for all AWS APIs: what a request is for stands in its signature's credential scope.

`Authorization: AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request, …` (AWS General
Reference: Signature Version 4). The service name chooses the stand-in; the signature is not verified.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud import sigv4
from localcloud.loopback import RawHeaders, accepted_hosts, is_local

if TYPE_CHECKING:
    from localcloud.console import Page

CONTROL = "/_airside/"


class FrontDoor:
    """An ASGI application. `services` maps SigV4 service names to applications.

    `unsigned` maps beginnings of paths to applications that let callers in themselves, by a bearer token:
    requests there that carry no signature are theirs. `page` is the console, which anybody here may look at.
    """

    def __init__(
        self,
        url: str,
        services: Mapping[str, ASGIApp],
        control: ASGIApp,
        unsigned: Mapping[str, ASGIApp] | None = None,
        page: Page | None = None,
    ) -> None:
        self._hosts = accepted_hosts(url)
        self._services = dict(services)
        self._unsigned = dict(unsigned or {})
        self._control = control
        self._page = page
        self._address = urlsplit(url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers: RawHeaders = scope["headers"]
        if not is_local(headers, self._hosts):
            await _refuse(send, 421, "MisdirectedRequest", f"This address is http://{self._address} only.")
        elif scope["path"].startswith(CONTROL):
            await self._control(scope, receive, send)
        else:
            service = _service(headers)
            app = self._services.get(service)
            if app is not None:
                await app(scope, receive, send)
            elif service:
                await _refuse(send, 501, "NotImplemented", f"The service {service!r} has no local stand-in.")
            elif (own := self._lets_in(scope["path"])) is not None:
                await own(scope, receive, send)
            elif self._page is not None and self._page.takes(scope["method"], scope["path"]):
                await self._page(scope, receive, send)
            else:
                await _refuse(
                    send,
                    403,
                    "MissingAuthenticationToken",
                    "The request is not signed (Signature Version 4).",
                )

    def _lets_in(self, path: str) -> ASGIApp | None:
        return next((app for start, app in self._unsigned.items() if path.startswith(start)), None)


def _service(headers: RawHeaders) -> str:
    """The service a request is signed for, or an empty string. Two Authorization headers count as none."""
    found = [value for name, value in headers if name == b"authorization"]
    try:
        return sigv4.parse(found[0].decode("latin-1")).service if len(found) == 1 else ""
    except sigv4.InvalidSignature:
        return ""


async def _refuse(send: Send, status: int, kind: str, message: str) -> None:
    body = json.dumps({"__type": kind, "message": message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"x-amzn-errortype", kind.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
