"""Alarms by the environment's thresholds, all to one topic."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.components import metrics
from stacks.components.agent_runtime import AgentRuntime
from stacks.components.iam import allow, reasons
from stacks.deployment import Deployment
from stacks.gateway_stack import GatewayStack
from stacks.part_stack import declare


class SystemAlarms(Construct):
    """Errors and latency per agent, errors of the gateway, refusals, and an interceptor that fails."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: GatewayStack,
        runtimes: Mapping[str, AgentRuntime],
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        self.topic = _topic(self, deployment)
        thresholds = deployment.environment.alarms
        agents = Construct(self, "Agents")
        for agent, runtime in runtimes.items():
            holder = Construct(agents, agent)
            errors = metrics.total(
                f"errors of {agent}",
                system=metrics.runtime(deployment, agent, runtime.runtime, "SystemErrors", "Sum", "system"),
                user=metrics.runtime(deployment, agent, runtime.runtime, "UserErrors", "Sum", "user"),
            )
            latency = metrics.runtime(deployment, agent, runtime.runtime, "Latency", "p95", "p95")
            subject = f"agent-{agent}"
            self._alarm(
                holder, "Errors", subject, errors, thresholds.errors, f"The agent {agent} fails requests."
            )
            self._alarm(
                holder,
                "Latency",
                subject,
                latency,
                thresholds.latency_p95_ms,
                f"The agent {agent} answers slowly.",
                periods=3,
            )
        self._gateway(deployment, gateway)
        self._interceptor(deployment)

    def _gateway(self, deployment: Deployment, gateway: GatewayStack) -> None:
        thresholds = deployment.environment.alarms
        self._alarm(
            Construct(self, "Gateway"),
            "Errors",
            "gateway",
            metrics.gateway(gateway.gateway, "SystemErrors", "Sum", "system errors"),
            thresholds.errors,
            "The gateway fails requests.",
        )
        # The interceptor refuses first, from the same declaration: one refusal here means that they differ.
        self._alarm(
            Construct(self, "PolicyEngine"),
            "Refusals",
            "policy-engine",
            metrics.policy(deployment, gateway.gateway, "DenyDecisions", "denied"),
            1,
            "The policy engine refused a call that the interceptor let through: the two layers disagree.",
        )

    def _interceptor(self, deployment: Deployment) -> None:
        holder = Construct(self, "Interceptor")
        self._alarm(
            holder,
            "Refusals",
            "interceptor",
            metrics.decisions(deployment, "Denied", "deny", "Sum", "denied"),
            deployment.environment.alarms.refusals,
            "Agents are refused unusually often: a wrong grant, or an agent that was talked into something.",
        )
        self._alarm(
            holder,
            "Errors",
            "interceptor",
            metrics.total(
                "interceptor failures",
                errors=metrics.interceptor(deployment, "Errors", "Sum", "errors"),
                throttles=metrics.interceptor(deployment, "Throttles", "Sum", "throttled"),
            ),
            1,
            "The interceptor fails or is throttled; the gateway then refuses every request.",
        )

    def _alarm(
        self,
        scope: Construct,
        construct_id: str,
        subject: str,
        metric: cloudwatch.IMetric,
        threshold: int,
        description: str,
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            alarm_name=self._deployment.names.alarm(subject, construct_id.lower()),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # No requests is no alarm.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))


def _topic(scope: Construct, deployment: Deployment) -> sns.Topic:
    """Where alarms go; operators subscribe. Only this system's alarms may publish, and only by TLS.

    Without a key of its own: a message holds an alarm's name and a number, and alarms cannot use AWS's key.
    """
    topic = sns.Topic(scope, "Topic", topic_name=deployment.names.alarm("all", "alarms"), enforce_ssl=True)
    stack = cdk.Stack.of(scope)
    publish = allow(
        "AlarmsOfThisSystem",
        "CloudWatch publishes this system's alarms here, and nobody else's.",
        ["sns:Publish"],
        [topic.topic_arn],
        {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {
                "aws:SourceArn": (
                    f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:"
                    f"alarm:{deployment.names.prefix}-*"
                )
            },
        },
    )
    topic.add_to_resource_policy(publish.rendered([iam.ServicePrincipal("cloudwatch.amazonaws.com")]))
    declare(
        topic.node.find_child("Policy"),
        {
            "Statements": {
                "AllowPublishThroughSSLOnly": "Nothing is published without TLS.",
                **reasons([publish]),
            }
        },
    )
    return topic
