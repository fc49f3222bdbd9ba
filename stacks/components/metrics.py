"""Metrics by the names and dimensions the services publish (contracts §9).

The library's helpers for the policy engine use names that are never published; these are the guide's. Streams
of two dimension sets overlap, so nothing here adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from governance.model import PolicyMode
from governance.names import INTERCEPTOR
from stacks.deployment import Deployment

SERVICE = "AWS/Bedrock-AgentCore"
MODELS = "AWS/Bedrock"
PERIOD = cdk.Duration.minutes(5)

INPUT_TOKENS = "InputTokens"
OUTPUT_TOKENS = "OutputTokens"
"""Metrics made of the agents' own log: the service publishes tokens by model, not by agent."""

MEMORY_FAILURES = "MemoryFailures"
"""Of the same log: talks whose memory could not be read, or written."""


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


@dataclass(frozen=True)
class Memory:
    """An agent's memory as its metrics name it, with the operations that the agent uses."""

    arn: str
    operations: tuple[str, ...]

    def metric(self, operation: str, name: str, statistic: str, label: str) -> cloudwatch.Metric:
        return _metric(SERVICE, name, {"Operation": operation, "Resource": self.arn}, statistic, label)


@dataclass(frozen=True)
class Runtime:
    """A runtime as its metrics name it, at the endpoint callers use. `name` is the runtime's own.

    `memory` is the agent's, where it has one.
    """

    name: str
    endpoint: str
    arn: str
    memory: Memory | None = None

    def metric(self, name: str, statistic: str, label: str) -> cloudwatch.Metric:
        dimensions = {
            "Operation": "InvokeAgentRuntime",
            "Name": f"{self.name}::{self.endpoint}",
            "Resource": self.arn,
        }
        return _metric(SERVICE, name, dimensions, statistic, label)

    def usage(self, name: str, label: str) -> cloudwatch.Metric:
        """What it used, at all endpoints: `CPUUsed-vCPUHours`, `MemoryUsed-GBHours`; up to an hour late."""
        dimensions = {"Service": "AgentCore.Runtime", "Resource": self.arn}
        return _metric(SERVICE, name, dimensions, "Sum", label)


def tokens(deployment: Deployment, agent: str, name: str, label: str) -> cloudwatch.Metric:
    """Tokens of one agent: `InputTokens` or `OutputTokens`, from its own log."""
    return _metric(deployment.names.metric_namespace, name, {"Agent": agent}, "Sum", label)


def memory_failures(deployment: Deployment, agent: str, label: str) -> cloudwatch.Metric:
    """How often an agent could not read or keep what was said; published by an agent with a memory only."""
    return _metric(deployment.names.metric_namespace, MEMORY_FAILURES, {"Agent": agent}, "Sum", label)


def model(model_id: str, name: str, label: str) -> cloudwatch.Metric:
    """`InputTokenCount` or `OutputTokenCount` of a model, whoever in the account called it."""
    return _metric(MODELS, name, {"ModelId": model_id}, "Sum", label)


def gateway(arn: str, name: str, statistic: str, label: str) -> cloudwatch.Metric:
    dimensions = {"Operation": "InvokeGateway", "Protocol": "MCP", "Resource": arn}
    return _metric(SERVICE, name, dimensions, statistic, label)


def calls(arn: str, tool: str) -> cloudwatch.Metric:
    """Calls of one tool, `target___tool`."""
    dimensions = {
        "Operation": "InvokeGateway",
        "Protocol": "MCP",
        "Method": "tools/call",
        "Resource": arn,
        "Name": tool,
    }
    return _metric(SERVICE, "Invocations", dimensions, "Sum", tool)


def policy(gateway_id: str, mode: PolicyMode, name: str, statistic: str, label: str) -> cloudwatch.Metric:
    """A metric of the policy engine's decisions about calls; deciding a listing is another operation."""
    dimensions = {"TargetResource": gateway_id, "OperationName": "AuthorizeAction", "Mode": str(mode)}
    return _metric(SERVICE, name, dimensions, statistic, label)


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


def undelivered(rule: str) -> cloudwatch.Metric:
    """Events an EventBridge rule matched and could not hand on."""
    return _metric("AWS/Events", "FailedInvocations", {"RuleName": rule}, "Sum", rule)


def total(label: str, **metrics: cloudwatch.Metric) -> cloudwatch.MathExpression:
    """The sum of metrics, a missing one counting as nothing."""
    return _expression(_sum(metrics), label, metrics)


def percent(label: str, *, of: cloudwatch.Metric, **metrics: cloudwatch.Metric) -> cloudwatch.MathExpression:
    """The sum of metrics in percent of another; nothing where that one is missing or 0."""
    return _expression(f"100 * ({_sum(metrics)}) / whole", label, {**metrics, "whole": of})


def _sum(metrics: dict[str, cloudwatch.Metric]) -> str:
    return " + ".join(f"FILL({name}, 0)" for name in metrics)


def _expression(text: str, label: str, metrics: dict[str, cloudwatch.Metric]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=text, using_metrics=dict(metrics), period=PERIOD, label=label)
