"""What the interceptor's benchmarks share: pools that sign tokens, policies of any size, events."""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "lambda")]

from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: E402

from gateway_interceptor import handler  # noqa: E402

ISSUER = "https://issuer.example/pool"
USERS_ISSUER = "https://issuer.example/users"
USERS_CLIENT = "6users0client2id"
ENVIRON = {
    "ISSUER": ISSUER,
    "JWKS_URL": f"{ISSUER}/jwks.json",
    "METRIC_NAMESPACE": "Airside/bench",
    "USERS_ISSUER": USERS_ISSUER,
    "USERS_JWKS_URL": f"{USERS_ISSUER}/jwks.json",
    "USERS_CLIENT": USERS_CLIENT,
}
USER = "C1001"
ARGUMENTS = {"customer_id": USER, "flight_offer": {"id": "1", "price": {"total": "312400"}}}

Intercept = Callable[[Any], dict[str, Any]]


def agent_name(number: int) -> str:
    return f"agent_{number:04}"


def tool_name(number: int) -> str:
    return f"target-{number // 100:03}___do_thing_number_{number:05}"


def policy(agents: int, tools: int, granted: int = 10, bound: Collection[int] = ()) -> dict[str, Any]:
    """A policy document in which every agent may call `granted` tools.

    The tools of the numbers in `bound` take the signed-in user's own `customer_id` only.
    """
    names = [tool_name(number) for number in range(tools)]
    return {
        "version": 3,
        "system": "bench",
        "environment": "dev",
        "badges": {f"bench/agent.{agent_name(number)}": agent_name(number) for number in range(agents)},
        "grants": {
            agent_name(number): {
                names[
                    (number * 7 + step) % tools
                ]: f"systems/bench/agents/{agent_name(number)}.yaml:{step + 5}"
                for step in range(min(granted, tools))
            }
            for number in range(agents)
        },
        "tools": names,
        "users": {"claims": {"customer_id": "username"}} if bound else None,
        "arguments": {
            names[number]: {
                "customer_id": {"user": "customer_id", "source": f"systems/bench/targets/t.yaml:{number + 9}"}
            }
            for number in bound
        },
    }


def granted_tools(document: dict[str, Any], agent: str) -> list[str]:
    return list(document["grants"][agent])


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Pool:
    """One RSA key and the tokens it signs, of agents or of users."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.numbers = self._key.public_key().public_numbers()

    def jwks(self) -> bytes:
        n = _url64(self.numbers.n.to_bytes(256, "big"))
        return json.dumps(
            {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "n": n, "e": "AQAB"}]}
        ).encode()

    def token(self, agent: str, number: int = 0) -> str:
        """A token with that agent's badge; another `number` makes another token."""
        scope = f"bench/agent.{agent}"
        return self._token(number, iss=ISSUER, client_id="1h57kf5cpq17m0eml12EXAMPLE", scope=scope)

    def user_token(self, number: int = 0) -> str:
        """A token of the user; another `number` makes another token."""
        return self._token(number, iss=USERS_ISSUER, client_id=USERS_CLIENT, scope="openid", username=USER)

    def _token(self, number: int, **more: str) -> str:
        now = int(time.time())
        claims = {
            "sub": "client",
            "token_use": "access",
            "iat": now,
            "exp": now + 3600,
            "version": 2,
            "jti": f"{number:032}",
            **more,
        }
        head = ".".join(_url64(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "k"}, claims))
        return head + "." + _url64(self._key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256()))


def request(
    token: str, method: str = "tools/call", params: dict[str, Any] | None = None, user: str | None = None
) -> dict[str, Any]:
    """An event of the REQUEST point; `user` is the end user's token."""
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "method": method}
    if params is not None:
        body["params"] = params
    headers = {
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "User-Agent": "bench",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    if user is not None:
        headers["X-Airside-User-Token"] = user
    return {
        "interceptorInputVersion": "1.0",
        "mcp": {
            "rawGatewayRequest": {"body": json.dumps(body)},
            "gatewayRequest": {"path": "/mcp", "httpMethod": "POST", "headers": headers, "body": body},
        },
    }


def call(token: str, tool: str, user: str | None = None, **arguments: Any) -> dict[str, Any]:
    """An event of a call of `tool`, for the user of that token."""
    return request(token, params={"name": tool, "arguments": {**ARGUMENTS, **arguments}}, user=user)


def listing(token: str, tools: list[str]) -> dict[str, Any]:
    """An event of the RESPONSE point with a page of those tools."""
    event = request(token, "tools/list")
    schema = {"type": "object", "properties": {"customer_id": {"type": "string"}}}
    shown = [{"name": name, "description": "A tool.", "inputSchema": schema} for name in tools]
    body = {"jsonrpc": "2.0", "id": 7, "result": {"tools": shown}}
    event["mcp"]["gatewayResponse"] = {"statusCode": 200, "body": body}
    return event


def interceptor(document: dict[str, Any], pool: Pool, users: Pool | None = None) -> Intercept:
    """The interceptor as its handler builds it; decision lines go to the null device, each flushed.

    `users` signs the users' tokens; without it `pool` does.
    """
    users = users or pool
    sink = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process

    def write(line: str) -> None:
        sink.write(line + "\n")
        sink.flush()

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "policy.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        return handler.compose(
            ENVIRON,
            str(file),
            time.time,
            time.monotonic,
            time.perf_counter_ns,
            fetch=lambda where: (users if where.path.startswith("/users/") else pool).jwks(),
            write=write,
        )


def must_pass(intercept: Intercept, event: dict[str, Any]) -> None:
    """Ends the run where a granted call is refused: the figures would be of something else."""
    if "transformedGatewayRequest" not in intercept(event)["mcp"]:
        raise SystemExit("a granted call was refused: nothing to measure")


def must_not_pass(intercept: Intercept, event: dict[str, Any]) -> None:
    """Ends the run where a refusal is not one."""
    if "transformedGatewayRequest" in intercept(event)["mcp"]:
        raise SystemExit("what had to be refused passed: nothing to measure")
