"""The user's token on its way out: on the requests made for that user, and on no other.

Neither boto3's parameters nor MCP's client have a place for it, and both clients are shared by requests of
different users. So the token is held in the context of the one call that is made for its user: a task or
a thread that does not descend from that call sees none, and where a context gets lost the request goes
out without a user, which the gateway refuses, never with somebody else's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx2

from agent_common.users import FORWARDED

GATEWAY = "X-Airside-User-Token"
"""The header in which the gateway's interceptor looks for the user's token."""

_token: ContextVar[str | None] = ContextVar("user_token", default=None)


@contextmanager
def sent(token: str | None) -> Iterator[None]:
    """What is called within this block is called for the user of this token; for nobody with None."""
    before = _token.set(token)
    try:
        yield
    finally:
        _token.reset(before)


def put_on_delegations(client: Any) -> None:
    """Have a boto3 client of `bedrock-agentcore` pass the user on with InvokeAgentRuntime.

    Put on before the request is signed, so that the header is part of what is signed.
    """
    client.meta.events.register("before-sign.bedrock-agentcore.InvokeAgentRuntime", _put_on_delegation)


def _put_on_delegation(request: Any, **_: Any) -> None:
    del request.headers[FORWARDED]  # setting one of botocore's headers adds a second
    if (token := _token.get()) is not None:
        request.headers[FORWARDED] = token


def put_on_call(request: httpx2.Request) -> None:
    """Put the user on a `tools/call`. The request's body must have been read.

    Only there: the list of tools is kept for every user of the process, so it is asked for without one.
    """
    request.headers.pop(GATEWAY, None)
    if (token := _token.get()) is not None and _is_call(request.content):
        request.headers[GATEWAY] = token


def _is_call(body: bytes) -> bool:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("method") == "tools/call"
