"""Rules about shadows: one that relaxes nothing, or nobody can name, is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from governance.document import Document, KeyPath
from governance.errors import Problem
from governance.shadow import WouldRefuse, named

if TYPE_CHECKING:
    from governance.check import Join


def problems_of(join: Join) -> Iterator[Problem]:
    """Every problem of the shadows in `may_call`, of tools that are declared."""
    rules = {
        (str(target.value["target"]), tool): value.get("arguments", {})
        for target in join.targets
        for tool, value in target.value["tools"].items()
    }
    for agent in join.agents:
        may_call = agent.value["may_call"]
        for target, granted in may_call.items() if may_call != "*" else ():
            tools = [] if granted == "*" else [named(entry) for entry in granted]
            for index, entry in enumerate(granted if granted != "*" else ()):
                path = ("may_call", target, index)
                if tools[index] in tools[:index]:
                    yield agent.problem(
                        path, f"grants {tools[index]!r} a second time.", "Keep one of the two."
                    )
                if isinstance(entry, dict) and (target, tools[index]) in rules:
                    yield from _shadow(agent, path, entry["shadow"], rules[target, tools[index]])


def _shadow(
    agent: Document, path: KeyPath, shadow: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    if shadow["would_refuse"] != WouldRefuse.ARGUMENTS or any("bind" not in rule for rule in rules.values()):
        return
    message = (
        "is 'arguments', and the tool has no rule that a shadow relaxes: one bound to the user never is."
    )
    if not rules:
        message = "is 'arguments', and the tool has no rules."
    hint = "Give it a rule with equals, one_of, min or max, or remove the shadow."
    yield agent.problem((*path, "shadow", "would_refuse"), message, hint)
