"""What came of one call of a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a target gave, if `status` is `ok`: its `text`, or of an MCP server the whole `result`.

    Else `detail` says why not, for debugging only.
    """

    status: str
    text: str = ""
    detail: str = ""
    result: Mapping[str, Any] | None = None
