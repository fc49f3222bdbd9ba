"""Notices when somebody weakens or changes the guard: by control-plane events of AWS CloudTrail.

EventBridge gets them only where a trail records management events in the region; the runbook says how to see
that. The patterns match too much rather than too little: a field the event leaves out counts as weakened.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from constructs import Construct

from governance.names import INTERCEPTOR
from stacks.components import metrics
from stacks.components.alarm import alarm
from stacks.components.runbook import Entry, link
from stacks.deployment import Deployment

_ABSENT = {"exists": False}
_BY_HAND = [{"anything-but": ["cloudformation.amazonaws.com"]}, _ABSENT]
"""CloudFormation's own calls are deployments: the review and the lock answer for those."""

_GATEWAY = [
    {"prefix": "UpdateGateway"},
    {"prefix": "DeleteGateway"},
    "BatchPutGatewayRateLimits",
    "CreateGatewayRateLimit",
    "CreateGatewayRule",
    "CreateGatewayTarget",
    "SynchronizeGatewayTargets",
]
_POLICIES = ["CreatePolicy", "DeletePolicy", "DeletePolicyEngine", "UpdatePolicy", "UpdatePolicyEngine"]
_ACCESS = ["DeleteResourcePolicy", "PutResourcePolicy"]
_FUNCTION = ["AddPermission", "DeleteFunction", "PutFunctionConcurrency", "UpdateFunction"]
"""Beginnings, because Lambda's event names end with the API's version."""


class GuardWatch(Construct):
    """Three rules to the topic, and an alarm should a rule not reach it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: agentcore.CfnGateway,
        engine: agentcore.CfnPolicyEngine,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        self._topic = topic
        of_gateway = {"gatewayIdentifier": [gateway.attr_gateway_identifier, _ABSENT]}
        of_engine = {"policyEngineId": [engine.attr_policy_engine_id, _ABSENT]}
        access = {"resourceArn": [gateway.attr_gateway_arn, _ABSENT]}
        function = deployment.names.function(INTERCEPTOR)
        names = [
            self._rule(
                "NotEnforcing",
                Entry.NOT_ENFORCING,
                "The policy engine, or a policy of it, no longer enforces.",
                "bedrock-agentcore",
                {
                    "$or": [
                        {
                            "eventName": ["UpdateGateway"],
                            "requestParameters": {
                                **of_gateway,
                                "policyEngineConfiguration": {
                                    "mode": [{"anything-but": ["ENFORCE"]}, _ABSENT]
                                },
                            },
                        },
                        # A new policy that only logs takes nothing away, nor does a switch that is let go:
                        # an old policy made to only log does.
                        {
                            "eventName": ["UpdatePolicy"],
                            "requestParameters": {
                                **of_engine,
                                "enforcementMode": ["LOG_ONLY"],
                                "policyId": [
                                    {"anything-but": {"prefix": deployment.names.switch_prefix}},
                                    _ABSENT,
                                ],
                            },
                        },
                        {"eventName": ["DeletePolicyEngine"], "requestParameters": of_engine},
                    ]
                },
            ),
            self._rule(
                "Changed",
                Entry.GUARD_CHANGED,
                "Somebody changed gateway, targets or policies past the deployment.",
                "bedrock-agentcore",
                {
                    "sourceIPAddress": _BY_HAND,
                    "$or": [
                        {"eventName": _GATEWAY, "requestParameters": of_gateway},
                        {"eventName": _POLICIES, "requestParameters": of_engine},
                        {"eventName": _ACCESS, "requestParameters": access},
                    ],
                },
            ),
            self._rule(
                "Interceptor",
                Entry.GUARD_CHANGED,
                "Somebody changed the interceptor past the deployment.",
                "lambda",
                {
                    "sourceIPAddress": _BY_HAND,
                    "eventName": [{"prefix": beginning} for beginning in _FUNCTION],
                    # Name or ARN; a version or alias may follow.
                    "requestParameters": {
                        "functionName": [{"wildcard": f"*{function}"}, {"wildcard": f"*{function}:*"}]
                    },
                },
            ),
        ]
        self.alarms: list[cloudwatch.Alarm] = [
            alarm(
                self,
                "Undelivered",
                deployment=deployment,
                topic=topic,
                subject="guard",
                metric=metrics.total(
                    "notices not delivered",
                    **{f"m{index}": metrics.undelivered(name) for index, name in enumerate(names)},
                ),
                threshold=1,
                summary="A notice about a change of the guard was lost.",
                entry=Entry.WATCH_BLIND,
            )
        ]

    def _rule(
        self, construct_id: str, entry: Entry, summary: str, service: str, detail: dict[str, Any]
    ) -> str:
        """A rule on successful calls of a service; returns its name."""
        name = self._deployment.names.watch(construct_id.lower())
        events.CfnRule(
            self,
            construct_id,
            name=name,
            description=summary,
            event_pattern={
                "source": [f"aws.{service}"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": [f"{service}.amazonaws.com"],
                    "errorCode": [_ABSENT],
                    **detail,
                },
            },
            state="ENABLED",
            targets=[
                # Without a role: EventBridge asks topics by their own policy.
                events.CfnRule.TargetProperty(
                    id="Topic",
                    arn=self._topic.topic_arn,
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={
                            "what": "$.detail.eventName",
                            "who": "$.detail.userIdentity.arn",
                            "when": "$.detail.eventTime",
                            "id": "$.detail.eventID",
                        },
                        input_template=(
                            f'"{self._deployment.names.prefix}: {summary} <what> by <who> at <when>, '
                            f'CloudTrail event <id>. Runbook: {link(self._deployment, entry)}"'
                        ),
                    ),
                )
            ],
        )
        return name
