"""What the routes of the interface share: how a body is read, and how a refusal is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_NUMBER = re.compile(r"[0-9]{1,15}")
MAX_BODY = 4096
"""Bytes of a request that says nothing in a person's words."""


def refused(status: int, message: str) -> HTTPException:
    """The exception that becomes this answer. The message names nothing that a request carried as a secret."""
    return HTTPException(status, message)


async def problem(_: Request, error: Exception) -> Response:
    """Every refusal in one form: `{"message": …}`."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return JSONResponse({"message": error.detail}, status_code=error.status_code)


async def read_object(request: Request, form: str, *, longest: int = MAX_BODY) -> Mapping[str, Any]:
    """The request's JSON object. `form` says in a refusal what is to be sent. Raises HTTPException."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            raise refused(413, "The request is too large.")
    try:
        value = json.loads(bytes(body))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise refused(400, f"Send {form}.")
    return value


def text_of(value: Mapping[str, Any], key: str, form: str) -> str:
    """A member that must be a text. Raises HTTPException."""
    found = value.get(key)
    if not isinstance(found, str):
        raise refused(400, f"Send {form}.")
    return found


def after_of(request: Request) -> int:
    """The number of the last event that is known already. Raises HTTPException."""
    after = request.query_params.get("after", "0")
    if not _NUMBER.fullmatch(after):
        raise refused(400, "after takes a number.")
    return int(after)
