"""MCP as this gateway speaks it: versions, initialize, listing pages.

Source: AgentCore Developer Guide, "Use an AgentCore gateway"; Model Context Protocol 2025-06-18 and
2025-11-25, "Lifecycle", "Transports", "Pagination".
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.gateway import wire

SUPPORTED = ("2025-03-26", "2025-06-18", "2025-11-25")
"""Versions with the initialize handshake, oldest first. 2026-07-28 has none and is not served here."""
PAGE_SIZE = 5
METHODS = frozenset({"initialize", "ping", "tools/list", "tools/call", "notifications/initialized"})
"""Methods that are named in logs; any other is a caller's text."""
SERVER_INFO = {"name": "agentcore-gateway", "version": "1.0.0"}


class ProtocolError(ValueError):
    """A configuration no client could talk to."""


class Versions:
    """The versions one gateway accepts: those configured that have a handshake."""

    def __init__(self, configured: Sequence[str]) -> None:
        self._accepted = tuple(version for version in SUPPORTED if version in configured)
        if not self._accepted:
            raise ProtocolError(
                f"gateway versions {list(configured)}: none is served here; add one of {', '.join(SUPPORTED)}"
            )

    def refuse(self, message: wire.Message, header: list[bytes]) -> wire.Reply | None:
        """The refusal of a request by its `MCP-Protocol-Version`, if any; the header may be left out."""
        if message.method == "server/discover":
            # Newer clients probe with it at their own version; this answer makes them initialize.
            return wire.error(message.id, 404, wire.METHOD_NOT_FOUND, "Method not found")
        if not header:
            return None
        if len(header) == 1 and header[0].decode("latin-1") in self._accepted:
            return None
        if len(header) == 1 and message.method == "initialize":
            # Negotiated in the body; a client may already send its own newest version in the header.
            return None
        return wire.error(message.id, 400, wire.INVALID_REQUEST, self._unsupported)

    def negotiate(self, params: Mapping[str, Any]) -> str | None:
        """The version `initialize` agrees on: the one asked for, else the newest; None if none is asked."""
        asked = params.get("protocolVersion")
        if not isinstance(asked, str):
            return None
        return asked if asked in self._accepted else self._accepted[-1]

    @property
    def newest(self) -> str:
        """What this gateway asks for where it is the client."""
        return self._accepted[-1]

    def accept(self, version: object) -> bool:
        """Whether a server's choice is one of them."""
        return version in self._accepted

    @property
    def _unsupported(self) -> str:
        return f"Unsupported protocol version; supported are: {', '.join(self._accepted)}"


def initialize(version: str, instructions: str) -> dict[str, Any]:
    """The result of `initialize`, as the developer guide shows it."""
    answer: dict[str, Any] = {
        "protocolVersion": version,
        "capabilities": {"tools": {"listChanged": True}},
        "serverInfo": SERVER_INFO,
    }
    if instructions:
        answer["instructions"] = instructions
    return answer


class Pages:
    """Listing pages of `PAGE_SIZE`. A cursor holds for the list it was made for, and cannot be made up."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def cut(self, names: Sequence[str], cursor: Any) -> tuple[slice, str | None] | None:
        """The page's slice and the next cursor; None where the cursor is not one of this list's."""
        start = 0
        if cursor is not None:
            found = self._position(names, cursor)
            if found is None:
                return None
            start = found
        end = start + PAGE_SIZE
        return slice(start, end), self._cursor(names, end) if end < len(names) else None

    def _cursor(self, names: Sequence[str], position: int) -> str:
        place = position.to_bytes(4, "big")
        return base64.urlsafe_b64encode(place + self._seal(names, place)).decode()

    def _position(self, names: Sequence[str], cursor: Any) -> int | None:
        if not isinstance(cursor, str) or len(cursor) != 28 or not cursor.isascii():
            return None
        try:
            raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        place, seal = raw[:4], raw[4:]
        return int.from_bytes(place, "big") if hmac.compare_digest(seal, self._seal(names, place)) else None

    def _seal(self, names: Sequence[str], place: bytes) -> bytes:
        return hmac.digest(self._key, place + "\n".join(names).encode(), "sha256")[:16]
