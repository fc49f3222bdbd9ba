"""A page's text through the automation stream of a browser session: the Chrome DevTools Protocol over WebSocket.

Source: AgentCore Developer Guide, "Browser": the automation stream takes what `connect_over_cdp` clients send;
Chrome DevTools Protocol, domains Target, Page and Runtime.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

MAX_URL = 2048
_READ = "document.title + '\\n\\n' + (document.body ? document.body.innerText : '')"


class Stream(Protocol):
    """A WebSocket connection, as `websockets.sync.client` gives it."""

    def send(self, message: str) -> None: ...

    def recv(self, timeout: float | None = None) -> str | bytes: ...


Connect = Callable[[str, Mapping[str, str]], AbstractContextManager[Stream]]
"""URL and headers → the connection."""


class PageError(Exception):
    """A page that cannot be read; the text is for the model and holds nothing of the page."""


def checked(url: str) -> str:
    """The URL, if it is one of the public web. Raises `PageError`.

    Names that only resolve inside a network, and addresses, are where a page's text could lead an agent to
    what its subnets reach; a public name that resolves there is the network's to refuse.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise PageError("That is no web address.") from None
    inside = "." not in host or host.endswith((".internal", ".local", ".localhost", ".home.arpa"))
    if parts.scheme != "https" or parts.username is not None or port not in (None, 443) or len(url) > MAX_URL:
        raise PageError("Only https addresses without a port or a password can be read.")
    if inside or _is_address(host):
        raise PageError("Only names of the public web can be read.")
    return url


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()
    return True


def text_of(stream: Stream, url: str, *, seconds: float, clock: Callable[[], float] = monotonic) -> str:
    """Open `url` in a tab of its own and give its title and text. Raises `PageError`, and what `stream` raises."""
    talk = _Talk(stream, clock() + seconds, clock)
    target = talk.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
    tab = talk.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
    try:
        talk.ask("Page.enable", {}, tab)
        if talk.ask("Page.navigate", {"url": url}, tab).get("errorText"):
            raise PageError("The page cannot be opened.")
        talk.wait("Page.loadEventFired", tab)
        found = talk.ask("Runtime.evaluate", {"expression": _READ, "returnByValue": True}, tab)
        return str(found.get("result", {}).get("value", ""))
    finally:
        talk.tell("Target.closeTarget", {"targetId": target})


class _Talk:
    """Requests and their answers, with what came in between."""

    def __init__(self, stream: Stream, until: float, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._until = until
        self._clock = clock
        self._last = 0
        self._seen: set[tuple[str, str | None]] = set()

    def tell(self, method: str, params: Mapping[str, Any], tab: str | None = None) -> int:
        self._last += 1
        message = {"id": self._last, "method": method, "params": dict(params)}
        self._stream.send(json.dumps(message | ({"sessionId": tab} if tab else {})))
        return self._last

    def ask(self, method: str, params: Mapping[str, Any], tab: str | None = None) -> dict[str, Any]:
        number = self.tell(method, params, tab)
        while True:
            message = self._next()
            if message.get("id") == number:
                if "error" in message:
                    raise PageError("The browser refused.")
                return dict(message.get("result", {}))

    def wait(self, event: str, tab: str) -> None:
        while (event, tab) not in self._seen:
            self._next()

    def _next(self) -> dict[str, Any]:
        left = self._until - self._clock()
        if left <= 0:
            raise PageError("The page took too long.")
        try:
            message: dict[str, Any] = json.loads(self._stream.recv(timeout=left))
        except TimeoutError:
            raise PageError("The page took too long.") from None
        if "method" in message:
            self._seen.add((message["method"], message.get("sessionId")))
        return message
