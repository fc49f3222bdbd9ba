"""Stand-in for AgentCore Code Interpreter: Python in a process with nothing, on the wire form; and no browser."""

from localcloud.interpreter.app import CodeInterpreters
from localcloud.interpreter.browsers import create_browsers

__all__ = ["CodeInterpreters", "create_browsers"]
