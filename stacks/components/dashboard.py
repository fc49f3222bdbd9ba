"""The dashboard of one system in one environment: what an operator looks at first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from governance.model import PolicyMode
from governance.names import INTERCEPTOR
from stacks.components import metrics, widgets
from stacks.components.gateway_watch import SLOW_MS
from stacks.components.memory_row import memory_rows
from stacks.components.runtime_watch import failures
from stacks.deployment import Deployment

Widget = cloudwatch.IWidget


class SystemDashboard(Construct):
    """A row per agent, memory and hosted server, then gateway, policy engine and cost. Runtimes are given by name.

    Four widgets and fourteen metrics of an agent, three and thirteen of a memory: of the 500 and 2500 that CloudWatch
    allows (Amazon CloudWatch User Guide: service quotas), a system that is not split needs less than a third.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        gateway: agentcore.CfnGateway,
        agents: Mapping[str, metrics.Runtime],
        servers: Mapping[str, metrics.Runtime],
        alarms: Sequence[cloudwatch.IAlarm],
        elsewhere: Mapping[str, Sequence[str]],
    ) -> None:
        """`elsewhere` are the agents on dashboards of their shard, by its label."""
        super().__init__(scope, construct_id)
        title = f"{deployment.system.title}, {deployment.environment.name}"
        rows: list[list[Widget]] = [
            [widgets.header(deployment, title)],
            *widgets.alarms(alarms),
            *_links(deployment, elsewhere),
            *(agent_row(deployment, agent, runtime) for agent, runtime in agents.items()),
            *memory_rows(deployment, agents),
            *(server_row(package, runtime) for package, runtime in servers.items()),
            *_gateway_rows(deployment, gateway),
            _policy_row(deployment, gateway.attr_gateway_identifier),
            *_cost_rows(deployment, {**agents, **servers}),
        ]
        _dashboard(self, "Dashboard", deployment.names.dashboard, rows)


class AgentsDashboard(Construct):
    """The agents of one shard, `label`, with their alarms and what they use."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        label: str,
        agents: Mapping[str, metrics.Runtime],
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        title = f"{deployment.system.title}, {deployment.environment.name}: agents {label}"
        rows: list[list[Widget]] = [
            [widgets.header(deployment, title)],
            *widgets.alarms(alarms),
            *(agent_row(deployment, agent, runtime) for agent, runtime in agents.items()),
            *memory_rows(deployment, agents),
            _usage(agents, width=12),
        ]
        _dashboard(self, "Dashboard", deployment.names.agents_dashboard(label), rows)


def _dashboard(scope: Construct, construct_id: str, name: str, rows: Sequence[Sequence[Widget]]) -> None:
    dashboard = cloudwatch.Dashboard(scope, construct_id, dashboard_name=name, default_interval=None)
    for row in rows:
        dashboard.add_widgets(*row)


def _links(deployment: Deployment, elsewhere: Mapping[str, Sequence[str]]) -> Iterator[list[Widget]]:
    """Where each agent of a split system is."""
    if elsewhere:
        lines = [
            f"- [{label}]({widgets.dashboard_address(deployment, deployment.names.agents_dashboard(label))}): "
            f"{', '.join(agents)}"
            for label, agents in elsewhere.items()
            if agents
        ]
        yield [widgets.text("## Agents", "\n".join(lines), height=2 + len(lines))]


def agent_row(deployment: Deployment, agent: str, runtime: metrics.Runtime) -> list[Widget]:
    """Requests with errors and refusals, latency, sessions, tokens."""
    limit = deployment.environment.alarms.latency_p95_ms
    refused = metrics.decisions_of(deployment, agent, "Denied", "deny", "refused by the interceptor")
    return [
        _requests(agent, runtime, refused, width=6),
        _latency(agent, runtime, widgets.threshold(limit, "alarm at p95"), width=6),
        widgets.graph(
            f"{agent}: new sessions",
            # The guide's table and accounts as they are seen name it differently; one line stays empty.
            [runtime.metric(name, "Sum", name) for name in ("Sessions", "SessionCount")],
            width=6,
        ),
        widgets.graph(
            f"{agent}: tokens",
            [
                metrics.tokens(deployment, agent, metrics.INPUT_TOKENS, "input"),
                metrics.tokens(deployment, agent, metrics.OUTPUT_TOKENS, "output"),
            ],
            width=6,
        ),
    ]


def server_row(package: str, runtime: metrics.Runtime) -> list[Widget]:
    """A hosted tool server: the gateway is its only caller."""
    return [_requests(package, runtime, width=12), _latency(package, runtime, width=12)]


def _requests(
    title: str, runtime: metrics.Runtime, *more: cloudwatch.IMetric, width: int
) -> cloudwatch.GraphWidget:
    return widgets.graph(
        f"{title}: requests and errors",
        [
            runtime.metric("Invocations", "Sum", "requests"),
            runtime.metric("SystemErrors", "Sum", "system errors"),
            runtime.metric("UserErrors", "Sum", "user errors"),
            runtime.metric("Throttles", "Sum", "throttled"),
            *more,
        ],
        right=[failures(runtime, "failed (%, right axis)")],
        width=width,
    )


def _latency(
    title: str, runtime: metrics.Runtime, limit: cloudwatch.HorizontalAnnotation | None = None, *, width: int
) -> cloudwatch.GraphWidget:
    lines = [runtime.metric("Latency", statistic, statistic) for statistic in ("p50", "p95")]
    return widgets.graph(f"{title}: latency (ms)", lines, limit=limit, width=width)


def _gateway_rows(deployment: Deployment, resource: agentcore.CfnGateway) -> Iterator[list[Widget]]:
    arn = resource.attr_gateway_arn

    def metric(name: str, statistic: str, label: str) -> cloudwatch.Metric:
        return metrics.gateway(arn, name, statistic, label)

    tools = [metrics.calls(arn, tool.full_name) for tool in deployment.system.tools]
    yield [
        *widgets.graphs("gateway: calls per tool", tools, width=8),
        widgets.graph(
            "gateway: requests and errors",
            [
                metric("Invocations", "Sum", "requests"),
                metric("SystemErrors", "Sum", "system errors"),
                metric("UserErrors", "Sum", "user errors"),
                metric("Throttles", "Sum", "throttled"),
            ],
            width=8,
        ),
        widgets.graph(
            "gateway: latency (ms)",
            [
                metric("Latency", "p50", "p50"),
                metric("Latency", "p95", "p95"),
                metric("TargetExecutionTime", "p95", "target p95"),
            ],
            width=8,
        ),
    ]
    yield [
        widgets.graph(
            "interceptor: allowed and refused",
            [
                metrics.decisions(deployment, "Allowed", "allow", "Sum", "allowed"),
                metrics.decisions(deployment, "Denied", "deny", "Sum", "refused"),
                *_shadow(deployment),
            ],
            limit=widgets.threshold(deployment.environment.alarms.refusals, "alarm at refused"),
            width=8,
        ),
        widgets.graph(
            "interceptor: time to decide (µs)",
            [
                metrics.decisions(deployment, "DecisionMicros", "allow", "p50", "allowed p50"),
                metrics.decisions(deployment, "DecisionMicros", "allow", "p99", "allowed p99"),
                metrics.decisions(deployment, "DecisionMicros", "deny", "p99", "refused p99"),
            ],
            width=8,
        ),
        widgets.graph(
            "interceptor: duration (ms) and failures",
            [metrics.interceptor(deployment, "Duration", "p99", "p99")],
            right=[
                metrics.interceptor(deployment, "Errors", "Sum", "errors"),
                metrics.interceptor(deployment, "Throttles", "Sum", "throttled"),
                metrics.interceptor(deployment, "ConcurrentExecutions", "Maximum", "at once"),
            ],
            limit=widgets.threshold(SLOW_MS, "alarm at p99"),
            width=8,
        ),
    ]
    yield [
        widgets.query(
            "interceptor: what is refused, and why",
            deployment.names.function_log_group(INTERCEPTOR),
            'filter event = "decision" and effect = "deny"',
            "stats count(*) as refused by agent, tool, reason, detail",
            "sort refused desc",
            "limit 50",
            width=widgets.COLUMNS,
        )
    ]


def _shadow(deployment: Deployment) -> list[cloudwatch.IMetric]:
    """What only grants in shadow mode let through, where there are any: nothing else publishes it."""
    if not any(grant.shadow for agent in deployment.system.agents for grant in agent.grants):
        return []
    label = "allowed in shadow mode only"
    return [metrics.decisions(deployment, "ShadowRefused", "allow", "Sum", label)]


def _policy_row(deployment: Deployment, gateway_id: str) -> list[Widget]:
    """Decisions in the declared mode, their time, and decisions in the other mode: there should be none.

    Each graph shows one dimension set; sets overlap and are never added up.
    """
    declared = deployment.environment.policy_mode
    other = PolicyMode.LOG_ONLY if declared is PolicyMode.ENFORCE else PolicyMode.ENFORCE

    def metric(mode: PolicyMode, name: str, statistic: str, label: str) -> cloudwatch.Metric:
        return metrics.policy(gateway_id, mode, name, statistic, label)

    def decisions(mode: PolicyMode) -> list[cloudwatch.Metric]:
        return [
            metric(mode, "AllowDecisions", "Sum", "allowed"),
            metric(mode, "DenyDecisions", "Sum", "denied"),
        ]

    return [
        widgets.graph(f"policy engine: decisions ({declared})", decisions(declared), width=8),
        widgets.graph(
            "policy engine: latency (ms)",
            [
                metric(declared, "Latency", "p50", "p50"),
                metric(declared, "Latency", "p95", "p95"),
            ],
            width=8,
        ),
        widgets.graph(f"policy engine: decisions in {other}, not as declared", decisions(other), width=8),
    ]


def _cost_rows(deployment: Deployment, runtimes: Mapping[str, metrics.Runtime]) -> Iterator[list[Widget]]:
    """What is billed by use: no prices, which change and differ by contract."""
    yield [
        widgets.text(
            "## Cost",
            f"Usage, not prices. The budget is {deployment.environment.budget_usd} US dollars a month; it sees "
            "tagged resources, so the models' tokens below are not in it. AWS publishes estimated charges of "
            "whole accounts only, and only in us-east-1, so they are not shown here. Usage of runtimes arrives "
            "up to an hour late. Tokens by model are the account's, whoever called it.",
            height=3,
        )
    ]
    tiers = {agent.model for agent in deployment.system.agents}
    tokens = [
        metrics.model(model, name, f"{model} {label}")
        for model in sorted({deployment.environment.models[tier].model_id for tier in tiers})
        for name, label in (("InputTokenCount", "input"), ("OutputTokenCount", "output"))
    ]
    yield [*_usage(runtimes, width=8), *widgets.graphs("models: tokens in the account", tokens, width=8)]


def _usage(runtimes: Mapping[str, metrics.Runtime], *, width: int) -> list[Widget]:
    return [
        widget
        for title, name in (
            ("runtimes: vCPU-hours", "CPUUsed-vCPUHours"),
            ("runtimes: GB-hours", "MemoryUsed-GBHours"),
        )
        for widget in widgets.graphs(
            title, [runtime.usage(name, label) for label, runtime in runtimes.items()], width=width
        )
    ]
