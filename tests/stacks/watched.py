"""Reads dashboards and alarms of a stage as what they watch: metrics with namespace, name and dimensions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stacks.templates import Resource, Stage, joined


@dataclass(frozen=True)
class Metric:
    """`dimensions` may hold unresolved values, as text."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str


def text(value: Any) -> str:
    return value if isinstance(value, str) else joined(value)


def widgets(dashboard: Resource) -> list[dict[str, Any]]:
    body = json.loads(joined(dashboard.properties["DashboardBody"]))
    found: list[dict[str, Any]] = body["widgets"]
    return found


def dashboard(stage: Stage) -> list[dict[str, Any]]:
    """The widgets of the stage's one dashboard."""
    return widgets(stage.one("AWS::CloudWatch::Dashboard"))


def titled(stage: Stage, title: str) -> dict[str, Any]:
    (found,) = [item for item in dashboard(stage) if item["properties"].get("title") == title]
    return found


def shown(widget: Mapping[str, Any]) -> Iterator[Metric]:
    """The metrics of a graph; a dot repeats what the line before has in its place."""
    before: list[str] = []
    for line in widget["properties"].get("metrics", []):
        *words, options = line if isinstance(line[-1], dict) else [*line, {}]
        if not words:
            continue  # An expression over other lines.
        words = [before[place] if word == "." else word for place, word in enumerate(words)]
        before = words
        namespace, name, *pairs = words
        yield Metric(
            namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True)), options.get("stat", "Average")
        )


def alarms(stage: Stage) -> dict[str, Resource]:
    return {str(item.properties["AlarmName"]): item for item in stage.resources("AWS::CloudWatch::Alarm")}


def expression(alarm: Resource) -> str:
    """The formula an alarm watches, or nothing where it watches one metric."""
    (found,) = [item for item in alarm.properties["Metrics"] if item["ReturnData"]]
    return str(found.get("Expression", ""))


def watched(alarm: Resource) -> dict[str, Metric]:
    """The metrics of an alarm by their id in its formula."""
    return {
        item["Id"]: Metric(
            item["MetricStat"]["Metric"]["Namespace"],
            item["MetricStat"]["Metric"]["MetricName"],
            {
                dimension["Name"]: text(dimension["Value"])
                for dimension in item["MetricStat"]["Metric"]["Dimensions"]
            },
            item["MetricStat"]["Stat"],
        )
        for item in alarm.properties["Metrics"]
        if "MetricStat" in item
    }
