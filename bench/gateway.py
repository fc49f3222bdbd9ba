"""CPU of one authorised `tools/call` through the local gateway, beside other servers doing the same check.

All are driven in process over the same ASGI calls, in alternating rounds of one run, so that the machine's
mood touches them alike; processor time of this process, not elapsed time. The gateway's call includes token
check (a verified token is remembered for five minutes), both interceptor events (an in-process interceptor
that reads and echoes JSON), Cedar, argument check, a function and three event records. The two others verify
the token with PyJWT each time: a bare Starlette app that echoes the parsed body, and an MCP server of the
`mcp` package (MCPServer, once FastMCP; the fastmcp package needs another mcp than the agents do).

    ./airside bench gateway [--json]     or     python bench/gateway.py [--json] [--calls 200] [--rounds 9]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from starlette.types import ASGIApp  # noqa: E402

from bench._servers import cpu, echo_app, mcp_app, one_call, post_scope, running, succeeded, token_check  # noqa: E402
from bench._timing import Figure, dump, figure, show, show_ratios  # noqa: E402
from localcloud.functions.api import InvokeResult  # noqa: E402
from localcloud.gateway import InProcessKeys, create_gateway  # noqa: E402
from localcloud.issuer import SigningKeys  # noqa: E402
from localcloud.spec import CedarPolicy, Gateway, Interceptor, JwtAuthorizer, Target, ToolSpec  # noqa: E402
from localcloud.telemetry.events import EventLog  # noqa: E402

ORIGIN = "http://127.0.0.1:8701"
ISSUER = "http://127.0.0.1:8702/pool_1"
ARN = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/bench-abcdefghij"
GUARD = "guard"
TOOL_COUNT = 12
SCOPE = "air/agent.a1"
ANSWER = {"booking": {"booking_id": "B12345678", "status": "CONFIRMED"}, "created": True}
GATEWAY = "the local gateway"
ECHO = "bare Starlette with PyJWT, echoing"
MCP_SERVER = "MCPServer of the mcp package with PyJWT"


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
        return InvokeResult("ok", json.dumps(ANSWER).encode())
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

    async def key(self, provider_arn: str) -> str:
        raise NotImplementedError(provider_arn)


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
        authorizer=JwtAuthorizer(f"{ISSUER}/.well-known/openid-configuration", (), ("client",), (SCOPE,)),
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


def servers(keys: SigningKeys) -> dict[str, ASGIApp]:
    """The gateway and what it is measured beside."""
    check = token_check(keys, ISSUER, SCOPE)
    names = [f"tool_{number}" for number in range(TOOL_COUNT)]
    return {
        GATEWAY: gateway_app(keys),
        ECHO: echo_app(check),
        MCP_SERVER: mcp_app(
            check, ISSUER, ORIGIN, SCOPE, [f"customer-mcp___{name}" for name in names], ANSWER
        ),
    }


async def figures(calls: int = 200, rounds: int = 9) -> dict[str, Figure]:
    """Milliseconds of processor time per call, by server."""
    keys = SigningKeys.generate()
    now = int(time.time())
    token = keys.sign(
        {"sub": "client", "client_id": "client", "scope": SCOPE, "token_use": "access"}
        | {"iss": ISSUER, "iat": now, "exp": now + 3600}
    )
    params = {"name": "customer-mcp___tool_3", "arguments": {"customer_id": "C1001"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode()
    scope = post_scope(ORIGIN, body, token)
    found: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        apps = servers(keys)
        for name, app in apps.items():
            await stack.enter_async_context(running(app))
            answer = await one_call(app, scope, body)
            if name != ECHO and not succeeded(answer):
                raise RuntimeError(f"{name}: the tool call failed; the measurement is void")
            await cpu(app, scope, body, calls // 4)
        for _ in range(rounds):
            for name, app in apps.items():
                found.setdefault(name, []).append(await cpu(app, scope, body, calls))
    return {name: figure(values, "ms") for name, values in found.items()}


def ratios(found: dict[str, Figure]) -> dict[str, float]:
    """The gateway beside each of the others."""
    return {f"gateway / {name}": found[GATEWAY].median / found[name].median for name in (ECHO, MCP_SERVER)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    found = asyncio.run(figures(options.calls, options.rounds))
    if options.json:
        dump(calls=found, ratios=ratios(found))
        return
    show("One authorised tools/call, processor time", found)
    show_ratios(ratios(found))


if __name__ == "__main__":
    main()
