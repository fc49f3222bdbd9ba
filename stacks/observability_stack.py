"""What operators see: dashboard, alarms, access logs and traces."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.components.alarms import SystemAlarms
from stacks.components.dashboard import SystemDashboard
from stacks.components.deliveries import GATEWAY_FIELDS, RUNTIME_FIELDS, Deliveries, Source
from stacks.deployment import Deployment
from stacks.gateway_stack import GatewayStack
from stacks.part_stack import PartStack
from stacks.runtime_stack import RuntimeStack


class ObservabilityStack(PartStack):
    """Reads from the others; nothing depends on it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: GatewayStack,
        runtime: RuntimeStack,
    ) -> None:
        super().__init__(scope, construct_id, deployment=deployment)
        SystemDashboard(self, "Overview", deployment=deployment, gateway=gateway, runtimes=runtime.runtimes)
        alarms = SystemAlarms(
            self, "Alarms", deployment=deployment, gateway=gateway, runtimes=runtime.runtimes
        )
        ssm.StringParameter(
            self,
            "AlarmTopic",
            parameter_name=deployment.names.parameter("alarm-topic"),
            string_value=alarms.topic.topic_arn,
        )
        agents = [
            Source(f"agent-{agent}", "runtime", item.runtime.attr_agent_runtime_arn, RUNTIME_FIELDS)
            for agent, item in runtime.runtimes.items()
        ]
        Deliveries(
            self,
            "Deliveries",
            deployment=deployment,
            sources=[Source("gateway", "gateway", gateway.gateway.attr_gateway_arn, GATEWAY_FIELDS), *agents],
        )
