"""CPU of one authorised `tools/call` through the local gateway, beside the least any such server does.

Both apps are driven in process over the same ASGI calls, in alternating rounds of one run, so that the
machine's mood touches both alike; CPU time of this process, not wall time. The gateway's call includes token
check, both interceptor events (an in-process interceptor that reads and echoes JSON), Cedar, argument check,
a function and three event records. The echo verifies the token each time and returns the parsed body.

    python -m bench.gateway [--calls 400] [--rounds 7]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Scope

from localcloud.functions.api import InvokeResult
from localcloud.gateway import InProcessKeys, create_gateway
from localcloud.issuer import SigningKeys
from localcloud.spec import CedarPolicy, Gateway, Interceptor, JwtAuthorizer, Target, ToolSpec
from localcloud.telemetry.events import EventLog

ORIGIN = "http://127.0.0.1:8701"
ISSUER = "http://127.0.0.1:8702/pool_1"
ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/bench-abcdefghij"
GUARD = "guard"
TOOL_COUNT = 12


async def invoke(
    function_arn: str,
    payload: bytes,
    *,
    client_context: Mapping[str, Any] | None = None,
    trace: str | None = None,
) -> InvokeResult:
    """The interceptor echoes what it is given; a tool returns a booking."""
    del client_context, trace
    event = json.loads(payload)
    if function_arn != GUARD:
        return InvokeResult(
            "ok", b'{"booking":{"booking_id":"B12345678","status":"CONFIRMED"},"created":true}'
        )
    mcp = event["mcp"]
    answer = (
        {"transformedGatewayResponse": mcp["gatewayResponse"]}
        if mcp.get("gatewayResponse") is not None
        else {"transformedGatewayRequest": {"body": mcp["gatewayRequest"]["body"]}}
    )
    return InvokeResult("ok", json.dumps({"interceptorOutputVersion": "1.0", "mcp": answer}).encode())


class NoOutbound:
    """No target here needs a credential."""

    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        raise NotImplementedError(f"{provider_arn} {scopes}")


def gateway_app(keys: SigningKeys) -> ASGIApp:
    """A gateway of one function target, two interception points and four policies."""
    schema = {
        "type": "object",
        "properties": {"customer_id": {"type": "string"}},
        "required": ["customer_id"],
    }
    tools = tuple(ToolSpec(f"tool_{number}", "A tool.", schema) for number in range(TOOL_COUNT))
    actions = ", ".join(f'AgentCore::Action::"customer-mcp___{tool.name}"' for tool in tools)
    policies = tuple(
        CedarPolicy(
            f"agent_{number}",
            f"permit(principal is AgentCore::OAuthUser, action in [{actions}], "
            f'resource == AgentCore::Gateway::"{ARN}") when {{ principal.hasTag("scope") && '
            f'principal.getTag("scope") == "air/agent.a{number}" }};',
        )
        for number in range(4)
    )
    spec = Gateway(
        gateway_id="bench-abcdefghij",
        arn=ARN,
        name="bench",
        url=f"{ORIGIN}/mcp",
        authorizer=JwtAuthorizer(
            f"{ISSUER}/.well-known/openid-configuration", (), ("client",), ("air/agent.a1",)
        ),
        versions=("2025-11-25",),
        semantic_search=False,
        debug_exceptions=False,
        instructions="",
        interceptors=(Interceptor(GUARD, ("REQUEST", "RESPONSE"), pass_request_headers=True),),
        policy_mode="ENFORCE",
        policies=policies,
        targets=(Target("customer-mcp", "TARGET0001", "lambda", function_arn="tool", tools=tools),),
    )
    source = InProcessKeys(ISSUER, keys.jwks)
    return create_gateway(
        spec,
        invoke=invoke,
        outbound=NoOutbound(),
        events=EventLog(),
        keys=source,
        clock=lambda: datetime.now(UTC),
    )


def echo_app(keys: SigningKeys) -> ASGIApp:
    """The bare server: check a token, parse a body, answer."""
    key = RSAKey.import_key(keys.jwks()["keys"][0])

    async def echo(request: Request) -> Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, key, algorithms=["RS256"]).claims
        return JSONResponse({"sub": claims["sub"], "body": await request.json()})

    return Starlette(routes=[Route("/mcp", echo, methods=["POST"])])


async def one_call(app: ASGIApp, scope: Scope, body: bytes) -> bytes:
    """One request and the answer's body; any status but 200 ends the run."""
    answer = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"HTTP {message['status']}: the measurement is void")
        answer.extend(message.get("body", b""))

    await app(dict(scope), receive, send)
    return bytes(answer)


async def measure(app: ASGIApp, scope: Scope, body: bytes, calls: int) -> float:
    """CPU milliseconds per call."""
    started = time.process_time()
    for _ in range(calls):
        await one_call(app, scope, body)
    return (time.process_time() - started) / calls * 1000


async def main(calls: int, rounds: int) -> None:
    """Measures both and prints medians and their ratio."""
    keys = SigningKeys.generate()
    now = int(time.time())
    token = keys.sign(
        {"sub": "client", "client_id": "client", "scope": "air/agent.a1", "token_use": "access"}
        | {"iss": ISSUER, "iat": now, "exp": now + 3600}
    )
    params = {"name": "customer-mcp___tool_3", "arguments": {"customer_id": "C1001"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode()
    headers = {
        "host": "127.0.0.1:8701",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {token}",
        "content-length": str(len(body)),
        "mcp-protocol-version": "2025-11-25",
        "user-agent": "bench",
    }
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    apps = {"gateway": gateway_app(keys), "echo": echo_app(keys)}
    found: dict[str, list[float]] = {name: [] for name in apps}
    for name, app in apps.items():
        answer = json.loads(await one_call(app, scope, body))
        if name == "gateway" and answer["result"]["isError"]:
            raise RuntimeError("the tool call failed: the measurement is void")
        await measure(app, scope, body, calls // 4)
    for _ in range(rounds):
        for name, app in apps.items():
            found[name].append(await measure(app, scope, body, calls))
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        print(
            f"{name:8} {medians[name]:.3f} ms CPU per call (best {min(values):.3f}, worst {max(values):.3f})"
        )
    print(f"ratio    {medians['gateway'] / medians['echo']:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    asyncio.run(main(options.calls, options.rounds))
