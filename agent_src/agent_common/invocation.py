"""One request, checked: what the payload may hold and what comes from verified headers."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_common.errors import AgentError
from agent_common.languages import detect

MAX_PROMPT = 8000
"""Characters of a prompt."""
MAX_BODY = 64 * 1024
"""Bytes of a request: 8,000 characters of any script, JSON-escaped, and the few other keys."""
MAX_DEPTH = 8

_CUSTOMER = re.compile(r"[A-Za-z0-9-]{1,32}")
_SESSION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}")
_KEYS = frozenset({"prompt", "customer_id", "language"})


@dataclass(frozen=True)
class Invocation:
    """A request as the agent sees it.

    `language` is the ISO 639-1 code of the one to answer in. `customer_id` is the only customer this
    request may be about; `session_id` has the form AgentCore Runtime promises (33 to 100 characters).
    `workload_token` is the platform's, from the header; it is the agent's identity and appears in no
    representation.
    """

    prompt: str
    session_id: str
    language: str
    customer_id: str | None = None
    workload_token: str | None = field(default=None, repr=False)


def check(
    payload: object,
    *,
    languages: Sequence[str],
    session_id: str | None,
    usual: str | None = None,
    workload_token: str | None = None,
) -> Invocation:
    """Make an `Invocation` of a parsed payload, or raise `AgentError` (`bad_request`, `empty_prompt`).

    `languages` are those of the system and `usual` the one of its session so far. A request that names no
    language is answered in the one its prompt's script tells; where the script leaves it open, in the usual
    one, else in the first.
    Without a session header the request is a session of its own: nothing is remembered under a shared name.
    """
    if not isinstance(payload, Mapping):
        raise _bad("The request must be a JSON object with a prompt.")
    unknown = sorted(str(key) for key in payload if key not in _KEYS)
    if unknown:
        raise _bad(f"The request has unknown keys; allowed are {', '.join(sorted(_KEYS))}.")
    prompt = payload.get("prompt")
    if prompt is None or (isinstance(prompt, str) and not prompt.strip()):
        raise AgentError("empty_prompt", "The prompt is empty. Say what you need.")
    if not isinstance(prompt, str):
        raise _bad("The prompt must be text.")
    if len(prompt) > MAX_PROMPT:
        raise _bad(f"The prompt is longer than {MAX_PROMPT} characters.")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in prompt):
        raise _bad("The prompt is not valid Unicode text.")
    customer_id = payload.get("customer_id")
    if customer_id is not None and not (isinstance(customer_id, str) and _CUSTOMER.fullmatch(customer_id)):
        raise _bad("The customer_id must be 1 to 32 letters, digits or hyphens.")
    language = payload.get("language")
    if language is not None and language not in languages:
        raise _bad(f"The language must be one of: {', '.join(languages)}.")
    if session_id is not None and not _SESSION.fullmatch(session_id):
        raise _bad("The session id must be 33 to 100 letters, digits, hyphens or underscores.")
    return Invocation(
        prompt=prompt.strip(),
        session_id=session_id or str(uuid.uuid4()),
        language=language or _spoken(prompt, languages, usual),
        customer_id=customer_id,
        workload_token=workload_token or None,
    )


def _spoken(prompt: str, languages: Sequence[str], usual: str | None) -> str:
    preferred = (usual, *languages) if usual is not None else tuple(languages)
    return detect(prompt, preferred) or preferred[0]


def parse(body: bytes) -> Any:
    """Parse a body strictly: UTF-8, no duplicate keys, no NaN or Infinity, no deep nesting, nothing behind.

    Raises `AgentError` (`bad_request`). Python's parser accepts the first two silently and raises
    RecursionError on the third, hence the own checks.
    """
    if len(body) > MAX_BODY:
        raise _bad(f"The request is larger than {MAX_BODY} bytes.")
    try:
        payload = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _bad("The request is not valid JSON.") from None
    if _depth(payload) > MAX_DEPTH:
        raise _bad("The request is nested too deeply.")
    return payload


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate key")
    return made


def _no_constant(_: str) -> Any:
    raise ValueError("not JSON")


def _depth(value: Any) -> int:
    deepest, pending = 0, [(value, 1)]
    while pending:
        item, level = pending.pop()
        deepest = max(deepest, level)
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        pending.extend((child, level + 1) for child in children)
    return deepest


def _bad(message: str) -> AgentError:
    return AgentError("bad_request", message)
