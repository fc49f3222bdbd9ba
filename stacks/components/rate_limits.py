"""The gateway's rate limits, as declared."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance import rate_limits
from stacks.deployment import Deployment
from stacks.part_stack import declare

_Limit = agentcore.CfnGatewayRateLimit


class RateLimits(Construct):
    """One resource for each set of dimensions, one after the other, and after `after`.

    The gateway refuses a limit while another operation changes it (AgentCore Developer Guide, "Rate limits":
    ConflictException), so each waits for the one before.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: agentcore.CfnGateway,
        clients: Mapping[str, str],
        after: cdk.CfnResource,
    ) -> None:
        """`clients` are the ids of the agents' app clients, by agent."""
        super().__init__(scope, construct_id)
        self.last = after
        """The last resource of the chain: `after` itself where nothing is declared."""
        for limit in rate_limits.render(deployment.system):
            resource = _Limit(
                Construct(self, limit.name),
                "Resource",
                gateway_identifier=gateway.attr_gateway_identifier,
                rate_limit_id=limit.name,
                description=limit.description,
                dimension_keys=[limit.dimension],
                entries=[
                    _Limit.LimitEntryProperty(
                        dimensions={limit.dimension: clients.get(entry.subject, entry.subject)},
                        requests=[_Limit.RateConfigProperty(rate=entry.per_minute, period="minute")],
                    )
                    for entry in limit.entries
                ],
            )
            resource.add_resource_dependency(self.last)
            declare(
                resource,
                {
                    "RateLimit": limit.name,
                    "PerMinute": {entry.subject: entry.per_minute for entry in limit.entries},
                },
            )
            self.last = resource
