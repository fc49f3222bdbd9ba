"""A running gateway with one switch of each kind, and its engine's control plane on a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from localcloud.policies import Policies
from localcloud.policies.book import Book
from localcloud.server import ports
from localcloud.server.serving import Serving
from localcloud.spec import CedarPolicy, Gateway, Switch
from localcloud.telemetry.events import EventLog
from tests.local.gateway.kit import Clock, World
from tests.local.gateway.parts import CREATE, GATEWAY_ARN, INFO, gateway, permit

KEY = "operators-key"
ENGINE = "air_dev-abcdefghij"
ENGINE_ARN = f"arn:aws:bedrock-agentcore:us-east-1:111122223333:policy-engine/{ENGINE}"
REGION = "us-east-1"


def identified(policy: CedarPolicy, description: str) -> CedarPolicy:
    """The policy as an assembly would give it: an identifier made of its name."""
    name = f"{policy.name}-abcdefghij"
    return replace(
        policy,
        name=name,
        declared=policy.name,
        arn=f"{ENGINE_ARN}/policy/{name}",
        description=description,
    )


AGENT = CedarPolicy(
    "air_dev__off_booking",
    "forbid(principal is AgentCore::OAuthUser, action, resource is AgentCore::Gateway) when "
    '{ principal.hasTag("scope") && principal.getTag("scope") == "air/agent.booking" };',
    "LOG_ONLY",
    switch=Switch("agent", "booking"),
)
TOOL = CedarPolicy(
    "air_dev__off_12345678",
    f'forbid(principal, action == AgentCore::Action::"{INFO}", resource == AgentCore::Gateway::"{GATEWAY_ARN}");',
    "LOG_ONLY",
    switch=Switch("tool", INFO),
)
POLICIES = (
    identified(permit("air_dev_booking", "booking", INFO, CREATE), "What the agent booking may call"),
    identified(AGENT, "Switch of the agent booking."),
    identified(TOOL, f"Switch of the tool {INFO}."),
)
OFF_BOOKING = POLICIES[1].name


def guarded(**changes: Any) -> Gateway:
    plain = gateway(policy_mode="ENFORCE", policies=POLICIES, engine_id=ENGINE, engine_arn=ENGINE_ARN)
    return replace(plain, **changes)


@dataclass
class Plane:
    """The gateway, its control plane, and who may call it how."""

    world: World
    book: Book
    events: EventLog
    app: Policies

    @classmethod
    def of(cls, spec: Gateway) -> Plane:
        world, clock, events = World(spec), Clock(), EventLog()
        book = Book(spec, world.app.engine, clock)
        return cls(world, book, events, Policies(book, key=KEY, events=events))

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        who: str | None = "LOCAL.operator",
        key: str = KEY,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
    ) -> httpx.Response:
        """One request, signed as `who` with `key`, or with exactly these headers."""
        url = f"http://127.0.0.1:8700{path}"
        if headers is None:
            request = AWSRequest(method, url, data=body, headers={"host": "127.0.0.1:8700"})
            if who is not None:
                SigV4Auth(Credentials(who, key), "bedrock-agentcore", REGION).add_auth(request)
            headers = dict(request.headers.items())
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, url, content=body, headers=headers)

    def statuses(self) -> tuple[int, int]:
        """The booking agent's calls of both tools."""
        first, second = (self.world.call(tool, {"customer_id": "C1"}).status_code for tool in (INFO, CREATE))
        return first, second


@pytest.fixture
def plane() -> Plane:
    return Plane.of(guarded())


@pytest.fixture
async def sdk(plane: Plane) -> AsyncIterator[Any]:
    """A boto3 client of the control plane, as the command uses it."""
    bound, serving = ports.bind(0, ()), Serving()
    await serving.start(plane.app, bound.front)
    client = boto3.client(
        "bedrock-agentcore-control",
        endpoint_url=ports.url(bound.front),
        region_name=REGION,
        aws_access_key_id="LOCAL.operator",
        aws_secret_access_key=KEY,
        config=Config(proxies={}, retries={"max_attempts": 1}),
    )
    yield client
    client.close()
    await serving.stop()
    bound.close()
