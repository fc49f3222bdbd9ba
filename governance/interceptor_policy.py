"""The interceptor's policy file: what it may let through, staged into its asset at synth.

A changed permission changes these bytes, hence the asset's hash, hence the deployment.
"""

from __future__ import annotations

import json

from governance.access import AccessMatrix, Decision
from governance.model import System
from governance.scopes import render as render_scopes

VERSION = 3


def render(system: System, environment: str, matrix: AccessMatrix) -> str:
    """Canonical JSON.

    `badges` (scope → agent), `grants` (agent → tool → declaration line), `tools`, `users` (attribute → claim
    of their tokens, null without users) and `arguments` (tool → argument → rule with its declaration line). In
    place of a line a grant in shadow mode has a table with it and what is only logged: `calls` or `arguments`.
    A shadow's reason is for people: other words are no other policy.
    """
    grants = {
        agent: {tool: _grant(matrix.decision(agent, tool)) for tool in matrix.tools_of(agent)}
        for agent in matrix.agents
    }
    policy = {
        "version": VERSION,
        "system": system.name,
        "environment": environment,
        "badges": {scope.full: scope.agent for scope in render_scopes(system)},
        "grants": grants,
        "tools": sorted(tool.full_name for tool in system.tools),
        "users": {"claims": dict(system.users.claims)} if system.users else None,
        "arguments": {
            tool.full_name: {rule.argument: {**rule.form, "source": str(rule.source)} for rule in tool.rules}
            for tool in system.tools
            if tool.rules
        },
    }
    return json.dumps(policy, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _grant(decision: Decision) -> str | dict[str, str]:
    source = str(decision.source)
    if decision.shadow is None:
        return source
    return {"source": source, "shadow": decision.shadow.would_refuse.value}
