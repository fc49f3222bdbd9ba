"""Checks request members against the service model (AgentCore data plane API: Memory).

Each function takes a request object and a member's name, and raises a ValidationException naming the member,
never its value: payloads are personal data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from localcloud.identity.errors import CoreError

ACTOR = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_/]*(?::[a-zA-Z0-9-_/]+)*[a-zA-Z0-9-_/]*")
SESSION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_]*")
EVENT = re.compile(r"[0-9]+#[a-fA-F0-9]+")
BRANCH = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_]*")
STRATEGY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-_]*")
NAMESPACE = re.compile(r"[a-zA-Z0-9/*][a-zA-Z0-9-_/*]*(?::[a-zA-Z0-9-_/*]+)*[a-zA-Z0-9-_/*]*")
METADATA = re.compile(r"[a-zA-Z0-9\s._:/=+@-]*")
ROLES = frozenset({"USER", "ASSISTANT", "TOOL", "OTHER"})


def invalid(message: str) -> CoreError:
    return CoreError("ValidationException", message)


def only(body: Mapping[str, Any], *allowed: str, inside: str = "The request") -> None:
    """Refuses members nobody would look at."""
    for key in body:
        if key not in allowed:
            raise invalid(f"{inside} has a member {key[:64]!r} that is not supported.")


def checked(value: Any, name: str, pattern: re.Pattern[str], longest: int, shortest: int = 1) -> str:
    """A text of the pattern and length."""
    if not isinstance(value, str) or not shortest <= len(value) <= longest or not pattern.fullmatch(value):
        raise invalid(f"{name} must be {shortest} to {longest} characters of {pattern.pattern}.")
    return value


def optional(body: Mapping[str, Any], name: str, pattern: re.Pattern[str], longest: int) -> str | None:
    return None if body.get(name) is None else checked(body[name], name, pattern, longest)


def table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{name} must be an object.")
    return value


def limit(body: Mapping[str, Any], name: str, default: int) -> int:
    """A page size: 1 to 100."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100:
        raise invalid(f"{name} must be a whole number from 1 to 100.")
    return value


def flag(body: Mapping[str, Any], name: str, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise invalid(f"{name} must be true or false.")
    return value


def timestamp(body: Mapping[str, Any], name: str) -> float:
    """Seconds since 1970, as rest-json writes times in bodies."""
    value = body.get(name)
    # The last second of the year 9999: what the SDKs can read back.
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 253_402_300_799:
        raise invalid(f"{name} must be a time in seconds since 1970.")
    if not math.isfinite(value):
        raise invalid(f"{name} must be a time in seconds since 1970.")
    return value


def metadata(body: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """At most 15 labels of an event."""
    found = table(body.get("metadata") or {}, "metadata")
    if len(found) > 15:
        raise invalid("metadata takes at most 15 keys.")
    kept = {}
    for key, value in found.items():
        checked(key, "A metadata key", METADATA, 128)
        kept[key] = label(value, "A metadata value")
    return kept


def label(value: Any, name: str) -> dict[str, str]:
    """A metadata value: `{"stringValue": text}`."""
    inner = table(value, name)
    only(inner, "stringValue", inside=name)
    return {"stringValue": checked(inner.get("stringValue"), name, METADATA, 256, 0)}


def payload(body: Mapping[str, Any]) -> list[Any]:
    """At most 100 items, each exactly one of conversational, blob and json."""
    items = body.get("payload")
    if not isinstance(items, list) or len(items) > 100:
        raise invalid("payload must be a list of at most 100 items.")
    for item in items:
        kinds = table(item, "A payload item")
        if len(kinds) != 1:
            raise invalid("A payload item must have exactly one member.")
        only(kinds, "conversational", "blob", "json", inside="A payload item")
        if "conversational" in kinds:
            _conversational(table(kinds["conversational"], "conversational"))
        if "json" in kinds:
            document = table(kinds["json"], "json")
            only(document, "content", inside="json")
            if "content" not in document:
                raise invalid("json.content is required.")
    return items


def _conversational(item: Mapping[str, Any]) -> None:
    only(item, "content", "role", inside="conversational")
    if item.get("role") not in ROLES:
        raise invalid(f"conversational.role must be one of {', '.join(sorted(ROLES))}.")
    text(item.get("content"), "conversational.content", 100_000)


def text(value: Any, name: str, longest: int) -> str:
    """A content union `{"text": …}`."""
    content = table(value, name)
    only(content, "text", inside=name)
    found = content.get("text")
    if not isinstance(found, str) or not 1 <= len(found) <= longest:
        raise invalid(f"{name}.text must be 1 to {longest} characters.")
    return found
