"""Entry point of the function."""

from lambda_common.tool import tool_handler
from tool_loyalty.tools import build

handler = tool_handler(build)
