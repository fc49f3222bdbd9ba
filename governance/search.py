"""The gateway's own search tool: nobody declares it in a target, and nobody may use it who is not told so.

Source: AgentCore Developer Guide, "Search for tools" (contracts §1.4). It has no target, hence no prefix.
"""

from __future__ import annotations

from governance.model import DataClass, Effect, Egress, Source, Tool
from governance.names import SEARCH_TOOL


def tool(source: Source) -> Tool:
    """The tool as the gateway offers it; `source` is the line that turns it on."""
    return Tool(
        name=SEARCH_TOOL,
        target="",
        description="Finds the tools that fit a task best.",
        input_schema={
            "type": "object",
            "properties": {"query": {"type": "string", "description": "What the tool should do."}},
            "required": ["query"],
        },
        effect=Effect.READ,
        data=DataClass.INTERNAL,
        egress=Egress.NONE,
        source=source,
    )
