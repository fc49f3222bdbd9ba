"""The stand-ins of memory and code interpreter on a real socket, for agents' own code to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from localcloud.interpreter import CodeInterpreters, create_browsers
from localcloud.memory import create_memory
from localcloud.server.agentcore import AgentCore
from localcloud.spec import Browser, CodeInterpreter, Grant, LocalSystem, Memory
from tests.agents.support.serving import serving
from tests.local.memory.conftest import system

PREFIX = "arn:aws:bedrock-agentcore:us-east-1:111122223333:"
MEMORY = "market_dev_florist-a1b2c3d4e5"
INTERPRETER = "market_dev_florist-f6g7h8i9j0"
BROWSER = "market_dev_scout-k1l2m3n4o5"
NAMESPACE = "/preferences/{actorId}/"


def _grant(what: str, *actions: str, **conditions: tuple[str, ...]) -> Grant:
    return Grant(
        "Allow",
        tuple(f"bedrock-agentcore:{action}" for action in actions),
        (PREFIX + what,),
        {f"bedrock-agentcore:{key}": values for key, values in conditions.items()},
    )


def stage() -> LocalSystem:
    """A stage whose runtime `test` has exactly what a role in the templates gives."""
    return replace(
        system(),
        memories=(Memory(MEMORY, f"{PREFIX}memory/{MEMORY}", "florist", 30, {"preferences": (NAMESPACE,)}),),
        code_interpreters=(
            CodeInterpreter(INTERPRETER, f"{PREFIX}code-interpreter-custom/{INTERPRETER}", "florist"),
        ),
        browsers=(Browser(BROWSER, f"{PREFIX}browser-custom/{BROWSER}", "scout"),),
        grants={
            "test": (
                _grant(f"memory/{MEMORY}", "CreateEvent", actorId=("user-*", "session-*")),
                _grant(f"memory/{MEMORY}", "ListEvents"),
                _grant(f"memory/{MEMORY}", "RetrieveMemoryRecords", namespace=("/preferences/user-*/",)),
                _grant(
                    f"code-interpreter-custom/{INTERPRETER}",
                    "StartCodeInterpreterSession",
                    "InvokeCodeInterpreter",
                    "StopCodeInterpreterSession",
                ),
                _grant(f"browser-custom/{BROWSER}", "StartBrowserSession", "StopBrowserSession"),
            )
        },
    )


@dataclass
class PartsAws:
    """AgentCore's data plane with these parts. `asked` is what came in; `down` refuses what contains it."""

    interpreters: CodeInterpreters
    core: AgentCore
    asked: list[str] = field(default_factory=list)
    down: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked.append(f"{scope['method']} {scope['path']}")
            if self.down is not None and self.down in self.asked[-1]:
                await send({"type": "http.response.start", "status": 500, "headers": []})
                await send({"type": "http.response.body", "body": b'{"message": "canary"}'})
                return
        await self.core(scope, receive, send)


def _clock() -> Any:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def tick() -> datetime:
        nonlocal now
        now += timedelta(milliseconds=1)
        return now

    return tick


@asynccontextmanager
async def parts_aws(environment: pytest.MonkeyPatch) -> AsyncIterator[PartsAws]:
    """Serves them where boto3 looks for AgentCore."""
    told: list[str] = []
    known, clock = stage(), _clock()
    interpreters = CodeInterpreters(known, clock, told.append)
    core = AgentCore(
        {
            "memories": create_memory(known, clock),
            "code-interpreters": interpreters,
            "browsers": create_browsers(known),
        }
    )
    aws = PartsAws(interpreters, core)
    async with serving(aws) as address:
        environment.setenv("AWS_ENDPOINT_URL", address)
        try:
            yield aws
        finally:
            await interpreters.stop()
