"""One request, checked: what the payload may hold and what comes from verified headers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_common import strict_json
from agent_common.errors import AgentError
from agent_common.languages import detect
from agent_common.users import User

MAX_PROMPT = 8000
"""Characters of a prompt."""
MAX_BODY = 64 * 1024
"""Bytes of a request: 8,000 characters of any script, JSON-escaped, and the few other keys."""

_SESSION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{32,99}")
_KEYS = frozenset({"prompt", "language"})


@dataclass(frozen=True)
class Invocation:
    """A request as the agent sees it.

    `language` is the ISO 639-1 code of the one to answer in; `session_id` has the form AgentCore Runtime
    promises (33 to 100 characters). `user` is whom it is for, by their token, None where nobody signed in.
    `workload_token` is the platform's, from the header; it is the agent's identity and appears in no
    representation.
    """

    prompt: str
    session_id: str
    language: str
    user: User | None = None
    workload_token: str | None = field(default=None, repr=False)

    @property
    def customer_id(self) -> str | None:
        """The only customer this request may be about; None where no customer is identified."""
        return self.user.customer_id if self.user is not None else None


def check(
    payload: object,
    *,
    languages: Sequence[str],
    session_id: str | None,
    usual: str | None = None,
    user: User | None = None,
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
    language = payload.get("language")
    if language is not None and language not in languages:
        raise _bad(f"The language must be one of: {', '.join(languages)}.")
    if session_id is not None and not _SESSION.fullmatch(session_id):
        raise _bad("The session id must be 33 to 100 letters, digits, hyphens or underscores.")
    return Invocation(
        prompt=prompt.strip(),
        session_id=session_id or str(uuid.uuid4()),
        language=language or _spoken(prompt, languages, usual),
        user=user,
        workload_token=workload_token or None,
    )


def _spoken(prompt: str, languages: Sequence[str], usual: str | None) -> str:
    preferred = (usual, *languages) if usual is not None else tuple(languages)
    return detect(prompt, preferred) or preferred[0]


def parse(body: bytes) -> Any:
    """Parse a body strictly (see `strict_json`). Raises `AgentError` (`bad_request`)."""
    if len(body) > MAX_BODY:
        raise _bad(f"The request is larger than {MAX_BODY} bytes.")
    try:
        return strict_json.loads(body)
    except strict_json.TooDeep:
        raise _bad("The request is nested too deeply.") from None
    except ValueError:
        raise _bad("The request is not valid JSON.") from None


def _bad(message: str) -> AgentError:
    return AgentError("bad_request", message)
