"""What operators see: dashboard, alarms, notices, access logs and traces."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from governance.names import memory_subject, server_subject
from governance.shards import Sharded
from stacks.components import metrics
from stacks.components.alarm_topic import AlarmTopic
from stacks.components.cost_budget import CostBudget
from stacks.components.dashboard import AgentsDashboard, SystemDashboard
from stacks.components.deliveries import Delivered, Source
from stacks.components.gateway_watch import GatewayWatch
from stacks.components.guard_watch import GuardWatch
from stacks.components.runtime_watch import AgentWatch, RuntimeWatch
from stacks.deployment import Deployment
from stacks.gateway_stack import GatewayStack
from stacks.part_stack import PartStack
from stacks.runtime_stack import RuntimeStack
from stacks.shards import Shards
from stacks.tools_stack import ToolsStack


class ObservabilityStack(PartStack):
    """Reads from the others; nothing depends on it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        tools: ToolsStack,
        gateway: GatewayStack,
        runtime: RuntimeStack,
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment, key=gateway.key)
        topic = AlarmTopic(self, "Alarms", deployment=deployment, stack=self).topic
        watch = GatewayWatch(self, "Gateway", deployment=deployment, gateway=gateway.gateway, topic=topic)
        guard = GuardWatch(
            self,
            "Guard",
            deployment=deployment,
            gateway=gateway.gateway,
            engine=gateway.engine,
            topic=topic,
        )
        CostBudget(self, "Cost", deployment=deployment, topic=topic)
        source = Source("gateway", "gateway", gateway.gateway.attr_gateway_arn)
        last = Delivered(self, "Deliveries", deployment=deployment, source=source, after=None).last
        alarms: list[cloudwatch.IAlarm] = [*guard.alarms, *watch.alarms]
        names = deployment.names
        agents = {
            agent: metrics.Runtime(
                names.runtime(agent),
                names.endpoint,
                item.runtime.attr_agent_runtime_arn,
                item.parts.memory.metrics if item.parts.memory else None,
            )
            for agent, item in runtime.runtimes.items()
        }
        shards = Shards(
            self, "Agents", part=Sharded.OBSERVABILITY, deployment=deployment, subjects=list(agents)
        )
        watched: dict[str, AgentWatch] = {}
        lasts: dict[str, logs.CfnDelivery] = {self.node.path: last}
        for agent, item in runtime.runtimes.items():
            stack = shards.stack(agent).node.path
            watched[agent] = AgentWatch(
                shards.of(agent),
                agent,
                deployment=deployment,
                agent=agent,
                runtime=agents[agent],
                output=names.runtime_log_group(item.runtime.attr_agent_runtime_id, names.endpoint),
                topic=topic,
                after=lasts.get(stack),
            )
            lasts[stack] = watched[agent].deliveries.last
            if (remembered := item.parts.memory) is not None:
                memory = Source(memory_subject(agent), "memory", remembered.memory.attr_memory_arn)
                lasts[stack] = Delivered(
                    watched[agent], "Memory", deployment=deployment, source=memory, after=lasts[stack]
                ).last
        last = lasts[self.node.path]
        self._dashboards(deployment, shards, agents, watched)
        here = [agent for agent in agents if shards.stack(agent) is self]
        alarms += [alarm for agent in here for alarm in watched[agent].alarms]
        servers = {
            package: metrics.Runtime(
                names.tool_runtime(package), names.endpoint, server.runtime.attr_agent_runtime_arn
            )
            for package, server in tools.servers.items()
        }
        scope_of_servers = Construct(self, "Servers")
        for package, server_runtime in servers.items():
            server_watch = RuntimeWatch(
                scope_of_servers,
                package,
                deployment=deployment,
                subject=server_subject(package),
                title=f"tool server {package}",
                runtime=server_runtime,
                topic=topic,
                after=last,
            )
            last = server_watch.deliveries.last
            alarms += server_watch.alarms
        SystemDashboard(
            self,
            "Overview",
            deployment=deployment,
            gateway=gateway.gateway,
            agents={agent: agents[agent] for agent in here},
            servers=servers,
            alarms=alarms,
            elsewhere={label: shards.subjects(label) for label in shards.stacks},
        )
        ssm.StringParameter(
            self,
            "AlarmTopic",
            parameter_name=names.parameter("alarm-topic"),
            string_value=topic.topic_arn,
        )

    def _dashboards(
        self,
        deployment: Deployment,
        shards: Shards,
        agents: Mapping[str, metrics.Runtime],
        watched: Mapping[str, AgentWatch],
    ) -> None:
        """One in each stack of agents. These stacks come one after the other, as all deliveries of a system do."""
        earlier: PartStack = self
        for label, stack in shards.stacks.items():
            stack.add_stack_dependency(earlier)
            earlier = stack
            its = shards.subjects(label)
            if not its:
                continue
            AgentsDashboard(
                stack,
                "Overview",
                deployment=deployment,
                label=label,
                agents={agent: agents[agent] for agent in its},
                alarms=[alarm for agent in its for alarm in watched[agent].alarms],
            )
