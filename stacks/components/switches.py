"""The kill switches of a gateway: one policy each, deployed but not enforced until thrown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore

from governance import switches
from governance.shards import Sharded
from governance.switch import SwitchKind
from stacks.components import cedar_policy
from stacks.deployment import Deployment
from stacks.part_stack import PartStack, declare
from stacks.shards import Shards


class Switches:
    """A policy for each switch. A thrown one keeps its mode through deployments, because nothing here changes.

    Validated with the permits (`Policies`). `targets` are by declared name; `permits` come first where a switch is
    declared off, so that none of them is analysed beside a policy that refuses all it permits. Where switches have
    stacks of their own, all of these wait for `after`, the stacks with the permits.
    """

    def __init__(
        self,
        own: PartStack,
        construct_id: str,
        *,
        deployment: Deployment,
        engine: agentcore.CfnPolicyEngine,
        gateway: agentcore.CfnGateway,
        targets: Mapping[str, cdk.CfnResource],
        permits: Iterable[cdk.CfnResource],
        after: Iterable[cdk.Stack],
    ) -> None:
        every = switches.render(
            deployment.system,
            deployment.environment,
            deployment.names,
            deployment.matrix,
            gateway.attr_gateway_arn,
        )
        split = deployment.system.split
        shards = Shards(
            own,
            construct_id,
            part=Sharded.SWITCHES,
            deployment=deployment,
            subjects=[str(rendered.switch) for rendered in every],
        )
        shards.wait_for([own, *after])
        first = () if split else tuple(permits)
        # Targets are created one after the other: who waits for the last waits for all.
        last = None if split else list(targets.values())[-1]
        for rendered in every:
            switch = rendered.switch
            # The service's analysis finds that a switch refuses everything it is about, which it is for. The check
            # against the schema stays.
            policy = cedar_policy.place(
                shards.of(str(switch)),
                f"{switch.kind}-{switch.subject}",
                rendered,
                engine=engine,
                validation="IGNORE_ALL_FINDINGS",
            )
            if last is not None:
                policy.add_resource_dependency(last)
            for permit in first if rendered.active else ():
                policy.add_resource_dependency(permit)
            declare(policy, {"Switch": {_KEYS[switch.kind]: switch.subject}})


_KEYS = {SwitchKind.AGENT: "Agent", SwitchKind.TOOL: "Tool", SwitchKind.TARGET: "Target"}
