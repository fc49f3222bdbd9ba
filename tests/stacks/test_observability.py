"""What operators see is what somebody publishes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.model import Project
from tests.assembly_fixture import ROOT
from tests.stacks.published_metrics import AGENTCORE, NEVER_PUBLISHED, POLICY, PUBLISHED
from tests.stacks.templates import Stage, joined
from tests.stacks.watched import Metric, alarms, dashboard, shown, titled, watched


def every_metric(stage: Stage) -> Iterator[Metric]:
    for widget in dashboard(stage):
        yield from shown(widget)
    for alarm in alarms(stage).values():
        yield from watched(alarm).values()


def test_no_graph_or_alarm_waits_for_a_metric_nobody_publishes(stages: list[Stage]) -> None:
    for stage in stages:
        found = list(every_metric(stage))
        assert len(found) > 80
        for metric in found:
            own = metric.namespace.startswith("Airside/")
            published = PUBLISHED["Airside" if own else metric.namespace]
            assert metric.name in published.get(frozenset(metric.dimensions), ()), metric


def test_the_librarys_names_of_policy_metrics_are_nowhere(stages: list[Stage]) -> None:
    for stage in stages:
        text = json.dumps(stage.templates)
        assert [name for name in NEVER_PUBLISHED if f'"{name}"' in text or f'\\"{name}\\"' in text] == []


def test_the_published_names_are_those_of_the_contracts() -> None:
    contracts = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    section = contracts.partition("## 9. Observability")[2].partition("\n## ")[0]
    # The guide's tables print some names with spaces, and say so.
    joined = section.replace(" ", "")
    names = set().union(*AGENTCORE.values())
    assert [name for name in sorted(names) if name not in joined] == []
    assert [name for name in sorted(NEVER_PUBLISHED) if f"`{name}`" not in section] == []


def test_policy_decisions_are_read_where_the_service_writes_them(
    stages: list[Stage], project: Project
) -> None:
    for stage in stages:
        metrics = [metric for metric in every_metric(stage) if "Decisions" in metric.name]
        assert {metric.name for metric in metrics} == {"AllowDecisions", "DenyDecisions"}
        for metric in metrics:
            assert frozenset(metric.dimensions) == POLICY
            assert metric.dimensions["OperationName"] == "AuthorizeAction"
            assert "GatewayIdentifier" in metric.dimensions["TargetResource"]


def test_streams_of_two_dimension_sets_are_never_added_up(stages: list[Stage]) -> None:
    """They overlap: a sum would count a decision twice."""
    for stage in stages:
        for name, alarm in alarms(stage).items():
            policy = [item.dimensions for item in watched(alarm).values() if "Mode" in item.dimensions]
            assert all(dimensions == policy[0] for dimensions in policy), name
        for widget in dashboard(stage):
            policy = [item.dimensions for item in shown(widget) if "Mode" in item.dimensions]
            assert all(dimensions == policy[0] for dimensions in policy), widget["properties"]["title"]


def test_refusals_are_read_where_the_interceptor_writes_them(dev: Stage) -> None:
    (denied,) = watched(alarms(dev)["airline-dev-interceptor-refusals"]).values()
    function = dev.one("AWS::Lambda::Function", Function="gateway_interceptor").properties
    assert denied.namespace == function["Environment"]["Variables"]["METRIC_NAMESPACE"]
    assert (denied.name, denied.dimensions) == ("Denied", {"Effect": "deny"})


def test_tokens_are_counted_in_the_log_the_agent_writes(dev: Stage, project: Project) -> None:
    filters = [
        item
        for item in dev.resources("AWS::Logs::MetricFilter")
        if item.properties["MetricTransformations"][0]["MetricName"] != "MemoryFailures"
    ]
    assert len(filters) == 2 * len(project.system("airline").agents)
    for item in filters:
        (made,) = item.properties["MetricTransformations"]
        assert item.properties["FilterPattern"] == '{ $.event = "tokens_used" }'
        field = {"InputTokens": "$.input_tokens", "OutputTokens": "$.output_tokens"}[made["MetricName"]]
        assert (made["MetricValue"], made["Dimensions"]) == (field, [{"Key": "Agent", "Value": "$.agent"}])
        # The group of the endpoint that callers use; the other one, DEFAULT, is for trying things out.
        name = joined(item.properties["LogGroupName"])
        assert re.fullmatch(r"/aws/bedrock-agentcore/runtimes/<import [\w:-]+AgentRuntimeId\w+>-dev", name), (
            name
        )
    for agent in project.system("airline").agents:
        lines = list(shown(titled(dev, f"{agent.name}: tokens")))
        assert {line.namespace for line in lines} == {"Airside/airline-dev"}
        assert [line.dimensions for line in lines] == [{"Agent": agent.name}] * 2


def test_a_memory_that_cannot_be_read_or_written_is_told_to_nobody(
    stages: list[Stage], kinds_assembly: Path
) -> None:
    """By what the agent itself writes, where it has a memory; an agent without one has no such alarm."""
    written = (ROOT / "agent_src" / "agent_common" / "remembering.py").read_text(encoding="utf-8")
    told = {"memory_unavailable", "memory_not_kept"}
    assert all(f'telemetry.log("{event}"' in written for event in told)
    for stage in (
        *stages,
        Stage.read(kinds_assembly, "market-dev"),
        Stage.read(kinds_assembly, "garden-dev"),
    ):
        prefix = stage.folder.name.removeprefix("assembly-")
        agents = {str(each.declared["Agent"]) for each in stage.resources("AWS::BedrockAgentCore::Memory")}
        found = {name: alarm for name, alarm in alarms(stage).items() if "-memory-" in name}
        assert set(found) == {f"{prefix}-memory-{agent}-unavailable" for agent in agents}
        filters = [
            item
            for item in stage.resources("AWS::Logs::MetricFilter")
            if item.properties["MetricTransformations"][0]["MetricName"] == "MemoryFailures"
        ]
        assert len(filters) == len(agents)
        for alarm, item in zip(found.values(), filters, strict=True):
            (metric,) = watched(alarm).values()
            (made,) = item.properties["MetricTransformations"]
            assert (metric.namespace, metric.statistic) == (made["MetricNamespace"], "Sum")
            assert set(metric.dimensions) == {each["Key"] for each in made["Dimensions"]} == {"Agent"}
            assert (
                alarm.properties["AlarmName"] == f"{prefix}-memory-{metric.dimensions['Agent']}-unavailable"
            )
            assert set(re.findall(r'\$\.event = "(\w+)"', item.properties["FilterPattern"])) == told
            assert (alarm.properties["DatapointsToAlarm"], alarm.properties["Threshold"]) == (2, 1)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_models_tokens_are_those_of_the_models_the_agents_use(
    stages: list[Stage], project: Project, environment: str
) -> None:
    (stage,) = [item for item in stages if item.folder.name.endswith(f"airline-{environment}")]
    used = {item.dimensions["ModelId"] for item in every_metric(stage) if item.namespace == "AWS/Bedrock"}
    assert used == {setting.model_id for setting in project.environment(environment).models.values()}
