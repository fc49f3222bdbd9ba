"""Two agents with clients of their own, a real issuer on a socket, and Identity in front of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.identity import Identity
from localcloud.issuer import SigningKeys, create_issuer
from localcloud.server import ports
from localcloud.server.serving import Serving
from localcloud.spec import (
    Client,
    Gateway,
    Grant,
    JwtAuthorizer,
    LocalSystem,
    OAuthProvider,
    Runtime,
    UserPool,
)

REGION, ACCOUNT = "ap-northeast-2", "111122223333"
PREFIX = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"
KEPT = f"{PREFIX}:token-vault/default"
VAULT = f"{KEPT}/oauth2credentialprovider"
DIRECTORY = f"{PREFIX}:workload-identity-directory/default"
AGENTS = ("booking", "loyalty")
TOKEN_SECONDS = 900


def secret(agent: str) -> str:
    return f"{agent}-secret-" + "x" * 24


def runtime(agent: str) -> Runtime:
    name = f"airline_dev_{agent}"
    return Runtime(
        agent=agent,
        name=name,
        runtime_id=f"{name}-abcdefghij",
        arn=f"{PREFIX}:runtime/{name}-abcdefghij",
        source=Path("/"),
        build_args={"AGENT": agent},
        environment={},
        protocol="HTTP",
        role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        idle_seconds=900,
        workload=f"{name}-abcdefghij",
    )


def grants(agent: str) -> tuple[Grant, ...]:
    """What the templates' roles allow, in short."""
    own = f"{DIRECTORY}/workload-identity/airline_dev_{agent}-*"
    return (
        Grant(
            "Allow",
            ("bedrock-agentcore:GetResourceOauth2Token",),
            (KEPT, f"{VAULT}/agent-{agent}", DIRECTORY, own),
        ),
        Grant("Allow", ("bedrock-agentcore:GetWorkloadAccessToken",), (DIRECTORY, own)),
        Grant("Deny", ("bedrock-agentcore:GetWorkloadAccessTokenForUserId",), ("*",)),
    )


def provider(name: str, token_url: str, **more: Any) -> OAuthProvider:
    agent = more.get("agent")
    return OAuthProvider(
        name=name,
        arn=f"{VAULT}/{name}",
        token_url=token_url,
        client_id=f"client-of-{agent or name}",
        client_secret=secret(agent or name),
        **more,
    )


def local_system(issuer: str) -> LocalSystem:
    """A stage of two agents; `issuer` is the base URL of its token endpoint."""
    pool = UserPool(
        pool_id="pool",
        issuer=f"{issuer}/pool",
        domain="airline-dev",
        scopes=tuple(f"airline/agent.{agent}" for agent in AGENTS),
        clients=tuple(
            Client(
                agent=agent,
                client_id=f"client-of-{agent}",
                client_secret=secret(agent),
                scopes=(f"airline/agent.{agent}",),
                flows=("client_credentials",),
                token_seconds=TOKEN_SECONDS,
            )
            for agent in AGENTS
        ),
    )
    authorizer = JwtAuthorizer(discovery_url=f"{issuer}/pool/.well-known/openid-configuration")
    gateway = Gateway(
        "gw-abcdefghij",
        "arn",
        "gw",
        "http://127.0.0.1:2/mcp",
        authorizer,
        (),
        False,
        False,
        "",
        (),
        None,
        (),
        (),
    )
    return LocalSystem(
        system="airline",
        environment="dev",
        stage="airline-dev",
        region=REGION,
        account=ACCOUNT,
        entry_agent="booking",
        pool=pool,
        gateway=gateway,
        functions=(),
        runtimes=tuple(runtime(agent) for agent in AGENTS),
        tables=(),
        oauth_providers=(
            *(provider(f"agent-{agent}", f"{issuer}/oauth2/token", agent=agent) for agent in AGENTS),
            provider("outbound-flights", f"{issuer}/oauth2/token", provider="flights"),
        ),
        parameters={},
        hosts={},
        grants={f"airline_dev_{agent}": grants(agent) for agent in AGENTS},
    )


@cache
def signing_keys() -> SigningKeys:
    """Made once: no test here changes them, and they take a while."""
    return SigningKeys.generate()


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Counting:
    """Counts requests on their way to an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        await self._app(scope, receive, send)


class World:
    def __init__(self, system: LocalSystem, clock: Clock, issuer: Counting) -> None:
        self.system = system
        self.clock = clock
        self.issuer = issuer
        self.identity = Identity(system, clock=clock)
        transport = httpx.ASGITransport(self.identity)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700")

    async def send(
        self, operation: str, body: Any, *, who: str | None = "airline_dev_booking"
    ) -> httpx.Response:
        headers = {"content-type": "application/json"}
        if who is not None:
            headers["authorization"] = (
                f"AWS4-HMAC-SHA256 Credential=LOCAL.{who}/20261121/{REGION}/bedrock-agentcore/aws4_request, "
                f"SignedHeaders=host, Signature={'0' * 64}"
            )
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(f"/identities/{operation}", content=content, headers=headers)

    def asking(self, agent: str = "booking", **change: Any) -> dict[str, Any]:
        """A sound GetResourceOauth2Token request of an agent for its own badge."""
        workload = next(runtime for runtime in self.system.runtimes if runtime.agent == agent)
        sound = {
            "workloadIdentityToken": self.identity.workload_token(workload),
            "resourceCredentialProviderName": f"agent-{agent}",
            "scopes": [f"airline/agent.{agent}"],
            "oauth2Flow": "M2M",
        }
        return {key: value for key, value in (sound | change).items() if value is not None}


@asynccontextmanager
async def world(**change: Any) -> AsyncIterator[World]:
    """Starts it all; `change` replaces parts of the first credential provider."""
    clock = Clock()
    bound = ports.bind(0, ())
    serving = Serving()
    system = local_system(ports.url(bound.issuer))
    issuer = Counting(create_issuer(system.pool, signing_keys(), clock))
    first, *rest = system.oauth_providers
    system = replace(system, oauth_providers=(replace(first, **change), *rest))
    await serving.start(issuer, bound.issuer)
    made = World(system, clock, issuer)
    try:
        yield made
    finally:
        await made.client.aclose()
        await made.identity.aclose()
        await serving.stop()
        bound.close()


@pytest.fixture
async def airline() -> AsyncIterator[World]:
    async with world() as made:
        yield made
