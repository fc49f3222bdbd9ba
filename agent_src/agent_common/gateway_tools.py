"""The gateway's tools as Strands tools, bound to one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from strands.types._events import ToolResultEvent
from strands.types.tools import AgentTool, ToolGenerator, ToolResult, ToolSpec, ToolUse

from agent_common import telemetry
from agent_common.call import Call
from agent_common.gateway import Answer, Gateway
from agent_common.settings import Settings
from agent_common.tokens import TokenSource, identity_client

if TYPE_CHECKING:
    from mcp_types import Tool

_CUSTOMER = "customer_id"


class GatewayTool(AgentTool):
    """One tool of the gateway.

    In a system with users, a tool that takes a `customer_id` takes the request's and no other: what the
    model passes may come from a prompt, so another customer's id is refused before anything is sent. The
    gateway decides all the same, by the token that goes with the call and the rules declared for the tool.
    """

    def __init__(self, tool: Tool, gateway: Gateway, call: Call, *, users: bool) -> None:
        super().__init__()
        self._tool = tool
        self._gateway = gateway
        self._call = call
        self._users = users

    @property
    def tool_name(self) -> str:
        return self._tool.name

    @property
    def tool_spec(self) -> ToolSpec:
        return {
            "name": self._tool.name,
            "description": self._tool.description or self._tool.name,
            "inputSchema": {"json": self._tool.input_schema},
        }

    @property
    def tool_type(self) -> str:
        return "gateway"

    async def stream(
        self,
        tool_use: ToolUse,
        invocation_state: dict[str, Any],  # noqa: ARG002 - Strands' interface
        **kwargs: Any,  # noqa: ARG002
    ) -> ToolGenerator:
        answer = await self._answer(tool_use["input"])
        if answer.status == "refused":
            self._call.refused.add(tool_use["toolUseId"])
        result: ToolResult = {
            "toolUseId": tool_use["toolUseId"],
            "status": "success" if answer.status == "ok" else "error",
            "content": [{"text": answer.text}],
        }
        yield ToolResultEvent(result)

    async def _answer(self, arguments: Any) -> Answer:
        if not isinstance(arguments, dict):
            return Answer("error", "The arguments must be a JSON object.")
        invocation = self._call.invocation
        if self._users and _CUSTOMER in arguments and arguments[_CUSTOMER] != invocation.customer_id:
            telemetry.log("other_customer_refused", tool=self._tool.name)
            return Answer("refused", "Access denied: this request is not about that customer.")
        user_token = invocation.user.token if invocation.user is not None else None
        return await self._gateway.call(self._tool.name, arguments, user_token=user_token)


class GatewayToolbox:
    """Every tool the gateway offers this agent; `users` says whether the system has end users."""

    def __init__(self, gateway: Gateway, *, users: bool) -> None:
        self._gateway = gateway
        self._users = users

    async def tools(self, call: Call) -> Sequence[AgentTool]:
        self._gateway.prime(call.invocation.workload_token)
        tools = await self._gateway.tools()
        return [GatewayTool(tool, self._gateway, call, users=self._users) for tool in tools]

    async def close(self) -> None:
        await self._gateway.close()


def open_gateway(settings: Settings) -> GatewayToolbox:
    """The toolbox of an agent whose tools are the gateway's."""
    client = identity_client(settings.region)
    tokens = TokenSource(lambda: client, provider=settings.token_provider, scope=settings.token_scope)
    gateway = Gateway(settings.gateway_url, tokens, agent=settings.agent)
    return GatewayToolbox(gateway, users=settings.user_claim is not None)
