"""The one topic of a system's notices: who may publish, who hears."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.components.iam import Conditions, Statement, allow, reasons
from stacks.deployment import Deployment
from stacks.part_stack import PartStack, declare


class AlarmTopic(Construct):
    """Only this system's alarms, its budget and EventBridge may publish, and only by TLS.

    Without a key of the system's own it is not encrypted: alarms cannot publish with AWS's key, and a notice
    holds no more than names and numbers.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, stack: PartStack
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=deployment.names.alarm_topic,
            master_key=stack.key,
            enforce_ssl=True,
        )
        published = self._publishers(deployment)
        for service, statement in published.items():
            principal = iam.ServicePrincipal(f"{service}.amazonaws.com")
            self.topic.add_to_resource_policy(statement.rendered([principal]))
        tls = {"AllowPublishThroughSSLOnly": "Nothing is published without TLS."}
        declare(self.topic.node.find_child("Policy"), {"Statements": {**tls, **reasons(published.values())}})
        subscribers = Construct(self, "Subscribers")
        for address in deployment.environment.alarms.notify:
            sns.Subscription(
                subscribers,
                address,
                topic=self.topic,
                protocol=sns.SubscriptionProtocol.EMAIL,
                endpoint=address,
            )

    def _publishers(self, deployment: Deployment) -> dict[str, Statement]:
        """Statements by service."""
        stack = cdk.Stack.of(self)
        alarms = f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:alarm:{deployment.names.prefix}-*"
        budgets = f"arn:{stack.partition}:budgets::{stack.account}:*"
        publish, topic = ["sns:Publish"], [self.topic.topic_arn]
        return {
            "cloudwatch": allow(
                "AlarmsOfThisSystem",
                "CloudWatch publishes this system's alarms here, and nobody else's.",
                publish,
                topic,
                _from(stack.account, alarms),
            ),
            "budgets": allow(
                "BudgetsOfThisAccount",
                "AWS Budgets tells of the system's budget here; it names no single one when it publishes.",
                publish,
                topic,
                _from(stack.account, budgets),
            ),
            "events": allow(
                "RulesOfThisAccount",
                "EventBridge tells of changes of the guard here. It supports no condition: with one, every notice "
                "would be dropped silently; a rule of another account needs a role of its own to name this topic.",
                publish,
                topic,
            ),
        }


def _from(account: str, arn: str) -> Conditions:
    return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": arn}}
