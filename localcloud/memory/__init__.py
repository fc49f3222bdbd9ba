"""Stand-in for AgentCore Memory: short-term events and retrievable records, in memory, on the wire form."""

from localcloud.memory.app import create_memory

__all__ = ["create_memory"]
