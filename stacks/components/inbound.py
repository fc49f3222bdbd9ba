"""Who may call an agent's runtime, and which of the caller's headers reach the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import aws_bedrockagentcore as agentcore

from governance.model import Agent, System
from stacks.components.agent_identity import discovery_url
from stacks.components.user_identity import UserIdentity

USER_TOKEN_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"  # noqa: S105  a header's name
"""Carries the user's token from agent to agent; the prefix is the one AgentCore passes on for IAM callers."""

_Runtime = agentcore.CfnRuntime


@dataclass(frozen=True)
class Inbound:
    """The runtime's inbound settings. Both None: IAM, and no header of the caller's."""

    authorizer: agentcore.CfnRuntime.AuthorizerConfigurationProperty | None = None
    headers: agentcore.CfnRuntime.RequestHeaderConfigurationProperty | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def inbound(system: System, agent: Agent, users: UserIdentity | None) -> Inbound:
    """Users reach the entry agent with a token of their own client, and no other agent at all.

    A runtime takes tokens or IAM, never both (AgentCore Developer Guide: inbound authorization): nobody can
    call the entry agent past the check of the user's token. The agents behind it take IAM from the agents
    that may delegate to them, and the user's token as data, which the gateway's interceptor verifies.
    """
    if users is None or system.users is None:
        return Inbound()
    variables = {"USER_CLAIM": system.users.claim}
    if agent.name != system.entry_agent:
        return Inbound(headers=_allow(USER_TOKEN_HEADER), variables=variables)
    return Inbound(
        authorizer=_Runtime.AuthorizerConfigurationProperty(
            custom_jwt_authorizer=_Runtime.CustomJWTAuthorizerConfigurationProperty(
                discovery_url=discovery_url(users.pool), allowed_clients=[users.client.ref]
            )
        ),
        headers=_allow("Authorization"),
        variables=variables,
    )


def _allow(header: str) -> agentcore.CfnRuntime.RequestHeaderConfigurationProperty:
    return _Runtime.RequestHeaderConfigurationProperty(request_header_allowlist=[header])
