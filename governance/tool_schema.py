"""Tool definitions as a gateway's lambda and MCP server targets take them (contracts §1.5)."""

from __future__ import annotations

import json
from typing import Any

from governance.model import Target


def render(target: Target) -> list[dict[str, Any]]:
    """`[{name, description, inputSchema}]`, in declared order; names without the target's prefix."""
    return [
        {"name": tool.name, "description": tool.description, "inputSchema": dict(tool.input_schema)}
        for tool in target.tools
    ]


def pinned(target: Target) -> str:
    """An MCP server target's `McpToolSchema`: the `tools` of a tools/list answer (MCP 2025-06-18), as JSON text.

    With it the gateway never asks the server what it offers. A server that changes a description or adds a tool
    after it was reviewed (a "rug pull") changes nothing of what agents see and policies know.
    """
    return json.dumps({"tools": render(target)}, ensure_ascii=False, sort_keys=True)
