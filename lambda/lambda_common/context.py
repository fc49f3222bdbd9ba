"""What the gateway says about a call beside its arguments (AgentCore Developer Guide: Lambda targets)."""

from __future__ import annotations

from lambda_common.errors import ToolFailure

TOOL_NAME = "bedrockAgentCoreToolName"
SEPARATOR = "___"


def tool_name(context: object) -> str:
    """The called tool without its target: `create_booking` for `customer-mcp___create_booking`.

    The name is in the Lambda context's client context, never in the event, so no argument can change it.
    """
    custom = getattr(getattr(context, "client_context", None), "custom", None)
    name = custom.get(TOOL_NAME) if isinstance(custom, dict) else None
    if not isinstance(name, str) or not name:
        raise ToolFailure(f"the client context has no {TOOL_NAME}: only the gateway may call this function")
    target, separator, tool = name.partition(SEPARATOR)
    if not (target and separator and tool):
        raise ToolFailure(f"{TOOL_NAME} is not of the form target{SEPARATOR}tool")
    return tool
