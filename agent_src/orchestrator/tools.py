"""The specialists as tools. Several asked for in one step run at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from strands import ToolContext, tool
from strands.types.tools import AgentTool

from agent_common.call import Call
from agent_common.delegates import Delegates, Reply

_OTHER_CUSTOMER = "Access denied: this request is not about that customer."
_MAX_TASK = 8000


class SpecialistToolbox:
    """Asks specialists for one request's user, in its session, passing their events up."""

    def __init__(self, delegates: Delegates) -> None:
        self._delegates = delegates

    async def tools(self, call: Call) -> Sequence[AgentTool]:
        user = call.invocation.user

        async def ask(
            agent: str, task: str, context: ToolContext, *, user_token: str | None = None
        ) -> dict[str, Any]:
            reply = await self._ask(call, agent, task, user_token)
            if reply.status == "refused":
                call.refused.add(context.tool_use["toolUseId"])
            return {
                "toolUseId": context.tool_use["toolUseId"],
                "status": "success" if reply.status == "ok" else "error",
                "content": [{"text": reply.text}],
            }

        async def ask_for_customer(
            agent: str, task: str, context: ToolContext, customer_id: str
        ) -> dict[str, Any]:
            # The request's customer is the only one; what the model passes may come from a prompt.
            if (customer_id or None) != call.invocation.customer_id:
                call.refused.add(context.tool_use["toolUseId"])
                return {
                    "toolUseId": context.tool_use["toolUseId"],
                    "status": "error",
                    "content": [{"text": _OTHER_CUSTOMER}],
                }
            return await ask(agent, task, context, user_token=user.token if user is not None else None)

        @tool(context=True)
        async def call_booking_agent(
            customer_id: str, task: str, tool_context: ToolContext
        ) -> dict[str, Any]:
            """Ask the booking agent: flight search, the customer's bookings, making a booking.

            Args:
                customer_id: The customer's id, as stated; empty if no customer is identified.
                task: What is to be done or found out, complete in itself, with dates and places.
            """
            return await ask_for_customer("booking", task, tool_context, customer_id)

        @tool(context=True)
        async def call_loyalty_agent(
            customer_id: str, task: str, tool_context: ToolContext
        ) -> dict[str, Any]:
            """Ask the loyalty agent: the customer's miles, tier and benefits.

            Args:
                customer_id: The customer's id, as stated; empty if no customer is identified.
                task: What is to be found out, complete in itself.
            """
            return await ask_for_customer("loyalty", task, tool_context, customer_id)

        @tool(context=True)
        async def call_policy_agent(task: str, tool_context: ToolContext) -> dict[str, Any]:
            """Ask the policy agent: baggage, cancellation and change rules and fees.

            Args:
                task: What is to be found out, with fare class, kind of route and tier where they matter.
            """
            # None of its tools is about a user, so it does not get to know them.
            return await ask("policy", task, tool_context)

        return [call_booking_agent, call_loyalty_agent, call_policy_agent]

    async def close(self) -> None:
        return None

    async def _ask(self, call: Call, agent: str, task: str, user_token: str | None) -> Reply:
        if not task.strip():
            return Reply("error", "The task is empty. Say what the agent is to do.")
        if len(task) > _MAX_TASK:
            return Reply("error", f"The task is longer than {_MAX_TASK} characters. Shorten it.")
        return await self._delegates.ask(
            agent,
            task,
            session_id=call.invocation.session_id,
            user_token=user_token,
            language=call.invocation.language,
            emit=call.emit,
        )
