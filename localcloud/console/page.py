"""The console's public part as an ASGI application: its files, and `config.json`, which says what is special here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from localcloud.console.config import config
from localcloud.console.files import REVALIDATE, Built, built, read
from localcloud.console.headers import of_page
from localcloud.console.parts import Console
from localcloud.server.users import Users
from localcloud.spec import LocalSystem

CONFIG = "/config.json"


class Page:
    """Answers GET and HEAD of the paths it has; everything else is not its own (`takes`).

    `config` gives `config.json` for the `Host` of a request, which has been checked before: the page's own address
    is part of it. `issuer` is the users' issuer's URL, None in a system without users.
    """

    def __init__(
        self, files: Mapping[str, Built], config: Callable[[str], Mapping[str, Any]], issuer: str | None
    ) -> None:
        self._files = dict(files)
        self._config = config
        self._headers = of_page(issuer)

    def takes(self, method: str, path: str) -> bool:
        """Whether a request is the page's."""
        return method in ("GET", "HEAD") and (path == CONFIG or path in self._files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        given = _headers(scope)
        file = self._files.get(scope["path"]) or self._told(given)
        packed = _takes_gzip(given.get("accept-encoding", "")) and len(file.packed) < len(file.content)
        body = file.packed if packed else file.content
        # Two forms of a file are two representations, so a strong tag must tell them apart (RFC 9110 §8.8.3).
        tag = f'{file.etag[:-1]}-gz"' if packed else file.etag
        headers = {**self._headers, "cache-control": file.cache, "etag": tag, "vary": "Accept-Encoding"}
        if _known(given.get("if-none-match", ""), tag):
            await _answer(send, 304, headers, b"")
            return
        headers |= {"content-type": file.kind, "content-length": str(len(body))}
        if packed:
            headers["content-encoding"] = "gzip"
        await _answer(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    def _told(self, given: Mapping[str, str]) -> Built:
        config = self._config(given.get("host", ""))
        return built(
            json.dumps(config, ensure_ascii=False, separators=(",", ":")).encode(),
            "application/json",
            REVALIDATE,
        )


def page_of(console: Console | None, system: LocalSystem, users: Users | None) -> Page | None:
    """The page over a stage; None without a console. Raises ValueError, OSError (`files.read`)."""
    if console is None:
        return None
    issuer = None if system.users is None else system.users.issuer
    return Page(read(console.folder), lambda host: config(system, users, host), issuer)


def _headers(scope: Scope) -> dict[str, str]:
    """Headers by name; one given twice as RFC 9110 §5.2 joins it."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _takes_gzip(accepted: str) -> bool:
    for item in accepted.lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _known(tags: str, tag: str) -> bool:
    """RFC 9110 §13.1.2: compared weakly."""
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in tags.split(","))


async def _answer(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
