"""Stand-in for Amazon Bedrock AgentCore Gateway: an MCP endpoint with its access layers.

Where the documentation is silent, `docs/fidelity/gateway.md` says what was chosen and why.
"""

from localcloud.gateway.app import GatewayApp, create_gateway
from localcloud.gateway.keys import HttpKeys, InProcessKeys, IssuerKeys, KeySource, KeysUnavailable

__all__ = [
    "GatewayApp",
    "HttpKeys",
    "InProcessKeys",
    "IssuerKeys",
    "KeySource",
    "KeysUnavailable",
    "create_gateway",
]
