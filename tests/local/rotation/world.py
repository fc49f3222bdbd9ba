"""The real local pieces a rotation touches, on sockets: issuer, vault, gateway, Cognito and Secrets Manager.

Many agents, so that each test has one that no other test has touched.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from cli.rotation import connect
from cli.rotation.cloud import Cloud
from localcloud.aws.emulator import AwsEmulator
from localcloud.client import OPERATOR
from localcloud.control import Control, create_control
from localcloud.functions.api import InvokeResult
from localcloud.gateway.app import create_gateway
from localcloud.identity import Identity
from localcloud.server import ports
from localcloud.server.agentcore import AgentCore
from localcloud.server.agents_pool import AgentsPool, OperatorOnly, stored
from localcloud.server.frontdoor import FrontDoor
from localcloud.server.serving import Serving
from localcloud.spec import (
    Client,
    Gateway,
    Grant,
    JwtAuthorizer,
    LocalSystem,
    OAuthProvider,
    Runtime,
    SecretReference,
    Target,
    ToolSpec,
    UserPool,
)
from localcloud.telemetry.events import EventLog

REGION, ACCOUNT = "eu-central-1", "111122223333"
POOL = f"{REGION}_Rotation1"
CORE = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"
AGENTS = tuple(f"a{number:03}" for number in range(200))
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tool"


def scope(agent: str) -> str:
    return f"test/agent.{agent}"


def provider_name(agent: str) -> str:
    return f"test-dev-agent-{agent}"


def system(issuer: str, gateway: str) -> LocalSystem:
    """A stage of `AGENTS` with one tool they may all call."""
    pool = UserPool(
        POOL,
        f"{issuer}/{POOL}",
        "test-dev",
        tuple(map(scope, AGENTS)),
        tuple(
            Client(
                agent,
                f"clientof{agent}",
                f"firstsecretof{agent}{'x' * 20}",
                (scope(agent),),
                ("client_credentials",),
                900,
            )
            for agent in AGENTS
        ),
    )
    authorizer = JwtAuthorizer(
        f"{pool.issuer}/.well-known/openid-configuration",
        allowed_clients=tuple(client.client_id for client in pool.clients),
        allowed_scopes=pool.scopes,
    )
    tool = ToolSpec("look", "Looks.", {"type": "object", "properties": {}})
    target = Target("shelf", "ABCDEFGHIJ", "lambda", function_arn=FUNCTION, tools=(tool,))
    return LocalSystem(
        system="test",
        environment="dev",
        stage="test-dev",
        region=REGION,
        account=ACCOUNT,
        entry_agent=AGENTS[0],
        pool=pool,
        gateway=Gateway(
            gateway_id="test-dev-abcdefghij",
            arn=f"{CORE}:gateway/test-dev-abcdefghij",
            name="test-dev",
            url=f"{gateway}/mcp",
            authorizer=authorizer,
            versions=("2025-06-18",),
            semantic_search=False,
            debug_exceptions=False,
            instructions="",
            interceptors=(),
            policy_mode=None,
            policies=(),
            targets=(target,),
        ),
        functions=(),
        runtimes=tuple(map(_runtime, AGENTS)),
        tables=(),
        oauth_providers=tuple(_provider(client, issuer) for client in pool.clients),
        parameters={},
        hosts={},
        grants={
            f"test_dev_{agent}": (Grant("Allow", ("bedrock-agentcore:GetResourceOauth2Token",), ("*",)),)
            for agent in AGENTS
        },
    )


def _runtime(agent: str) -> Runtime:
    name = f"test_dev_{agent}"
    return Runtime(
        agent=agent,
        name=name,
        runtime_id=f"{name}-abcdefghij",
        arn=f"{CORE}:runtime/{name}-abcdefghij",
        source=Path("/"),
        build_args={},
        environment={},
        protocol="HTTP",
        role="",
        idle_seconds=900,
        workload=f"{name}-abcdefghij",
    )


def _provider(client: Client, issuer: str) -> OAuthProvider:
    name = f"airside/test/dev/agents/{client.agent}"
    return OAuthProvider(
        name=provider_name(client.agent),
        arn=f"{CORE}:token-vault/default/oauth2credentialprovider/{provider_name(client.agent)}",
        token_url=f"{issuer}/oauth2/token",
        client_id=client.client_id,
        client_secret=client.client_secret,
        agent=client.agent,
        secret=SecretReference(
            name, f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf", "client_secret"
        ),
    )


class Asked:
    """An AWS service that notes which operations the operator asks it for, as IAM would name them."""

    def __init__(self, prefix: str, app: Any, noted: set[str]) -> None:
        self._prefix = prefix
        self._app = app
        self._noted = noted

    async def __call__(self, received: Any, receive: Any, send: Any) -> None:
        headers = dict(received["headers"])
        if OPERATOR.encode() in headers.get(b"authorization", b""):
            target = headers.get(b"x-amz-target", b"").decode().rpartition(".")[2]
            self._noted.add(f"{self._prefix}:{target or received['path'].rpartition('/')[2]}")
        await self._app(received, receive, send)


async def _function(*_: Any, **__: Any) -> InvokeResult:
    return InvokeResult("ok", b'{"found": true}')


@dataclass
class World:
    """What runs. `cloud` is the operator's connection; `take` gives an agent nobody has used."""

    front: str
    issuer: str
    gateway: str
    system: LocalSystem
    identity: Identity
    events: EventLog
    cloud: Cloud
    http: httpx.Client
    # The first one is for tests that rotate nothing.
    fresh: Iterator[int] = field(default_factory=lambda: count(1))
    tokens: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    def take(self) -> str:
        return AGENTS[next(self.fresh)]

    def first_secret(self, agent: str) -> str:
        return next(client.client_secret for client in self.system.pool.clients if client.agent == agent)

    def signed(self, who: str, service: str) -> dict[str, str]:
        return {
            "authorization": f"AWS4-HMAC-SHA256 Credential={who}/20261121/{REGION}/{service}/aws4_request, "
            f"SignedHeaders=host, Signature={'0' * 64}",
            "x-amz-date": "20261121T090000Z",
        }

    def request(self, agent: str) -> int:
        """One request of an agent that holds no token: a new one from the vault, then a tool. The HTTP status."""
        runtime = next(runtime for runtime in self.system.runtimes if runtime.agent == agent)
        asked = {
            "workloadIdentityToken": self.identity.workload_token(runtime),
            "resourceCredentialProviderName": provider_name(agent),
            "scopes": [scope(agent)],
            "oauth2Flow": "M2M",
            # The vault's own token is passed over, so that the secret it has is really used.
            "forceAuthentication": True,
        }
        reply = self.http.post(
            f"{self.front}/identities/oauth2/token",
            json=asked,
            headers=self.signed(f"LOCAL.{runtime.name}", "bedrock-agentcore"),
        )
        if reply.status_code != 200:
            return reply.status_code
        token = reply.json()["accessToken"]
        assert token not in self.tokens, "the vault gave an old token"
        self.tokens.add(token)
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "shelf___look"}}
        called = self.http.post(self.gateway, json=body, headers={"authorization": f"Bearer {token}"})
        return 200 if called.status_code == 200 and not called.json()["result"]["isError"] else 500

    def gets_token(self, agent: str, secret: str) -> bool:
        """Whether the token endpoint takes a secret."""
        reply = self.http.post(
            f"{self.issuer}/oauth2/token",
            data={"grant_type": "client_credentials", "scope": scope(agent)},
            auth=(f"clientof{agent}", secret),
        )
        return reply.status_code == 200

    def stored(self, agent: str, stage: str) -> str | None:
        """What Secrets Manager holds for an agent under a staging label, read as the operator."""
        arn = next(item.secret for item in self.system.oauth_providers if item.agent == agent)
        assert arn is not None
        reply = self.http.post(
            self.front,
            json={"SecretId": arn.arn, "VersionStage": stage},
            headers={
                **self.signed(OPERATOR, "secretsmanager"),
                "x-amz-target": "secretsmanager.GetSecretValue",
                "content-type": "application/x-amz-json-1.1",
            },
        )
        if reply.status_code != 200:
            return None
        return str(json.loads(reply.json()["SecretString"])["client_secret"])

    def works(self, agent: str) -> bool:
        """Whether an agent is served however AWS reads the secret: when the provider is updated, as the vault here
        does, or anew for every token."""
        live = self.stored(agent, "AWSCURRENT")
        return self.request(agent) == 200 and live is not None and self.gets_token(agent, live)


@contextmanager
def running() -> Iterator[World]:
    """Starts it all in an event loop of a thread of its own; a rotation blocks, as on a person's machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    bound, serving = ports.bind(0, ()), Serving()

    def there(work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, loop)
        return future.result(60)

    def now() -> datetime:
        return datetime.now(UTC)

    front, gateway, issuer = (ports.url(each) for each in (bound.front, bound.gateway, bound.issuer))
    stage = system(issuer, gateway)
    emulator = AwsEmulator(region=REGION, account=ACCOUNT)
    emulator.put_secrets(stored(stage))
    pool, events = AgentsPool(stage.pool, now), EventLog()
    identity = Identity(stage, clock=now, secrets=emulator.read_secret)
    made = create_gateway(
        stage.gateway, invoke=_function, outbound=identity, events=events, keys=pool.keys, clock=now
    )
    cloud = connect.local(front, REGION, OPERATOR)
    asked: set[str] = set()
    services: Mapping[str, Any] = {
        name: Asked(name, app, asked)
        for name, app in {
            "bedrock-agentcore": AgentCore({"identities": identity}),
            "cognito-idp": pool.admin,
            "secretsmanager": OperatorOnly(emulator.app),
        }.items()
    }
    control = Control(key="k", status=dict, events=events, token=lambda _: None)
    http = httpx.Client(trust_env=False, timeout=30)
    try:
        there(serving.start(pool.issuer, bound.issuer))
        there(serving.start(made, bound.gateway))
        there(serving.start(FrontDoor(front, services, create_control(control)), bound.front))
        yield World(front, issuer, f"{gateway}/mcp", stage, identity, events, cloud, http, asked=asked)
    finally:
        http.close()
        cloud.disconnect()
        there(serving.stop())
        there(identity.aclose())
        there(made.aclose())
        emulator.close()
        bound.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()
