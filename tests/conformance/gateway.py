"""The local gateway as the suite finds it: the deployed interceptor, Cedar, and the tools the suite calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_interceptor.handler import compose
from localcloud.spec import Target
from tests.local.gateway.kit import NOW, World, keys, token
from tests.local.gateway.parts import FUNCTION, GUARD, ISSUER, gateway, interceptor, permit, tool
from tests.local.gateway.serving import bound_socket, serving

TARGET = "conformance"
TOOLS = (tool("test_simple_text"), tool("test_error_handling"))
NAMES = tuple(f"{TARGET}___{each.name}" for each in TOOLS)


class Visitor:
    """Stands before the gateway for a client that can send no token and knows no target.

    It adds the bearer token and, in `tools/call`, the target's prefix. All else, `Host` and `Origin`
    included, reaches the gateway as the suite sent it.
    """

    def __init__(self, app: ASGIApp, bearer: str) -> None:
        self._app = app
        self._authorization = (b"authorization", f"Bearer {bearer}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        sent = b""
        more = True
        while more:
            event = await receive()
            sent += event.get("body", b"")
            more = event.get("more_body", False)
        body = _prefixed(sent)
        headers = [
            (name, str(len(body)).encode() if name == b"content-length" else value)
            for name, value in scope["headers"]
        ]

        async def once() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "headers": [*headers, self._authorization]}, once, send)


def _prefixed(sent: bytes) -> bytes:
    try:
        message = json.loads(sent)
    except ValueError:
        return sent
    if not isinstance(message, dict) or message.get("method") != "tools/call":
        return sent
    params = message["params"]
    return json.dumps({**message, "params": {**params, "name": f"{TARGET}___{params['name']}"}}).encode()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The gateway's URL while it is served on loopback; `folder` takes the interceptor's policy."""
    listening = bound_socket()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    world = World(
        gateway(
            url=url,
            targets=(Target(TARGET, "TARGET0001", "lambda", function_arn=FUNCTION, tools=TOOLS),),
            interceptors=(interceptor(headers=True),),
            policy_mode="ENFORCE",
            policies=(permit("p_booking", "booking", *NAMES),),
        )
    )
    world.functions.functions[GUARD] = _guard(folder)
    world.functions.functions[FUNCTION] = _answer
    with serving(Visitor(world.app, token()), listening):
        yield url


def _answer(_: Any, context: Mapping[str, Any]) -> Any:
    if context["bedrockAgentCoreToolName"] == NAMES[0]:
        return "This is a simple text response for testing."
    raise RuntimeError("This tool intentionally returns an error for testing")


def _guard(folder: Path) -> Any:
    policy = {
        "version": 3,
        "system": "air",
        "environment": "dev",
        "badges": {"air/agent.booking": "booking"},
        "grants": {"booking": dict.fromkeys(NAMES, "booking.yaml:1")},
        "tools": sorted(NAMES),
        "users": None,
        "arguments": {},
    }
    path = folder / "policy.json"
    path.write_text(json.dumps(policy), encoding="utf-8")
    published = json.dumps(keys().jwks()).encode()
    intercept = compose(
        {
            "ISSUER": ISSUER,
            "JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
            "METRIC_NAMESPACE": "Airside/air-dev",
        },
        str(path),
        NOW.timestamp,
        lambda: 0.0,
        lambda: 0,
        fetch=lambda _: published,
        write=lambda _: None,
    )
    return lambda event, _: intercept(event)
