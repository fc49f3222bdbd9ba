"""The answer when the interceptor itself has a bug: no, and no word of what went wrong to the caller."""

from __future__ import annotations

from gateway_interceptor import wire
from gateway_interceptor.refused import INTERNAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def refuse(event: Any, error: Exception, write: Callable[[str], None]) -> dict[str, Any]:
    """The refusal for an unexpected error, of which only the type is written: its text may quote input."""
    _tell(error, write)
    if isinstance(event, dict) and "http" in event and "mcp" not in event:
        return wire.http_refusal()
    return wire.refusal(INTERNAL, _request_id(event))


def _request_id(event: Any) -> str | int | None:
    try:
        found = event["mcp"]["gatewayRequest"]["body"]["id"]
    except Exception:
        return None
    return found if type(found) is int or (type(found) is str and len(found) <= 128) else None


def _tell(error: Exception, write: Callable[[str], None]) -> None:
    try:
        write(
            '{"event":"decision","layer":"interceptor","agent":null,"tool":null,"method":null,"effect":"deny",'
            f'"reason":"{INTERNAL}","detail":"{type(error).__name__}","source":null,"user":false,"request_id":null,'
            '"trace_id":null,"policy":null,"micros":0}'
        )
    except Exception:
        return  # It may be the writing that failed: the caller gets the refusal all the same.
