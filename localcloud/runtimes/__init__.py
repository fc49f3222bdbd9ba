"""Stand-in for AgentCore Runtime: one process per runtime, and InvokeAgentRuntime on the wire."""

from localcloud.runtimes.bearer import Bearers
from localcloud.runtimes.pool import RuntimePool

__all__ = ["Bearers", "RuntimePool"]
