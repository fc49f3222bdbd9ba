"""Entry point of the function."""

from lambda_common.tool import tool_handler
from tool_policy.tools import build

handler = tool_handler(build)
