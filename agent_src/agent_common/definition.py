"""What makes an agent the one it is: its prompt, whom it may ask, where its tools come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_common.call import NoTools, Toolbox
from agent_common.errors import StartError
from agent_common.invocation import Invocation
from agent_common.settings import Settings


def gateway_tools(settings: Settings) -> Toolbox:
    """The usual toolbox: what the gateway offers this agent, and nothing else; without a grant it is not asked.

    Imported when it is opened: the server answers its first ping before Strands and MCP are loaded.
    """
    if not settings.gateway_tools:
        return NoTools()
    from agent_common.gateway_tools import open_gateway

    return open_gateway(settings)


@dataclass(frozen=True)
class AgentDefinition:
    """An agent in code.

    `prompt` makes the system prompt of a request from the agent's name, the request and the time
    at the system's UTC offset; `delegates` are the agents whose runtimes the environment must name.
    """

    prompt: Callable[[str, Invocation, datetime], str]
    open_toolbox: Callable[[Settings], Toolbox] = gateway_tools
    delegates: tuple[str, ...] = ()

    def check(self, settings: Settings) -> None:
        """Raises `StartError` where the agent would have nothing to answer from: it could only guess."""
        asks_gateway = self.open_toolbox is gateway_tools
        if asks_gateway and not (
            settings.gateway_tools or settings.code_interpreter_id or settings.browser_id
        ):
            raise StartError(
                f"The agent does not start: {settings.agent} is granted no tool, has no code interpreter or browser, "
                "and its code opens no toolbox of its own. Grant it a tool, or give it the agents it delegates to as "
                "tools (AgentDefinition.open_toolbox)."
            )
