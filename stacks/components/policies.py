"""The permits of a gateway's engine, and the check of all its policies."""

from __future__ import annotations

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore

from governance import cedar, switches
from governance.shards import Sharded
from stacks.components import cedar_policy
from stacks.deployment import Deployment
from stacks.part_stack import PartStack, declare
from stacks.shards import Shards


class Policies:
    """Permits per agent. All policies, switches included, are validated here: neither the library nor
    CloudFormation reads Cedar.

    The engine makes its schema from the gateway, which each statement names, and from the targets, which must
    therefore exist `before` a policy does. `resources` are the L1 policies, in rendered order, and `stacks` those
    that hold them where they have stacks of their own: these wait for the gateway's, with all targets in it.
    """

    def __init__(
        self,
        own: PartStack,
        construct_id: str,
        *,
        deployment: Deployment,
        engine: agentcore.CfnPolicyEngine,
        gateway: agentcore.CfnGateway,
        before: Iterable[cdk.CfnResource],
    ) -> None:
        self.resources: list[agentcore.CfnPolicy] = []
        system, names, matrix = deployment.system, deployment.names, deployment.matrix
        # The gateway's ARN is a token here, which is no Cedar; the same text is validated with a plain ARN.
        cedar.validate(
            system,
            switches.policies(system, deployment.environment, names, matrix, cedar.PLACEHOLDER_ARN),
        )
        shards = Shards(
            own,
            construct_id,
            part=Sharded.POLICIES,
            deployment=deployment,
            subjects=[agent.name for agent in system.agents if agent.grants],
        )
        shards.wait_for([own])
        self.stacks = tuple(shards.stacks.values())
        dependencies = () if system.split else tuple(before)
        parts: dict[str, int] = {}
        for rendered in cedar.render(system, names, matrix, gateway.attr_gateway_arn):
            policy = cedar_policy.place(
                shards.of(rendered.agent),
                _holder(rendered, parts),
                rendered,
                engine=engine,
                validation="FAIL_ON_ANY_FINDINGS",
            )
            for dependency in dependencies:
                policy.add_resource_dependency(dependency)
            tool = {"Tool": rendered.tool} if rendered.tool else {}
            declare(policy, {"Agent": rendered.agent, **tool})
            self.resources.append(policy)


def _holder(policy: cedar.CedarPolicy, parts: dict[str, int]) -> str:
    """A construct id that stays when another tool gets or loses rules; `parts` counts an agent's others."""
    if policy.tool:
        return f"{policy.agent}-{policy.tool}"
    part = parts[policy.agent] = parts.get(policy.agent, 0) + 1
    return policy.agent if part == 1 else f"{policy.agent}-{part}"
