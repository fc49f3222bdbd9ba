"""Pieces of a dashboard: graphs in rows of 24 columns, a header with links, a log query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.components.runbook import Entry, link
from stacks.deployment import Deployment

_T = TypeVar("_T")

COLUMNS = 24
LINES = 50
"""Lines of one graph: CloudWatch draws 500, people read fewer."""
ALARMS = 100
"""Alarms of one status widget (Amazon CloudWatch API Reference: dashboard body, alarm widget)."""


def batches(items: Sequence[_T], size: int) -> list[Sequence[_T]]:
    """The items in order, at most `size` at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    *,
    width: int,
    right: Sequence[cloudwatch.IMetric] = (),
    limit: cloudwatch.HorizontalAnnotation | None = None,
) -> cloudwatch.GraphWidget:
    """A graph of metrics over time; `limit` is a line across it at the left axis."""
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=list(right),
        left_annotations=[limit] if limit else [],
        width=width,
    )


def graphs(title: str, left: Sequence[cloudwatch.IMetric], *, width: int) -> Iterator[cloudwatch.GraphWidget]:
    """As many graphs as the lines need."""
    parts = batches(left, LINES)
    for index, part in enumerate(parts, start=1):
        yield graph(title if len(parts) == 1 else f"{title} ({index}/{len(parts)})", part, width=width)


def threshold(value: float, label: str) -> cloudwatch.HorizontalAnnotation:
    return cloudwatch.HorizontalAnnotation(value=value, label=label)


def alarms(found: Sequence[cloudwatch.IAlarm]) -> Iterator[list[cloudwatch.IWidget]]:
    """Rows with the state of every alarm."""
    for part in batches(found, ALARMS):
        yield [cloudwatch.AlarmStatusWidget(title="alarms", alarms=list(part), width=COLUMNS, height=4)]


def text(*paragraphs: str, height: int) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown="\n\n".join(paragraphs), width=COLUMNS, height=height)


def header(deployment: Deployment, title: str) -> cloudwatch.TextWidget:
    """What this is, and where to read on: logs in the console, the runbook where the environment has it."""
    names, region = deployment.names, deployment.environment.region
    groups = [
        ("agents", names.runtime_log_groups()),
        ("functions", names.function_log_group("")),
        ("gateway access", names.vended_log_group("gateway", "")),
        ("agent access", names.vended_log_group("runtime", "")),
    ]
    if any(agent.parts.memory for agent in deployment.system.agents):
        groups.append(("memory access", names.vended_log_group("memory", "")))
    logs = " · ".join(f"[{label}]({_log_groups(region, prefix)})" for label, prefix in groups)
    first = next(iter(Entry))
    runbook = link(deployment, first).partition("#")[0]
    return text(f"# {title}", f"Logs: {logs}", f"[Runbook]({runbook})", height=4)


def _log_groups(region: str, prefix: str) -> str:
    """The console's list of log groups that begin with `prefix`; it wants `/` escaped twice."""
    return (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups"
        f"$3FlogGroupNameFilter$3D{prefix.replace('/', '$252F')}"
    )


def dashboard_address(deployment: Deployment, name: str) -> str:
    """The page of a dashboard in the console."""
    region = deployment.environment.region
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards:name={name}"


def query(title: str, log_group: str, *lines: str, width: int) -> cloudwatch.LogQueryWidget:
    """A table made of a log by CloudWatch Logs Insights, when the dashboard is looked at."""
    return cloudwatch.LogQueryWidget(
        title=title,
        log_group_names=[log_group],
        query_lines=list(lines),
        view=cloudwatch.LogQueryVisualizationType.TABLE,
        width=width,
        height=6,
    )
