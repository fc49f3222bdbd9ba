"""A system with one memory, a runtime that may use it and one that may not, and its stand-in in process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from localcloud.memory import create_memory
from localcloud.spec import Gateway, Grant, JwtAuthorizer, LocalSystem, Memory, UserPool

REGION = "ap-northeast-2"
ARN = f"arn:aws:bedrock-agentcore:{REGION}:111122223333:memory/preferences-a1b2c3d4e5"
MEMORY = Memory(
    memory_id="preferences-a1b2c3d4e5",
    arn=ARN,
    name="preferences",
    expiry_days=30,
    strategies={
        "facts": ("/facts/{memoryStrategyId}/{actorId}/",),
        "session-notes": ("/notes/{actorId}/{sessionId}/",),
    },
)


def system() -> LocalSystem:
    authorizer = JwtAuthorizer(discovery_url="http://127.0.0.1:1/pool/.well-known/openid-configuration")
    return LocalSystem(
        system="airline",
        environment="dev",
        stage="airline-dev",
        region=REGION,
        account="111122223333",
        entry_agent="orchestrator",
        pool=UserPool("pool", "http://127.0.0.1:1/pool", "airline-dev", (), ()),
        gateway=Gateway(
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
        ),
        functions=(),
        runtimes=(),
        tables=(),
        oauth_providers=(),
        parameters={},
        hosts={},
        memories=(MEMORY,),
        grants={
            "may": (Grant("Allow", ("bedrock-agentcore:*Event*", "bedrock-agentcore:List*"), (ARN,)),),
            "reader": (Grant("Allow", ("bedrock-agentcore:GetEvent",), (ARN,)),),
            "elsewhere": (Grant("Allow", ("bedrock-agentcore:*",), (ARN.replace("a1b2", "zzzz"),)),),
            "denied": (
                Grant("Allow", ("bedrock-agentcore:*",), ("*",)),
                Grant("Deny", ("bedrock-agentcore:DeleteEvent",), ("*",)),
            ),
        },
    )


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        # Every look is a millisecond later, so that ids tell the order.
        self.now += timedelta(milliseconds=1)
        return self.now


class Wire:
    """Sends operations as an AWS SDK would."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self.client = client
        self.clock = clock

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: str | None = "operator",
        raw: bytes | None = None,
    ) -> httpx.Response:
        headers = {}
        if who is not None:
            headers["authorization"] = (
                f"AWS4-HMAC-SHA256 Credential=LOCAL.{who}/20261121/{REGION}/bedrock-agentcore/aws4_request, "
                f"SignedHeaders=host, Signature={'0' * 64}"
            )
        url = f"/memories/{MEMORY.memory_id}{path}"
        content = {"content": raw} if raw is not None else {"json": body} if body is not None else {}
        return await self.client.request(method, url, headers=headers, **content)

    async def say(
        self, text: str, *, actor: str = "C1001", session: str = "s1", role: str = "USER", **more: Any
    ) -> dict[str, Any]:
        reply = await self.send(
            "POST",
            "/events",
            {
                "actorId": actor,
                "sessionId": session,
                "eventTimestamp": 1763715600.5,
                "payload": [{"conversational": {"role": role, "content": {"text": text}}}],
                **more,
            },
        )
        assert reply.status_code == 201, reply.text
        event = reply.json()["event"]
        assert isinstance(event, dict)
        return event

    async def listed(self, actor: str, session: str, body: Any = None) -> dict[str, Any]:
        reply = await self.send("POST", f"/actor/{quote(actor, safe='')}/sessions/{session}", body or {})
        assert reply.status_code == 200, reply.text
        found = reply.json()
        assert isinstance(found, dict)
        return found


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    clock = Clock()
    transport = httpx.ASGITransport(create_memory(system(), clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
        yield Wire(client, clock)
