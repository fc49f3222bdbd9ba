"""Tool definitions as a gateway's lambda target takes them (contracts §1.5)."""

from __future__ import annotations

from typing import Any

from governance.model import Target


def render(target: Target) -> list[dict[str, Any]]:
    """`[{name, description, inputSchema}]`, in declared order; names without the target's prefix."""
    return [
        {"name": tool.name, "description": tool.description, "inputSchema": dict(tool.input_schema)}
        for tool in target.tools
    ]
