"""An agent put together for a test: scripted model, chosen tools, fixed clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from strands import tool
from strands.models import Model
from strands.types.tools import AgentTool

from agent_common.call import Call, Toolbox
from agent_common.definition import AgentDefinition
from agent_common.events import Event
from agent_common.invocation import Invocation
from agent_common.service import AgentService, Parts
from agent_common.settings import Settings
from tests.agents.test_settings import COMPLETE

SESSION = "0123456789abcdef0123456789abcdef-1"
OTHER_SESSION = "0123456789abcdef0123456789abcdef-2"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class Tools:
    """A toolbox that makes its tools with a function of the request."""

    def __init__(self, make: Callable[[Call], Awaitable[Sequence[AgentTool]]] | None = None) -> None:
        self._make = make
        self.calls: list[Call] = []
        self.closed = False

    async def tools(self, call: Call) -> Sequence[AgentTool]:
        self.calls.append(call)
        return [] if self._make is None else await self._make(call)

    async def close(self) -> None:
        self.closed = True


def fixed(*tools: AgentTool) -> Tools:
    async def make(_: Call) -> Sequence[AgentTool]:
        return tools

    return Tools(make)


@tool
async def look_up(key: str) -> str:
    """Looks a key up.

    Args:
        key: What to look up.
    """
    return f"value of {key}"


def settings(**changes: str) -> Settings:
    return Settings.read({**COMPLETE, **changes})


def service(
    model: Model, toolbox: Toolbox | None = None, *, definition: AgentDefinition | None = None, **changes: str
) -> AgentService:
    def prompt(agent: str, invocation: Invocation, now: datetime) -> str:
        return f"{agent} {invocation.customer_id} {now.isoformat()}"

    parts = Parts(model, toolbox or Tools())
    return AgentService(
        definition or AgentDefinition(prompt=prompt), settings(**changes), lambda: parts, lambda: NOW
    )


async def events_of(
    answering: AgentService, prompt: str = "질문", headers: dict[str, str] | None = None, **request: Any
) -> list[Event]:
    request.setdefault("session_id", SESSION)
    request.setdefault("language", "ko")
    return [event async for event in answering.answer(Invocation(prompt, **request), headers or {})]


def texts(events: list[Event]) -> str:
    return "".join(event["text"] for event in events if event["type"] == "text")
