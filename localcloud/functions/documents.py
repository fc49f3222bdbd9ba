"""What Lambda answers when a function does not: error documents and the results that carry them."""

from __future__ import annotations

import json

from localcloud.functions.api import InvokeResult, Status


def document(error_type: str, message: str) -> bytes:
    """A Lambda error document (AWS Lambda Developer Guide: Python function errors)."""
    return json.dumps({"errorMessage": message, "errorType": error_type}, ensure_ascii=False).encode()


def result(status: Status, error_type: str, message: str) -> InvokeResult:
    """A result for a failure the platform itself found."""
    return InvokeResult(status, document(error_type, message), error_type)


def from_function(body: bytes, fallback: str) -> InvokeResult:
    """The error a function reported, as a result; `fallback` is the type where it named none."""
    try:
        found = json.loads(body).get("errorType")
    except (ValueError, AttributeError, RecursionError):
        found = None
    error_type = found if isinstance(found, str) and found else fallback
    return InvokeResult("error", body, error_type)


def timed_out(request_id: str, seconds: float) -> InvokeResult:
    """The deadline passed; the worker has been killed."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return result("timeout", "Sandbox.Timedout", message)


def exited(request_id: str, code: int | None) -> InvokeResult:
    """The process ended in the middle of an invocation (negative codes are signals)."""
    how = f"signal: {-code}" if code is not None and code < 0 else f"exit status {code}"
    return result(
        "error", "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}"
    )


def throttled(name: str, limit: int) -> InvokeResult:
    """More calls wait than may."""
    return result(
        "error", "TooManyRequestsException", f"{name}: {limit} workers are busy and the queue is full"
    )


def stopped(name: str) -> InvokeResult:
    """The platform is shutting down."""
    return result("error", "ServiceException", f"{name}: the platform is stopping")
