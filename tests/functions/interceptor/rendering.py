"""A reference renderer of `policy.json`, version 3, written from the format alone. Pure; validates nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LINE = "systems/airline/targets/customer-mcp.yaml"
NO_SHADOWS: Mapping[str, Mapping[str, str]] = {}


def render(
    grants: Mapping[str, tuple[str, ...]],
    rules: Mapping[str, Mapping[str, Mapping[str, Any]]],
    *,
    claims: Mapping[str, str] | None,
    idle: tuple[str, ...] = (),
    ungranted: tuple[str, ...] = (),
    shadows: Mapping[str, Mapping[str, str]] = NO_SHADOWS,
) -> dict[str, Any]:
    """The policy that grants each agent its tools and gives each tool's arguments their rules.

    A rule is `{"user": attribute}`, `{"equals": v}`, `{"one_of": [v]}` or `{"min": n, "max": n}`. Its source
    line is its place among all rules. `idle` are agents without grants, `ungranted` tools nobody may call,
    `shadows` say of an agent's tool which refusals are only logged: `calls` or `arguments`.
    """
    arguments: dict[str, dict[str, Any]] = {}
    places = [(tool, argument) for tool, members in rules.items() for argument in members]
    for number, (tool, argument) in enumerate(places):
        rule = {**rules[tool][argument], "source": f"{LINE}:{number + 1}"}
        arguments.setdefault(tool, {})[argument] = rule
    tools = {tool for granted in grants.values() for tool in granted}
    return {
        "version": 3,
        "system": "airline",
        "environment": "dev",
        "badges": {f"airline/agent.{agent}": agent for agent in (*grants, *idle)},
        "grants": {
            agent: {tool: _grant(agent, shadows.get(agent, {}).get(tool)) for tool in granted}
            for agent, granted in grants.items()
        },
        "tools": sorted({*tools, *ungranted}),
        "users": None if claims is None else {"claims": dict(claims)},
        "arguments": arguments,
    }


def _grant(agent: str, shadow: str | None) -> str | dict[str, str]:
    source = f"systems/airline/agents/{agent}.yaml:9"
    return source if shadow is None else {"source": source, "shadow": shadow}


def text(policy: Mapping[str, Any]) -> bytes:
    """The file's bytes: canonical JSON."""
    return (json.dumps(policy, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
