"""Members of a request's JSON body: each is there and of its type, or the error names it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from starlette.requests import Request

from localcloud.identity.errors import CoreError

MAX_BODY = 256 * 1024
"""Twice the longest workload access token AWS takes."""

MAX_SCOPES = 100
PROVIDER = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""A credential provider's name."""
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
"""RFC 6749 §3.3; the length is AWS's."""


async def body(request: Request) -> Mapping[str, Any]:
    """The request's JSON object. Raises CoreError."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise CoreError("ValidationException", f"The request is larger than {MAX_BODY} bytes.")
    try:
        found = json.loads(bytes(raw) or b"{}")
    except (ValueError, RecursionError):
        raise CoreError("ValidationException", "The request is not JSON.") from None
    if not isinstance(found, dict):
        raise CoreError("ValidationException", "The request must be a JSON object.")
    return found


def known(found: Mapping[str, Any], names: Collection[str]) -> None:
    """Refuses a member that would be ignored."""
    if unknown := sorted(set(found) - set(names)):
        raise CoreError("ValidationException", f"{unknown[0][:64]} has no local stand-in. Leave it out.")


def text(found: Mapping[str, Any], key: str, pattern: re.Pattern[str] | None = None) -> str:
    """A text that is not empty, in the form of `pattern`."""
    value = found.get(key)
    if not isinstance(value, str) or not value or (pattern is not None and not pattern.fullmatch(value)):
        form = f" of the form {pattern.pattern}" if pattern else ""
        raise CoreError("ValidationException", f"{key} is required and must be a text{form}.")
    return value


def flag(found: Mapping[str, Any], key: str) -> bool:
    """True or false; false where it is left out."""
    value = found.get(key, False)
    if not isinstance(value, bool):
        raise CoreError("ValidationException", f"{key} must be true or false.")
    return value


def scopes(found: Mapping[str, Any]) -> tuple[str, ...]:
    """OAuth scopes, possibly none."""
    value = found.get("scopes")
    if (
        not isinstance(value, list)
        or len(value) > MAX_SCOPES
        or not all(isinstance(item, str) and _SCOPE.fullmatch(item) for item in value)
    ):
        raise CoreError(
            "ValidationException",
            f"scopes is required and must be a list of at most {MAX_SCOPES} OAuth scopes.",
        )
    return tuple(value)
