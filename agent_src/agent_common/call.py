"""What a tool may know about the request it is called for, and where tools come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from agent_common.events import Emit
from agent_common.invocation import Invocation

if TYPE_CHECKING:
    from strands.types.tools import AgentTool


@dataclass(frozen=True)
class Call:
    """One request under way. `refused` collects the ids of tool uses that access control denied."""

    invocation: Invocation
    emit: Emit
    refused: set[str] = field(default_factory=set)


class Toolbox(Protocol):
    """The tools of an agent; made once per process, asked for tools once per request."""

    async def tools(self, call: Call) -> Sequence[AgentTool]:
        """The tools for one request. Raises `AgentError` where the agent must not go on without them."""
        ...

    async def close(self) -> None: ...


class NoTools:
    """The toolbox of an agent that is granted no tool: it has those of its own parts only."""

    async def tools(self, call: Call) -> Sequence[AgentTool]:  # noqa: ARG002 - a toolbox's interface
        return ()

    async def close(self) -> None:
        return None
