"""Stand-in for AgentCore Identity: workload tokens, and access tokens by client credentials."""

from localcloud.identity.app import Identity

__all__ = ["Identity"]
