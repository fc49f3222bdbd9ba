"""Conversations with the airline's playbooks. Delegation runs the specialist's own playbook, so that what an
orchestrator reads is what a specialist wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcloud.model import Playbook, load_playbook
from localcloud.model.parse import parse
from localcloud.model.playbook.engine import Answer, answer
from localcloud.model.request import Text, ToolUse
from tests.airline_playbook.world import Tool, World

FOLDER = Path(__file__).resolve().parents[2] / "systems" / "airline" / "playbook"
TODAY = "2026-11-21"

TOOLS_OF = {
    "booking": (
        "customer-mcp___get_customer_info",
        "customer-mcp___get_customer_bookings",
        "customer-mcp___create_booking",
        "flights-api___search_flights",
    ),
    "loyalty": (
        "loyalty-mcp___get_member_loyalty",
        "loyalty-mcp___get_points_balance",
        "loyalty-mcp___get_tier_benefits",
    ),
    "policy": (
        "policy-mcp___get_baggage_policy",
        "policy-mcp___get_cancellation_policy",
        "policy-mcp___get_change_policy",
    ),
    "orchestrator": ("call_booking_agent", "call_loyalty_agent", "call_policy_agent"),
}


def playbook() -> Playbook:
    """The airline's playbook, loaded anew."""
    return load_playbook(FOLDER)


def system_prompt(customer: str | None = "C1001", language: str | None = None) -> str:
    """The facts an agent's prompt states."""
    lines = [
        "You are an airline's assistant.",
        f"Today is {TODAY} (Saturday). Tomorrow is 2026-11-22.",
    ]
    if customer:
        lines.append(f"The customer is {customer}.")
    if language:
        lines.append(f"Answer in {'Korean' if language == 'ko' else 'English'}.")
    return "\n".join(lines)


class Conversation:
    """One session of one agent: `say` runs its tools until it answers, and keeps every message."""

    def __init__(
        self,
        rules: Playbook,
        agent: str,
        tools: Mapping[str, Tool],
        *,
        customer: str | None = "C1001",
        language: str | None = None,
        offered: tuple[str, ...] | None = None,
    ) -> None:
        self.rules = rules
        self.agent = agent
        self.tools = tools
        self.system = system_prompt(customer, language)
        self.offered = TOOLS_OF[agent] if offered is None else offered
        self.messages: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.rounds: list[list[str]] = []
        self.last: Answer | None = None

    def say(self, text: str) -> str:
        """The agent's answer to a text."""
        self.calls.clear()
        self.rounds.clear()
        self.messages.append({"role": "user", "content": [{"text": text}]})
        for _ in range(20):
            given = self._ask()
            uses = [block for block in given.blocks if isinstance(block, ToolUse)]
            self.messages.append({"role": "assistant", "content": [_wire(block) for block in given.blocks]})
            if not uses:
                return "".join(block.text for block in given.blocks if isinstance(block, Text))
            self.rounds.append([use.name for use in uses])
            self.messages.append({"role": "user", "content": [self._run(use) for use in uses]})
        raise AssertionError("the conversation has no end")

    def _ask(self) -> Answer:
        config = {
            "tools": [
                {"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}
                for name in self.offered
            ]
        }
        body: dict[str, Any] = {"system": [{"text": self.system}], "messages": self.messages}
        if self.offered:
            body["toolConfig"] = config
        self.last = answer(self.rules, self.agent, parse("some.model", json.dumps(body).encode()))
        return self.last

    def _run(self, use: ToolUse) -> dict[str, Any]:
        self.calls.append((use.name, dict(use.input)))
        result, failed = self.tools[use.name](use.input)
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        return {
            "toolResult": {
                "toolUseId": use.id,
                "content": [{"text": text}],
                "status": "error" if failed else "success",
            }
        }


def _wire(block: Text | ToolUse) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"text": block.text}
    return {"toolUse": {"toolUseId": block.id, "name": block.name, "input": dict(block.input)}}


def airline(
    rules: Playbook, world: World, *, customer: str | None = "C1001", language: str | None = "ko"
) -> Conversation:
    """An orchestrator whose specialists run their own playbooks, each in its own session."""
    tools = world.tools()
    specialists: dict[str, Conversation] = {}

    def delegate(agent: str) -> Tool:
        def call(args: Mapping[str, Any]) -> tuple[Any, bool]:
            if agent not in specialists:
                specialists[agent] = Conversation(
                    rules, agent, tools, customer=args.get("customer_id"), language=language
                )
            return specialists[agent].say(args["task"]), False

        return call

    delegates = {f"call_{name}_agent": delegate(name) for name in ("booking", "loyalty", "policy")}
    return Conversation(rules, "orchestrator", delegates, customer=customer, language=language)
