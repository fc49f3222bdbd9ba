"""What a request may ask for: UpdatePolicy's members and ListPolicies' query (AgentCore control plane API)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from localcloud.identity.errors import CoreError

MAX_BODY = 64 * 1024
MODES = ("ACTIVE", "LOG_ONLY")
_VALIDATION = ("FAIL_ON_ANY_FINDINGS", "IGNORE_ALL_FINDINGS")
_MAX_DESCRIPTION = 4096


@dataclass(frozen=True)
class Change:
    """What an update asks for; None leaves as it is, an empty description clears."""

    mode: str | None
    description: str | None


@dataclass(frozen=True)
class Page:
    """One page of a list: `start` is where it begins."""

    start: int
    size: int


def change(raw: bytes) -> Change:
    """The change an UpdatePolicy request asks for. Raises CoreError."""
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise CoreError("ValidationException", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise CoreError("ValidationException", "The body must be an object.")
    for name in sorted(body):
        if name not in ("description", "enforcementMode", "validationMode"):
            # Another statement would be a deployment that no declaration knows of.
            raise CoreError(
                "ValidationException",
                f"UpdatePolicy has no local stand-in for {name[:32]!r}; enforcementMode and description have. "
                "Change the declaration instead.",
            )
    _one_of(body, "validationMode", _VALIDATION)
    return Change(_one_of(body, "enforcementMode", MODES), _description(body))


def page(query: bytes) -> Page:
    """The page a ListPolicies request asks for; ten at a time if it does not say. Raises CoreError."""
    values = parse_qs(query.decode("ascii", "replace"), keep_blank_values=True)
    for name, given in values.items():
        if name not in ("maxResults", "nextToken") or len(given) != 1:
            raise CoreError(
                "ValidationException", "ListPolicies takes maxResults and nextToken here, once each."
            )
    size = _number(values.get("maxResults", ["10"])[0], "maxResults")
    if not 1 <= size <= 100:
        raise CoreError("ValidationException", "maxResults must be from 1 to 100.")
    return Page(_number(values.get("nextToken", ["0"])[0], "nextToken"), size)


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise CoreError("ValidationException", f"{name} is malformed.")
    return int(text)


def _one_of(body: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    value = body.get(name)
    if value is not None and value not in choices:
        raise CoreError("ValidationException", f"{name} must be {' or '.join(choices)}.")
    return None if value is None else str(value)


def _description(body: Mapping[str, Any]) -> str | None:
    given = body.get("description")
    if given is None:
        return None
    value = given.get("optionalValue", "") if isinstance(given, dict) else None
    if not isinstance(value, str) or len(value) > _MAX_DESCRIPTION:
        raise CoreError(
            "ValidationException",
            f"description must be an object with an optionalValue of at most {_MAX_DESCRIPTION} characters.",
        )
    return value
