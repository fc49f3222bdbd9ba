"""What watches one runtime: alarms, deliveries, an agent's tokens. It can stand in any stack of the system."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from governance.names import agent_subject, memory_subject
from stacks.components import metrics
from stacks.components.alarm import alarm
from stacks.components.deliveries import Delivered, Source
from stacks.components.runbook import Entry
from stacks.deployment import Deployment

MEMORY_EVENTS = ("memory_unavailable", "memory_not_kept")
"""What an agent writes when it could not read its memory, and when it could not write it."""


class RuntimeWatch(Construct):
    """Any runtime. `subject` names it in alarms and deliveries, `title` in sentences: "tool server stock".

    `after` is the delivery made before this one's; `deliveries.last` is the one to hand on.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        subject: str,
        title: str,
        runtime: metrics.Runtime,
        topic: sns.ITopic,
        after: logs.CfnDelivery | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms: list[cloudwatch.Alarm] = [
            alarm(
                self,
                "Errors",
                deployment=deployment,
                topic=topic,
                subject=subject,
                metric=failures(runtime, f"failed requests of the {title} (%)"),
                threshold=deployment.environment.alarms.error_rate_percent,
                summary=f"The {title} fails requests.",
                entry=Entry.AGENT_ERRORS,
                # One failed request of a quiet hour is no alarm; a quiet runtime that keeps failing is one.
                within=2,
                of=3,
            )
        ]
        self.deliveries = Delivered(
            self,
            "Deliveries",
            deployment=deployment,
            source=Source(subject, "runtime", runtime.arn),
            after=after,
        )


class AgentWatch(RuntimeWatch):
    """An agent's runtime; `output` is the name of its log group at the endpoint.

    The name and not the group: its end is a setting, and CloudFormation changes no export that another stack uses.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        agent: str,
        runtime: metrics.Runtime,
        output: str,
        topic: sns.ITopic,
        after: logs.CfnDelivery | None,
    ) -> None:
        subject = agent_subject(agent)
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            subject=subject,
            title=f"agent {agent}",
            runtime=runtime,
            topic=topic,
            after=after,
        )
        self.alarms.append(
            alarm(
                self,
                "Latency",
                deployment=deployment,
                topic=topic,
                subject=subject,
                metric=runtime.metric("Latency", "p95", "p95"),
                threshold=deployment.environment.alarms.latency_p95_ms,
                summary=f"The agent {agent} answers slowly.",
                entry=Entry.AGENT_LATENCY,
                within=3,
                of=3,
            )
        )
        group = logs.LogGroup.from_log_group_name(self, "Output", output)
        if runtime.memory is not None:
            self._memory(deployment, agent, group, topic)
        for name, field in ((metrics.INPUT_TOKENS, "input_tokens"), (metrics.OUTPUT_TOKENS, "output_tokens")):
            tokens = logs.FilterPattern.string_value("$.event", "=", "tokens_used")
            self._counted(deployment, group, name, tokens, f"$.{field}")

    def _counted(
        self, deployment: Deployment, output: logs.ILogGroup, name: str, of: logs.IFilterPattern, value: str
    ) -> None:
        """A metric made of what agents write: the service publishes none by agent for it."""
        logs.MetricFilter(
            self,
            name,
            log_group=output,
            metric_namespace=deployment.names.metric_namespace,
            metric_name=name,
            filter_pattern=of,
            metric_value=value,
            dimensions={"Agent": "$.agent"},
            unit=cloudwatch.Unit.COUNT,
        )

    def _memory(self, deployment: Deployment, agent: str, output: logs.ILogGroup, topic: sns.ITopic) -> None:
        """By the agent's own words: the service's metrics know no request that was refused for it."""
        failed = logs.FilterPattern.any(
            *(logs.FilterPattern.string_value("$.event", "=", event) for event in MEMORY_EVENTS)
        )
        self._counted(deployment, output, metrics.MEMORY_FAILURES, failed, "1")
        self.alarms.append(
            alarm(
                Construct(self, "Remembering"),
                "Unavailable",
                deployment=deployment,
                topic=topic,
                subject=memory_subject(agent),
                metric=metrics.memory_failures(deployment, agent, "failures"),
                threshold=1,
                summary=f"The agent {agent} cannot read or keep what was said, and refuses talks it does not know.",
                entry=Entry.MEMORY_UNAVAILABLE,
                within=2,
                of=3,
            )
        )


def failures(runtime: metrics.Runtime, label: str) -> cloudwatch.MathExpression:
    """Failed requests in percent. A failed container counts as the user's error (424), so both kinds are in it."""
    return metrics.percent(
        label,
        of=runtime.metric("Invocations", "Sum", "requests"),
        system=runtime.metric("SystemErrors", "Sum", "system errors"),
        user=runtime.metric("UserErrors", "Sum", "user errors"),
    )
