"""What the stand-ins of an agent's tools share on the wire: path, body, and whether the caller may."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from localcloud.identity.errors import CoreError
from localcloud.memory import fields
from localcloud.signed import OPERATOR, allows, caller
from localcloud.spec import LocalSystem

MAX_BODY = 8 * 1024 * 1024

Allowed = Callable[[Request, str, str | None, str], None]
"""Request, action, the resource's ARN if there is one, and the word for it. Raises CoreError."""


def actions_of(system: LocalSystem) -> Allowed:
    """Holds callers to their roles before anything is told: strangers learn nothing of what there is."""

    def allowed(request: Request, action: str, arn: str | None, what: str) -> None:
        who = caller(request.headers.get("authorization"))
        if who == OPERATOR:
            return
        if not allows(system.grants.get(who or "", ()), f"bedrock-agentcore:{action}", arn or "-"):
            raise CoreError(
                "AccessDeniedException",
                f"The role of {who or 'an unsigned request'} does not allow {action} on this {what}.",
            )

    return allowed


def parts_of(request: Request) -> list[str]:
    """The path below its first part, split before it is decoded: an ARN holds a slash."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    _, _, *parts = raw.decode("ascii", "replace").partition("?")[0].split("/")
    return [unquote(part) for part in parts]


async def body_of(request: Request) -> Mapping[str, Any]:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise fields.invalid(f"The request is larger than {MAX_BODY} bytes.")
    try:
        return fields.table(json.loads(bytes(raw) or b"{}"), "The request")
    except (ValueError, RecursionError):
        raise fields.invalid("The request is not JSON.") from None
