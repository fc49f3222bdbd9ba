"""How one stand-in calls a Lambda function of another: the platform's `lambda:InvokeFunction`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Status = Literal["ok", "error", "timeout", "too_large"]


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What one invocation gave.

    `payload` is the function's JSON answer where `status` is `ok`, else the Lambda error document
    (`errorMessage`, `errorType`, `stackTrace`), which no caller may pass on unasked.
    `error_type` is the exception's class name, or None.
    """

    status: Status
    payload: bytes
    error_type: str | None = None


class Invoker(Protocol):
    """Invokes a function synchronously. Failures are results, never exceptions."""

    async def __call__(
        self,
        function_arn: str,
        payload: bytes,
        *,
        client_context: Mapping[str, Any] | None = None,
        trace: str | None = None,
    ) -> InvokeResult:
        """`payload` is JSON (≤ 6 MB); `client_context` is the Lambda client context
        (`{"custom": {…}}`); `trace` is a W3C `traceparent`."""
        ...
