"""One dashboard of a system: a row per agent, then gateway, policy engine and interceptor."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.components import metrics
from stacks.components.agent_runtime import AgentRuntime
from stacks.deployment import Deployment
from stacks.gateway_stack import GatewayStack

_WIDTH = 8


class SystemDashboard(Construct):
    """What an operator looks at first."""

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
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=deployment.names.dashboard, default_interval=None
        )
        for agent, runtime in runtimes.items():
            dashboard.add_widgets(*_agent_row(deployment, agent, runtime))
        dashboard.add_widgets(*_gateway_row(gateway))
        dashboard.add_widgets(*_decision_row(deployment, gateway))
        dashboard.add_widgets(*_interceptor_row(deployment))


def _graph(title: str, *left: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(left), width=_WIDTH)


def _agent_row(
    deployment: Deployment, agent: str, runtime: AgentRuntime
) -> tuple[cloudwatch.GraphWidget, ...]:
    def metric(name: str, statistic: str, label: str) -> cloudwatch.Metric:
        return metrics.runtime(deployment, agent, runtime.runtime, name, statistic, label)

    return (
        _graph(f"{agent}: invocations", metric("Invocations", "Sum", "invocations")),
        _graph(f"{agent}: latency (ms)", metric("Latency", "p50", "p50"), metric("Latency", "p95", "p95")),
        _graph(
            f"{agent}: errors and refusals",
            metric("SystemErrors", "Sum", "system errors"),
            metric("UserErrors", "Sum", "user errors"),
            metric("Throttles", "Sum", "throttled"),
            metrics.decisions_of(deployment, agent, "Denied", "deny", "refused by the interceptor"),
        ),
    )


def _gateway_row(gateway: GatewayStack) -> tuple[cloudwatch.GraphWidget, ...]:
    def metric(name: str, statistic: str, label: str) -> cloudwatch.Metric:
        return metrics.gateway(gateway.gateway, name, statistic, label)

    return (
        _graph("gateway: invocations", metric("Invocations", "Sum", "invocations")),
        _graph(
            "gateway: latency (ms)",
            metric("Latency", "p50", "p50"),
            metric("Latency", "p95", "p95"),
            metric("TargetExecutionTime", "p95", "target p95"),
        ),
        _graph(
            "gateway: errors",
            metric("SystemErrors", "Sum", "system errors"),
            metric("UserErrors", "Sum", "user errors"),
            metric("Throttles", "Sum", "throttled"),
        ),
    )


def _decision_row(deployment: Deployment, gateway: GatewayStack) -> tuple[cloudwatch.GraphWidget, ...]:
    return (
        _graph(
            "policy engine: decisions",
            metrics.policy(deployment, gateway.gateway, "AllowDecisions", "allowed"),
            metrics.policy(deployment, gateway.gateway, "DenyDecisions", "denied"),
        ),
        _graph(
            "interceptor: decisions",
            metrics.decisions(deployment, "Allowed", "allow", "Sum", "allowed"),
            metrics.decisions(deployment, "Denied", "deny", "Sum", "denied"),
        ),
        _graph(
            "interceptor: time to decide (µs)",
            metrics.decisions(deployment, "DecisionMicros", "allow", "p50", "allowed p50"),
            metrics.decisions(deployment, "DecisionMicros", "allow", "p99", "allowed p99"),
            metrics.decisions(deployment, "DecisionMicros", "deny", "p99", "denied p99"),
        ),
    )


def _interceptor_row(deployment: Deployment) -> tuple[cloudwatch.GraphWidget, ...]:
    return (
        _graph(
            "interceptor: failures",
            metrics.interceptor(deployment, "Errors", "Sum", "errors"),
            metrics.interceptor(deployment, "Throttles", "Sum", "throttled"),
        ),
        _graph("interceptor: duration (ms)", metrics.interceptor(deployment, "Duration", "p95", "p95")),
        _graph(
            "interceptor: concurrency",
            metrics.interceptor(deployment, "ConcurrentExecutions", "Maximum", "in use"),
        ),
    )
