"""Metrics by the names and dimensions the services publish.

The library's helpers for the policy engine use names that are never published; these are the guide's.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_cloudwatch as cloudwatch

from governance.names import INTERCEPTOR
from stacks.deployment import Deployment

SERVICE = "AWS/Bedrock-AgentCore"
PERIOD = cdk.Duration.minutes(5)


def _metric(
    namespace: str, name: str, dimensions: dict[str, str], statistic: str, label: str
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=PERIOD,
        label=label,
    )


def runtime(
    deployment: Deployment, agent: str, resource: agentcore.CfnRuntime, name: str, statistic: str, label: str
) -> cloudwatch.Metric:
    """A metric of an agent's runtime at the environment's endpoint."""
    return _metric(
        SERVICE,
        name,
        {
            "Operation": "InvokeAgentRuntime",
            "Name": f"{deployment.names.runtime(agent)}::{deployment.names.endpoint}",
            "Resource": resource.attr_agent_runtime_arn,
        },
        statistic,
        label,
    )


def gateway(resource: agentcore.CfnGateway, name: str, statistic: str, label: str) -> cloudwatch.Metric:
    return _metric(
        SERVICE,
        name,
        {"Operation": "InvokeGateway", "Protocol": "MCP", "Resource": resource.attr_gateway_arn},
        statistic,
        label,
    )


def policy(
    deployment: Deployment, resource: agentcore.CfnGateway, name: str, label: str
) -> cloudwatch.Metric:
    """Decisions about calls. Listing is another operation, and streams of two dimension sets never add up."""
    return _metric(
        SERVICE,
        name,
        {
            "TargetResource": resource.attr_gateway_identifier,
            "OperationName": "AuthorizeAction",
            "Mode": str(deployment.environment.policy_mode),
        },
        "Sum",
        label,
    )


def decisions(
    deployment: Deployment, name: str, effect: str, statistic: str, label: str
) -> cloudwatch.Metric:
    """The interceptor's embedded metrics over all agents: `Allowed`, `Denied`, `DecisionMicros`."""
    return _metric(deployment.names.metric_namespace, name, {"Effect": effect}, statistic, label)


def decisions_of(deployment: Deployment, agent: str, name: str, effect: str, label: str) -> cloudwatch.Metric:
    return _metric(deployment.names.metric_namespace, name, {"Agent": agent, "Effect": effect}, "Sum", label)


def interceptor(deployment: Deployment, name: str, statistic: str, label: str) -> cloudwatch.Metric:
    """A Lambda metric of the interceptor function."""
    return _metric(
        "AWS/Lambda", name, {"FunctionName": deployment.names.function(INTERCEPTOR)}, statistic, label
    )


def total(label: str, **metrics: cloudwatch.Metric) -> cloudwatch.MathExpression:
    """The sum of metrics, a missing one counting as nothing."""
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in metrics),
        using_metrics=dict(metrics),
        period=PERIOD,
        label=label,
    )
