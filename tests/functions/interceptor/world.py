"""An interceptor with its edges in the test's hands: clock, key set, policy file, output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway_interceptor import handler
from gateway_interceptor.settings import Endpoint
from tests.functions.interceptor.tokens import ISSUER, Signer, claims, jwks

NOW = 1_800_000_000.0
BOOKING = "customer-mcp___create_booking"
LOYALTY = "loyalty-mcp___get_points_balance"
SEARCH = "x_amz_bedrock_agentcore_search"
SOURCE = "systems/airline/agents/booking.yaml:12"
POLICY: dict[str, Any] = {
    "version": 3,
    "system": "airline",
    "environment": "dev",
    "badges": {
        "airline/agent.booking": "booking",
        "airline/agent.loyalty": "loyalty",
        "airline/agent.idle": "idle",
    },
    "grants": {
        "booking": {BOOKING: SOURCE, "customer-mcp___get_customer_info": SOURCE, SEARCH: SOURCE},
        "loyalty": {LOYALTY: "systems/airline/agents/loyalty.yaml:8"},
    },
    "tools": [SEARCH, BOOKING, "customer-mcp___get_customer_info", LOYALTY, "policy-mcp___get_change_policy"],
    "users": None,
    "arguments": {},
}
ENVIRONMENT = {
    "ISSUER": ISSUER,
    "JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
    "METRIC_NAMESPACE": "Airside/airline-dev",
}


NO_POOLS: Mapping[str, bytes | Exception] = {}


class Clock:
    """Seconds that pass when the test says so; serves as wall clock, monotonic clock and timer."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def nanoseconds(self) -> int:
        return 0


class KeyServer:
    """What the issuers' addresses answer: a document, or an exception to raise. `others` are by path."""

    def __init__(self, answer: bytes | Exception, others: Mapping[str, bytes | Exception] = NO_POOLS) -> None:
        self.answer = answer
        self.others = dict(others)
        self.asked = 0
        self.paths: list[str] = []

    def __call__(self, endpoint: Endpoint) -> bytes:
        self.asked += 1
        self.paths.append(endpoint.path)
        answer = self.others.get(endpoint.path, self.answer)
        if isinstance(answer, Exception):
            raise answer
        return answer


class World:
    """One interceptor and everything it touches."""

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        policy: Any = POLICY,
        environment: Mapping[str, str] = ENVIRONMENT,
        pools: Mapping[str, bytes | Exception] = NO_POOLS,
    ) -> None:
        self.signer = signer
        self.clock = Clock()
        self.key_server = KeyServer(jwks(signer), pools)
        self.output: list[str] = []
        file = folder / "policy.json"
        if policy is not None:
            file.write_bytes(policy if isinstance(policy, bytes) else json.dumps(policy).encode())
        self.policy_file = file
        self.intercept = handler.compose(
            environment,
            str(file),
            self.clock,
            self.clock,
            self.clock.nanoseconds,
            fetch=self.key_server,
            write=self.output.append,
        )

    def token(self, agent: str = "booking", **changes: Any) -> str:
        return self.signer.token(claims(f"airline/agent.{agent}", self.clock.now, **changes))

    def send(self, event: Any) -> Any:
        return self.intercept(event)

    def call(self, tool: str = BOOKING, agent: str = "booking") -> Any:
        return self.send(request(call(tool), self.token(agent)))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output]


def call(tool: Any = BOOKING, arguments: Any = None, request_id: Any = 7) -> dict[str, Any]:
    params = {"name": tool, "arguments": {"customer_id": "C1001"} if arguments is None else arguments}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


def method(name: str, request_id: Any = 7, **params: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"jsonrpc": "2.0", "method": name}
    if request_id is not ...:
        body["id"] = request_id
    return {**body, "params": params} if params else body


def request(body: Any, token: str | None, raw: Any = ..., headers: Any = ...) -> dict[str, Any]:
    """A REQUEST event. `raw` is the caller's text (default: the body's JSON), None to leave it out."""
    if headers is ...:
        headers = {"Accept": "application/json", "User-Agent": "test"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
    made: dict[str, Any] = {"path": "/mcp", "httpMethod": "POST", "body": body}
    if headers is not None:
        made["headers"] = headers
    mcp: dict[str, Any] = {"gatewayRequest": made}
    if raw is not None:
        mcp["rawGatewayRequest"] = {"body": json.dumps(body) if raw is ... else raw}
    return {"interceptorInputVersion": "1.0", "mcp": mcp}


def response(
    body: Any, token: str | None, answer: Any, status: Any = 200, streaming: bool = False
) -> dict[str, Any]:
    """A RESPONSE event: the request's, and the gateway's answer to it."""
    event = request(body, token)
    event["mcp"]["gatewayResponse"] = {
        "statusCode": status,
        "headers": {"Mcp-Session-Id": "canary-session"},
        "body": answer,
    }
    if streaming:
        event["mcp"]["isStreamingResponse"] = True
    return event


def forwarded(answer: Any) -> Any:
    """The body passed on, after checking that nothing but the body is."""
    assert answer == {
        "interceptorOutputVersion": "1.0",
        "mcp": {"transformedGatewayRequest": {"body": answer["mcp"]["transformedGatewayRequest"]["body"]}},
    }
    return answer["mcp"]["transformedGatewayRequest"]["body"]


def refused(answer: Any) -> tuple[int, int, Any]:
    """(HTTP status, JSON-RPC code, id) of a refusal, after checking its whole shape."""
    assert set(answer) == {"interceptorOutputVersion", "mcp"}
    assert set(answer["mcp"]) == {"transformedGatewayResponse"}
    made = answer["mcp"]["transformedGatewayResponse"]
    assert set(made) == {"statusCode", "body"}
    assert set(made["body"]) == {"jsonrpc", "id", "error"}
    assert set(made["body"]["error"]) == {"code", "message"}
    return made["statusCode"], made["body"]["error"]["code"], made["body"]["id"]


def answered(answer: Any) -> Any:
    """The body of an answer at the RESPONSE point."""
    assert set(answer["mcp"]) == {"transformedGatewayResponse"}
    assert set(answer["mcp"]["transformedGatewayResponse"]) <= {"statusCode", "body"}
    return answer["mcp"]["transformedGatewayResponse"]["body"]
