"""The key of one system in one environment: for its gateway, personal tables, memories, logs and notices."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.iam import Statement, allow, reasons
from stacks.deployment import Deployment
from stacks.part_stack import declare, removal_policy

_LOGS = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
_NOTICES = ["kms:Decrypt", "kms:GenerateDataKey*"]
"""As the guides of CloudWatch Logs and SNS name them."""

_ITSELF = ["*"]
"""In a key's policy, the key."""


class SystemKey(Construct):
    """Rotated yearly. Who uses it is told by the encryption context, which the services always state."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        account = allow(
            "AccountDecides",
            "IAM policies of this account decide who else may use the key; without it nobody could ever change it.",
            ["kms:*"],
            _ITSELF,
        )
        logs = _logs(self, deployment)
        notices = {service: _notices(self, deployment, service) for service in _PUBLISHERS}
        rendered = [
            account.rendered([iam.AccountRootPrincipal()]),
            logs.rendered([iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")]),
            *(
                statement.rendered([iam.ServicePrincipal(f"{service}.amazonaws.com")])
                for service, statement in notices.items()
            ),
        ]
        self.key = kms.Key(
            self,
            "Key",
            alias=deployment.names.key_alias,
            description=f"Gateway, personal tables, memories, logs and notices of {deployment.names.prefix}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(30 if deployment.environment.retain_data else 7),
            policy=iam.PolicyDocument(statements=rendered),
            # What it encrypted is unreadable without it, so it stays as long as the logs do.
            removal_policy=removal_policy(deployment),
        )
        declare(self.key, {"Statements": reasons([account, logs, *notices.values()])})


_PUBLISHERS = {"cloudwatch": "Alarms", "budgets": "Budgets", "events": "Rules"}
"""Services that publish notices themselves, so that the key must know each of them."""


def _logs(scope: Construct, deployment: Deployment) -> Statement:
    stack = cdk.Stack.of(scope)
    prefix = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:"
    groups = [f"{prefix}{pattern}" for pattern in deployment.names.log_group_patterns()]
    return allow(
        "LogGroupsOfThisSystem",
        "CloudWatch Logs encrypts this system's log groups, named by pattern: a list would outgrow the policy.",
        _LOGS,
        _ITSELF,
        {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


def _notices(scope: Construct, deployment: Deployment, service: str) -> Statement:
    """EventBridge states no account when it publishes: a condition on it would drop every notice silently."""
    stack = cdk.Stack.of(scope)
    topic = f"arn:{stack.partition}:sns:{stack.region}:{stack.account}:{deployment.names.alarm_topic}"
    account = {} if service == "events" else {"aws:SourceAccount": stack.account}
    return allow(
        f"NoticesOf{_PUBLISHERS[service]}",
        "Publishes to the encrypted alarm topic, and to no other.",
        _NOTICES,
        _ITSELF,
        {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic, **account}},
    )
