"""Alarms on the way to the tools: gateway, interceptor, policy engine."""

from __future__ import annotations

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from governance.model import PolicyMode
from stacks.components import metrics
from stacks.components.alarm import alarm
from stacks.components.interceptor import TIMEOUT_SECONDS
from stacks.components.runbook import Entry
from stacks.deployment import Deployment

SLOW_MS = TIMEOUT_SECONDS * 1000 // 2
"""Half of the interceptor's time limit. Above the limit the gateway refuses the request."""


class GatewayWatch(Construct):
    """One alarm per way in which callers are wrongly refused or wrongly let through."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: agentcore.CfnGateway,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        self._topic = topic
        self.alarms: list[cloudwatch.Alarm] = [
            self._gateway(gateway.attr_gateway_arn),
            *self._interceptor(Construct(self, "Interceptor")),
            *self._policy(Construct(self, "PolicyEngine"), gateway.attr_gateway_identifier),
        ]

    def _gateway(self, arn: str) -> cloudwatch.Alarm:
        return alarm(
            Construct(self, "Gateway"),
            "Errors",
            deployment=self._deployment,
            topic=self._topic,
            subject="gateway",
            # A refusal is the caller's error; only what the gateway itself failed at is counted.
            metric=metrics.percent(
                "failed requests (%)",
                of=metrics.gateway(arn, "Invocations", "Sum", "requests"),
                system=metrics.gateway(arn, "SystemErrors", "Sum", "system"),
            ),
            threshold=self._deployment.environment.alarms.error_rate_percent,
            summary="The gateway fails requests.",
            entry=Entry.GATEWAY_ERRORS,
            within=2,
            of=3,
        )

    def _interceptor(self, scope: Construct) -> list[cloudwatch.Alarm]:
        deployment, topic, subject = self._deployment, self._topic, "interceptor"
        return [
            alarm(
                scope,
                "Refusals",
                deployment=deployment,
                topic=topic,
                subject=subject,
                metric=metrics.decisions(deployment, "Denied", "deny", "Sum", "refused"),
                threshold=deployment.environment.alarms.refusals,
                summary="Agents are refused unusually often: a wrong grant, or an agent talked into something.",
                entry=Entry.REFUSALS,
            ),
            alarm(
                scope,
                "Errors",
                deployment=deployment,
                topic=topic,
                subject=subject,
                metric=metrics.total(
                    "failures",
                    errors=metrics.interceptor(deployment, "Errors", "Sum", "errors"),
                    throttles=metrics.interceptor(deployment, "Throttles", "Sum", "throttled"),
                ),
                threshold=1,
                summary="The interceptor fails or is throttled; the gateway refuses every such request.",
                entry=Entry.INTERCEPTOR_FAILURES,
            ),
            alarm(
                scope,
                "Duration",
                deployment=deployment,
                topic=topic,
                subject=subject,
                metric=metrics.interceptor(deployment, "Duration", "p99", "p99"),
                threshold=SLOW_MS,
                summary="The interceptor takes half of its time limit; beyond the limit, requests are refused.",
                entry=Entry.INTERCEPTOR_SLOW,
                within=2,
                of=3,
            ),
        ]

    def _policy(self, scope: Construct, gateway_id: str) -> list[cloudwatch.Alarm]:
        deployment, topic, subject = self._deployment, self._topic, "policy-engine"
        mode = deployment.environment.policy_mode
        # The interceptor refuses first, from the same declaration: one refusal here means that they differ, or
        # that a switch is thrown, which only the engine knows.
        disagree = alarm(
            scope,
            "Refusals",
            deployment=deployment,
            topic=topic,
            subject=subject,
            metric=metrics.policy(gateway_id, mode, "DenyDecisions", "Sum", "denied"),
            threshold=1,
            summary="The policy engine denied what the interceptor let through: a switch, or the layers disagree.",
            entry=Entry.LAYERS_DISAGREE,
        )
        if mode is not PolicyMode.ENFORCE:
            return [disagree]
        logged = {
            name: metrics.policy(gateway_id, PolicyMode.LOG_ONLY, published, "Sum", name)
            for name, published in (("allowed", "AllowDecisions"), ("denied", "DenyDecisions"))
        }
        return [
            disagree,
            alarm(
                scope,
                "Logging",
                deployment=deployment,
                topic=topic,
                subject=subject,
                # One dimension set, two outcomes of it: these do add up.
                metric=metrics.total("decided without effect", **logged),
                threshold=1,
                summary="The policy engine decides and does not enforce, though the environment says ENFORCE.",
                entry=Entry.NOT_ENFORCING,
            ),
        ]
