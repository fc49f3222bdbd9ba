"""Log groups as every part of a system makes them: never for ever, and encrypted where the environment says."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.deployment import Deployment
from stacks.part_stack import PartStack, removal_policy
from stacks.retention import retention


def log_group(scope: Construct, construct_id: str, *, deployment: Deployment, name: str) -> logs.LogGroup:
    """A log group with the environment's retention and its stack's key, if there is one.

    Raises:
        TypeError: if the stack is none of a system's, so that nobody makes one past the key.
    """
    stack = cdk.Stack.of(scope)
    if not isinstance(stack, PartStack):
        raise TypeError(f"{scope.node.path} is in no stack of a system")
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=retention(deployment.environment.log_retention_days),
        removal_policy=removal_policy(deployment),
        encryption_key=stack.key,
    )
