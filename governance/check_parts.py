"""Rules about what an agent has to work with, its memory, code interpreter and browser included, that no single key
shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.document import Document
from governance.errors import Problem
from governance.hosting import NetworkMode
from governance.parts import MAX_TURNS, BrowserNetwork, MemoryKind

if TYPE_CHECKING:
    from governance.check import Join


def problems_of(join: Join) -> Iterator[Problem]:
    for agent in join.agents:
        yield from _idle(join, agent)
        yield from _memory(join, agent)
        yield from _browser(join, agent)


def _idle(join: Join, agent: Document) -> Iterator[Problem]:
    """An agent without anything to look up or do could only guess; its code refuses every request."""
    may_call = agent.value["may_call"]
    granted = any(join.tools.values()) if may_call == "*" else bool(may_call)
    own = any(agent.value.get(part, "none") != "none" for part in ("code_interpreter", "browser"))
    if not (granted or own or agent.value["may_delegate_to"]):
        yield agent.problem(
            ("may_call",),
            "grants no tool, and the agent delegates to nobody and has no code interpreter or browser: it would "
            "refuse every request.",
            "Grant it a tool, or remove the agent.",
        )


def _memory(join: Join, agent: Document) -> Iterator[Problem]:
    kind = agent.value.get("memory", "none")
    if kind == "none":
        if "memory_days" in agent.value:
            yield agent.problem(("memory_days",), "is set, but the agent has no memory.", "Remove it.")
        return
    if "memory_days" not in agent.value:
        yield agent.problem(
            ("memory_days",),
            "is missing: a memory says how long it keeps what was said.",
            "Add it: 7 to 365.",
        )
    if kind == MemoryKind.PREFERENCES and "users" not in join.system.value:
        yield agent.problem(
            ("memory",),
            f"is {kind!r}, but preferences are a user's and the system has no users.",
            "Declare users in system.yaml, or use short_term.",
        )
    turns = agent.value["limits"]["turns"]
    if turns > MAX_TURNS:
        yield agent.problem(
            ("limits", "turns"),
            f"is {turns}; with a memory {MAX_TURNS} is the most, so that an exchange fits into one event.",
            "Lower it.",
        )


def _browser(join: Join, agent: Document) -> Iterator[Problem]:
    if agent.value.get("browser") != BrowserNetwork.VPC:
        return
    for environment in join.environments:
        if environment.runtime.network.mode is NetworkMode.PUBLIC:
            yield agent.problem(
                ("browser",),
                f"is 'vpc', but {environment.source.file} has no subnets: its runtime network is public.",
                "Give the environment a network of mode vpc, or use public.",
            )
