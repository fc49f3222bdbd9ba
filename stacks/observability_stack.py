"""What operators see: dashboard, alarms, notices, access logs and traces."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from governance.names import memory_subject, server_subject
from stacks.components import metrics
from stacks.components.alarm_topic import AlarmTopic
from stacks.components.cost_budget import CostBudget
from stacks.components.dashboard import SystemDashboard
from stacks.components.deliveries import Delivered, Source
from stacks.components.gateway_watch import GatewayWatch
from stacks.components.guard_watch import GuardWatch
from stacks.components.runtime_watch import AgentWatch, RuntimeWatch
from stacks.deployment import Deployment
from stacks.gateway_stack import GatewayStack
from stacks.part_stack import PartStack
from stacks.runtime_stack import RuntimeStack
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
        last: logs.CfnDelivery = Delivered(
            self, "Deliveries", deployment=deployment, source=source, after=None
        ).last
        alarms: list[cloudwatch.IAlarm] = [*guard.alarms, *watch.alarms]
        names = deployment.names
        agents = {
            agent: metrics.Runtime(names.runtime(agent), names.endpoint, item.runtime.attr_agent_runtime_arn)
            for agent, item in runtime.runtimes.items()
        }
        scope_of_agents = Construct(self, "Agents")
        for agent, item in runtime.runtimes.items():
            agent_watch = AgentWatch(
                scope_of_agents,
                agent,
                deployment=deployment,
                agent=agent,
                runtime=agents[agent],
                log_group=item.log_group,
                topic=topic,
                after=last,
            )
            last = agent_watch.deliveries.last
            alarms += agent_watch.alarms
        memories = Construct(self, "Memories")
        for agent, item in runtime.runtimes.items():
            if (remembered := item.parts.memory) is not None:
                memory = Source(memory_subject(agent), "memory", remembered.memory.attr_memory_arn)
                last = Delivered(memories, agent, deployment=deployment, source=memory, after=last).last
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
            agents=agents,
            servers=servers,
            alarms=alarms,
        )
        ssm.StringParameter(
            self,
            "AlarmTopic",
            parameter_name=names.parameter("alarm-topic"),
            string_value=topic.topic_arn,
        )
