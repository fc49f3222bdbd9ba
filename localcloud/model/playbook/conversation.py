"""A conversation read back from the messages of one Converse request.

A turn begins with a user message that has text and no tool result. Text beside tool results is not the
customer's: whatever a tool or its client puts there is never read as a request. Nor is a block that is one
element, `<name>` to `</name>`, before the customer's own: an agent shows there what it remembers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localcloud.model.request import ConverseRequest, Text, ToolResult, ToolUse

_ELEMENT = re.compile(r"<([a-z_]+)>\n.*\n</\1>", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """What a call gave. `status` is ok, error (the tool said no or failed), refused (access) or not_offered.

    `data` is the answer read as JSON, or None where it is not JSON; `code` a domain error's stable code.
    """

    status: str
    text: str = ""
    data: Any = None
    code: str | None = None
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether the tool answered."""
        return self.status == "ok"


@dataclass
class Made:
    """A call already made in this conversation."""

    tool: str
    input: Mapping[str, Any]
    outcome: Outcome | None = None


@dataclass
class Turn:
    """One request of the customer and the calls made for it so far."""

    text: str
    calls: list[Made] = field(default_factory=list)
    noted: str = ""
    """What the agent put before the request."""


def turns_of(request: ConverseRequest, refused: Sequence[re.Pattern[str]]) -> list[Turn]:
    """The turns, oldest first; the last is the one to answer."""
    turns: list[Turn] = []
    by_id: dict[str, Made] = {}
    for message in request.messages:
        results = [block for block in message.blocks if isinstance(block, ToolResult)]
        texts = [block.text for block in message.blocks if isinstance(block, Text)]
        if message.role == "user" and not results:
            noted = [text for text in texts[:-1] if _ELEMENT.fullmatch(text)]
            said = "\n".join(text for text in texts if text not in noted)
            turns.append(Turn(said, noted="\n".join(noted)))
        for block in message.blocks:
            if isinstance(block, ToolUse) and turns:
                by_id[block.id] = Made(block.name, block.input)
                turns[-1].calls.append(by_id[block.id])
        for result in results:
            if result.id in by_id:
                by_id[result.id].outcome = outcome_of(result, refused)
    return turns


def outcome_of(result: ToolResult, refused: Sequence[re.Pattern[str]]) -> Outcome:
    """Read one tool result; a JSON object with `error.code` is a domain error whatever its status."""
    text = "\n".join(result.texts)
    data = _json(text)
    if data is None and len(result.texts) > 1:
        # A client may give the structured form beside the text: the first part that is JSON counts.
        data = next((d for d in map(_json, result.texts) if d is not None), None)
    error = data.get("error") if isinstance(data, dict) else None
    if result.error and any(pattern.search(text) for pattern in refused):
        return Outcome("refused", text, data)
    if isinstance(error, dict) and isinstance(error.get("code"), str):
        return Outcome("error", text, data, error["code"], str(error.get("message", "")))
    return Outcome("error" if result.error else "ok", text, data)


def _json(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
