"""The agents: one runtime each, made after those it delegates to."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from governance import console
from governance.model import System
from governance.shards import Sharded, depths
from stacks.components.agent_runtime import AgentRuntime
from stacks.deployment import Deployment
from stacks.gateway_stack import GatewayStack
from stacks.identity_stack import IdentityStack
from stacks.part_stack import PartStack
from stacks.shards import Shards


def delegates_first(system: System) -> tuple[str, ...]:
    """Agent names, each after every agent it delegates to.

    Raises:
        graphlib.CycleError: if agents delegate in a circle; `governance` refuses that at load.
    """
    return tuple(TopologicalSorter(_delegations(system)).static_order())


def _delegations(system: System) -> dict[str, list[str]]:
    return {agent.name: [delegation.agent for delegation in agent.delegates] for agent in system.agents}


class RuntimeStack(PartStack):
    """Runtimes and where to call the entry agent."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        identity: IdentityStack,
        gateway: GatewayStack,
    ) -> None:
        # Beside the entry agent, for which the page is: whoever serves it reads this.
        notes = {"Console": console.document(deployment.system)}
        super().__init__(scope, construct_id, deployment=deployment, key=identity.key, notes=notes)
        system, names = deployment.system, deployment.names
        agents = Shards(
            self,
            "Agents",
            part=Sharded.RUNTIME,
            deployment=deployment,
            subjects=[agent.name for agent in system.agents],
            layers=depths(_delegations(system)),
        )
        runtimes: dict[str, AgentRuntime] = {}
        for name in delegates_first(system):
            agent = system.agent(name)
            runtimes[name] = AgentRuntime(
                agents.of(name),
                name,
                deployment=deployment,
                agent=agent,
                gateway=gateway.gateway,
                token_provider=identity.agents[name].provider.name,
                users=identity.users,
                delegates={delegation.agent: runtimes[delegation.agent] for delegation in agent.delegates},
            )
        self.runtimes: Mapping[str, AgentRuntime] = {
            agent.name: runtimes[agent.name] for agent in system.agents
        }
        ssm.StringParameter(
            self,
            "EntryRuntime",
            parameter_name=names.parameter("runtime-arn"),
            string_value=self.runtimes[system.entry_agent].runtime.attr_agent_runtime_arn,
        )
        ssm.StringParameter(
            self,
            "EntryQualifier",
            parameter_name=names.parameter("runtime-qualifier"),
            string_value=names.endpoint,
        )
