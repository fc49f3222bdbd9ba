"""A gateway of real parts: signed tokens, compiled policies, functions that are Python callables."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from joserfc.jwk import RSAKey

from localcloud.functions.api import Invoker, InvokeResult
from localcloud.gateway import GatewayApp, InProcessKeys, KeySource, create_gateway
from localcloud.gateway.outbound import Role
from localcloud.issuer import SigningKeys
from localcloud.spec import Gateway
from localcloud.traces import Arguments, Recorder
from tests.local.gateway.parts import FUNCTION, GUARD, ISSUER, ORIGIN

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
GENERIC = "An internal error occurred. Please retry later."

Function = Callable[[Any, Mapping[str, Any]], Any]


@cache
def private_key() -> RSAKey:
    """One key pair for the whole process: generating one takes long."""
    return RSAKey.generate_key(2048, private=True)


@cache
def keys() -> SigningKeys:
    """The issuer's keys, around `private_key`."""
    return SigningKeys(private_key())


def claims(agent: str = "booking", **changes: Any) -> dict[str, Any]:
    """Claims of a machine token; a change to None removes the claim."""
    now = int(NOW.timestamp())
    whole = {
        "sub": f"client-{agent}",
        "client_id": f"client-{agent}",
        "token_use": "access",
        "scope": f"air/agent.{agent}",
        "auth_time": now,
        "iat": now,
        "exp": now + 900,
        "iss": ISSUER,
        "version": 2,
        "jti": "7b1c",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(agent: str = "booking", **changes: Any) -> str:
    """A signed token."""
    return keys().sign(claims(agent, **changes))


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FunctionTimeout(Exception):
    """Raised by a function to be stopped as if it had run out of time."""


@dataclass
class Call:
    """One invocation as a function saw it."""

    arn: str
    event: Any
    context: Mapping[str, Any]
    trace: str | None


@dataclass
class Functions:
    """An `Invoker` over Python callables; what they return is JSON, `bytes` are returned untouched."""

    functions: dict[str, Function] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    async def __call__(
        self,
        function_arn: str,
        payload: bytes,
        *,
        client_context: Mapping[str, Any] | None = None,
        trace: str | None = None,
    ) -> InvokeResult:
        event = json.loads(payload)
        context = dict(client_context or {}).get("custom", {})
        self.calls.append(Call(function_arn, event, context, trace))
        try:
            answer = self.functions[function_arn](event, context)
        except FunctionTimeout:
            return InvokeResult("timeout", b'{"errorMessage":"Task timed out"}', "Sandbox.Timedout")
        except Exception as problem:
            document = {
                "errorMessage": str(problem),
                "errorType": type(problem).__name__,
                "stackTrace": ["x"],
            }
            return InvokeResult("error", json.dumps(document).encode(), type(problem).__name__)
        payload = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        return InvokeResult("ok", payload, None)

    def of(self, arn: str) -> list[Call]:
        return [call for call in self.calls if call.arn == arn]


@dataclass
class Outbound:
    """Gives one fixed outbound token or key and remembers what it was asked for."""

    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    value: str = "outbound-secret"

    async def token(self, provider_arn: str, scopes: tuple[str, ...]) -> str:
        self.asked.append((provider_arn, scopes))
        return self.value

    async def key(self, provider_arn: str) -> str:
        self.asked.append((provider_arn, ()))
        return self.value


class Events(list[dict[str, Any]]):
    """An event log."""

    def record(self, event: Mapping[str, Any]) -> None:
        self.append(dict(event))

    def layer(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self if event["layer"] == name]


def pass_through(event: Any, _: Mapping[str, Any]) -> Any:
    """The interceptor that changes nothing."""
    mcp = event["mcp"]
    if mcp.get("gatewayResponse") is not None:
        return {
            "interceptorOutputVersion": "1.0",
            "mcp": {"transformedGatewayResponse": mcp["gatewayResponse"]},
        }
    return {
        "interceptorOutputVersion": "1.0",
        "mcp": {"transformedGatewayRequest": {"body": mcp["gatewayRequest"]["body"]}},
    }


def answer_with(**mcp: Any) -> Function:
    """An interceptor with one fixed answer at the REQUEST point, passing responses through."""

    def answer(event: Any, context: Mapping[str, Any]) -> Any:
        if event["mcp"].get("gatewayResponse") is not None:
            return pass_through(event, context)
        return {"interceptorOutputVersion": "1.0", "mcp": mcp}

    return answer


def rpc(method: str, request_id: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def call_body(name: Any, arguments: Any = None, request_id: Any = 1) -> dict[str, Any]:
    return rpc("tools/call", request_id, name=name, arguments={} if arguments is None else arguments)


@dataclass
class World:
    """A gateway with everything around it; `post` sends one request."""

    spec: Gateway
    functions: Functions = field(default_factory=Functions)
    invoke: Invoker | None = None
    outbound: Any = field(default_factory=Outbound)
    events: Events = field(default_factory=Events)
    clock: Clock = field(default_factory=Clock)
    source: KeySource | None = None
    hosts: Mapping[str, str] = field(default_factory=dict)
    role: Role | None = None
    runner: asyncio.Runner | None = None
    recorder: Recorder = field(default_factory=Recorder)
    arguments: Arguments | None = None

    def __post_init__(self) -> None:
        self.functions.functions.setdefault(FUNCTION, lambda event, _: {"echo": event})
        self.functions.functions.setdefault(GUARD, pass_through)
        self.app: GatewayApp = create_gateway(
            self.spec,
            invoke=self.invoke or self.functions,
            outbound=self.outbound,
            events=self.events,
            keys=self.source or InProcessKeys(ISSUER, keys().jwks),
            clock=self.clock,
            hosts=self.hosts,
            role=self.role,
            recorder=self.recorder,
            arguments=self.arguments,
        )

    def post(
        self,
        body: Any,
        *,
        bearer: str | None = "",
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
        method: str = "POST",
        path: str = "/mcp",
    ) -> httpx.Response:
        """One request. `body` is JSON unless bytes; `bearer` "" is the booking agent's token, None none."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = [("Content-Type", "application/json")] if method == "POST" else []
        if bearer is not None:
            sent.append(("Authorization", f"Bearer {bearer or token()}"))
        extra = list(headers.items()) if isinstance(headers, Mapping) else headers or []
        names = {name.lower() for name, _ in extra}
        sent = [(name, value) for name, value in sent if name.lower() not in names] + extra

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, path, content=content, headers=sent)

        return self.runner.run(run()) if self.runner else asyncio.run(run())

    def __enter__(self) -> World:
        """Keeps one event loop for all requests, as connections to targets need."""
        self.runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        if self.runner:
            self.runner.run(self.app.aclose())
            self.runner.close()

    def call(self, name: Any, arguments: Any = None, *, agent: str = "booking") -> httpx.Response:
        return self.post(call_body(name, arguments), bearer=token(agent))

    def tools(self, agent: str = "booking") -> list[str]:
        """Names on every page of `tools/list`."""
        found: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            value = self.post(rpc("tools/list", **cursor), bearer=token(agent)).json()["result"]
            found += [each["name"] for each in value["tools"]]
            if "nextCursor" not in value:
                return found
            cursor = {"cursor": value["nextCursor"]}


def text_of(response: httpx.Response) -> Any:
    """The JSON inside a tool result's text."""
    return json.loads(response.json()["result"]["content"][0]["text"])


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Waits until something another thread does has happened."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("nothing happened")
        time.sleep(0.01)
