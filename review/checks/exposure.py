"""What an agent gets to see, and by what its words leave the account."""

from __future__ import annotations

from collections.abc import Sequence

from review.effect import Effect
from review.findings import Context
from review.iam.patterns import action_covers
from review.model import Tool

_BROWSES = "bedrock-agentcore:StartBrowserSession"


def tools_of(context: Context, agent: str) -> list[Tool]:
    """The tools an agent may call, with or without a condition."""
    called = {
        (cell.gateway, cell.tool)
        for cell in context.model.matrix
        if cell.subject == agent and cell.effect is not Effect.DENY
    }
    return [tool for tool in context.model.tools if (tool.gateway, tool.name) in called]


def exposure(context: Context, agents: Sequence[str]) -> tuple[str, str] | None:
    """What holds private data and what both brings in text of others and takes words out, of these agents together.

    A memory holds what people said. A browser fetches what others wrote, by an address that an agent chose.
    """
    tools = [tool for agent in agents for tool in tools_of(context, agent)]
    private = next((tool.name for tool in tools if tool.data == "personal"), None) or _remembering(
        context, agents
    )
    outward = next((tool.name for tool in tools if tool.egress == "external"), None) or _browsing(
        context, agents
    )
    return (private, outward) if private and outward else None


def _remembering(context: Context, agents: Sequence[str]) -> str | None:
    held = {store.id for store in context.model.stores if store.kind == "memory" and store.data == "personal"}
    return next((f"the memory of {agent}" for agent in agents if agent in held), None)


def _browsing(context: Context, agents: Sequence[str]) -> str | None:
    return next((f"the browser of {agent}" for agent in agents if _may_browse(context, agent)), None)


def _may_browse(context: Context, agent: str) -> bool:
    runtime = context.model.runtime_of(agent)
    role = context.model.role(runtime.role) if runtime else None
    return role is not None and any(
        statement.effect == "Allow" and any(action_covers(action, _BROWSES) for action in statement.actions)
        for statement in role.statements
    )
