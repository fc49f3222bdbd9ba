"""The two ways a call fails, and the one place that maps a refusal to the answer's form."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A call the domain refuses: the caller gets `code` and `message`, and can act on them.

    `code` is stable snake_case. `message` is English and never repeats what the caller sent.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def answer(self) -> dict[str, Any]:
        """The tool's answer: `{"error": {"code", "message"}}`."""
        return {"error": {"code": self.code, "message": self.message}}


class ToolFailure(Exception):
    """A bug or a fault of the infrastructure. The gateway tells the caller that the tool failed, no more.

    The message names the place and the kind of the fault, and carries no argument and no row.
    """
