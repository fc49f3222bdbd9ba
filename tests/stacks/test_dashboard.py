"""The dashboard: a row for everything, room for many agents, links that lead somewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_bedrockagentcore as agentcore

from governance.model import Project
from governance.shadow import Shadow, WouldRefuse
from stacks.assets import Assets
from stacks.components.dashboard import AgentsDashboard, SystemDashboard
from stacks.components.metrics import Runtime
from stacks.deployment import Deployment
from tests.stacks.templates import Resource, Stage, joined
from tests.stacks.watched import dashboard, shown, titled, widgets


def titles(stage: Stage) -> list[str]:
    return [str(widget["properties"].get("title", "")) for widget in dashboard(stage)]


def test_every_agent_has_a_row(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        for agent in project.system("airline").agents:
            row = [
                widget
                for widget in dashboard(stage)
                if widget["properties"].get("title", "").startswith(f"{agent.name}:")
            ]
            assert [widget["properties"]["title"] for widget in row] == [
                f"{agent.name}: requests and errors",
                f"{agent.name}: latency (ms)",
                f"{agent.name}: new sessions",
                f"{agent.name}: tokens",
            ]
            assert len({widget["y"] for widget in row}) == 1
            latency = {item.statistic for item in shown(row[1])}
            assert latency == {"p50", "p95"}


def test_a_memory_has_no_row_or_shows_what_its_agent_may_not_do(dev: Stage) -> None:
    memory = dev.one("AWS::BedrockAgentCore::Memory", Agent="orchestrator")
    rows = [each for each in dashboard(dev) if each["properties"].get("title", "").startswith("memory of")]
    assert [each["properties"]["title"] for each in rows] == [
        "memory of orchestrator: uses",
        "memory of orchestrator: failures",
        "memory of orchestrator: latency p95 (ms)",
    ]
    for row in rows:
        operations = {item.dimensions["Operation"] for item in shown(row) if "Operation" in item.dimensions}
        assert operations == {"CreateEvent", "ListEvents"}
        assert all(memory.id in item.dimensions.get("Resource", memory.id) for item in shown(row))


def test_every_tool_is_a_line_of_the_gateways_row(dev: Stage, project: Project) -> None:
    lines = {item.dimensions["Name"]: item for item in shown(titled(dev, "gateway: calls per tool"))}
    assert set(lines) == {tool.full_name for tool in project.system("airline").tools}
    assert {item.dimensions["Method"] for item in lines.values()} == {"tools/call"}


def test_allowed_refused_and_the_time_for_it_are_shown(stages: list[Stage]) -> None:
    for stage in stages:
        names = {item.name for item in shown(titled(stage, "interceptor: allowed and refused"))}
        assert names == {"Allowed", "Denied"}
        micros = shown(titled(stage, "interceptor: time to decide (µs)"))
        assert {item.statistic for item in micros} == {"p50", "p99"}


def test_what_is_refused_and_why_is_read_from_the_decisions(stages: list[Stage]) -> None:
    for stage in stages:
        query = titled(stage, "interceptor: what is refused, and why")["properties"]["query"]
        group = stage.one("AWS::Lambda::Function", Function="gateway_interceptor").properties["LoggingConfig"]
        named = [
            item.properties["LogGroupName"]
            for item in stage.resources("AWS::Logs::LogGroup")
            if item.id == group["LogGroup"]["Ref"]
        ]
        assert query.startswith(f"SOURCE '{named[0]}'")
        assert 'effect = "deny"' in query


def test_policy_decisions_are_shown_in_the_declared_mode_and_in_the_other(dev: Stage) -> None:
    declared = shown(titled(dev, "policy engine: decisions (ENFORCE)"))
    other = shown(titled(dev, "policy engine: decisions in LOG_ONLY, not as declared"))
    assert {item.dimensions["Mode"] for item in declared} == {"ENFORCE"}
    assert {item.dimensions["Mode"] for item in other} == {"LOG_ONLY"}


def test_the_gateways_latency_does_not_tell_what_its_targets_take(stages: list[Stage]) -> None:
    for stage in stages:
        lines = [(each.name, each.statistic) for each in shown(titled(stage, "gateway: latency (ms)"))]
        assert lines == [("Latency", "p50"), ("Latency", "p95"), ("TargetExecutionTime", "p95")]


def test_cost_is_usage_without_prices_or_other_accounts_bills(stages: list[Stage], project: Project) -> None:
    agents = {agent.name for agent in project.system("airline").agents}
    for stage in stages:
        for title in ("runtimes: vCPU-hours", "runtimes: GB-hours"):
            widget = titled(stage, title)
            assert {line[-1]["label"] for line in widget["properties"]["metrics"]} == agents
        body = json.dumps(dashboard(stage))
        assert "AWS/Billing" not in body
        assert "EstimatedCharges" not in body
        (cost,) = [
            item["properties"]["markdown"]
            for item in dashboard(stage)
            if item["type"] == "text" and "## Cost" in item["properties"]["markdown"]
        ]
        assert "us-east-1" in cost


def test_the_header_links_to_this_systems_logs_and_the_runbook(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        environment = project.environment(stage.folder.name.rsplit("-", 1)[1])
        header = dashboard(stage)[0]
        assert (header["type"], header["x"], header["y"]) == ("text", 0, 0)
        text = header["properties"]["markdown"]
        assert f"]({environment.alarms.runbook_url})" in text
        # Every log group of the stage begins with one of the linked prefixes.
        prefixes = [
            part.partition(")")[0].replace("$252F", "/") for part in text.split("logGroupNameFilter$3D")[1:]
        ]
        assert len(prefixes) == 5
        runtimes = {
            f"<{item.id}.AgentRuntimeId>": item.properties["AgentRuntimeName"]
            for item in stage.resources("AWS::BedrockAgentCore::Runtime")
        }
        for group in stage.resources("AWS::Logs::LogGroup"):
            name = joined(group.properties["LogGroupName"])
            for token, runtime in runtimes.items():
                name = name.replace(token, runtime)
            assert any(name.startswith(prefix) for prefix in prefixes), name


def test_every_alarm_is_on_the_dashboard(stages: list[Stage]) -> None:
    for stage in stages:
        (widget,) = [item for item in dashboard(stage) if item["type"] == "alarm"]
        assert len(widget["properties"]["alarms"]) == len(stage.resources("AWS::CloudWatch::Alarm"))


def test_every_widget_has_its_own_place(stages: list[Stage]) -> None:
    for stage in stages:
        taken = [
            (x, y)
            for item in dashboard(stage)
            for x in range(item["x"], item["x"] + item["width"])
            for y in range(item["y"], item["y"] + item["height"])
        ]
        assert len(set(taken)) == len(taken)
        assert max(x for x, _ in taken) < 24


def made(deployment: Deployment, agents: dict[str, Runtime]) -> dict[str, list[dict[str, Any]]]:
    """The widgets of both dashboards, a system's and a shard's, with these agents, without a synth."""
    stack = cdk.Stack(cdk.App(), "Alone")
    gateway = agentcore.CfnGateway(
        stack, "Gateway", name="g", role_arn="r", protocol_type="MCP", authorizer_type="AWS_IAM"
    )
    SystemDashboard(
        stack,
        "Overview",
        deployment=deployment,
        gateway=gateway,
        agents=agents,
        servers={"tool_stock": Runtime("shop_dev__tool_stock", "dev", "arn:stock")},
        alarms=[],
        elsewhere={},
    )
    AgentsDashboard(stack, "Shard", deployment=deployment, label="07", agents=agents, alarms=[])
    found = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard")
    return {
        str(body["Properties"]["DashboardName"]): widgets(Resource("alone", id_, dict(body)))
        for id_, body in found.items()
    }


def runtimes(*names: str) -> dict[str, Runtime]:
    return {name: Runtime(name, "dev", f"arn:{name}") for name in names}


def test_many_agents_stay_within_what_a_dashboard_takes(project: Project, tmp_path: Path) -> None:
    """500 widgets, 500 metrics a graph and 2500 a dashboard, for more than a system or a shard ever holds."""
    deployment = Deployment.of(
        project.system("airline"), project.environment("dev"), Assets(project.roots, tmp_path)
    )
    agents = runtimes(*map("agent-{:03d}".format, range(60)))
    found = made(deployment, agents)
    assert sorted(found) == ["airline-dev", "airline-dev-agents-07"]
    for items in found.values():
        titles = [str(item["properties"].get("title")) for item in items]
        assert [each for each in titles if each.endswith(": tokens")] == [
            f"{agent}: tokens" for agent in agents
        ]
        assert sum(each.startswith("runtimes: vCPU-hours") for each in titles) == 2
    served = [item["properties"]["title"] for item in found["airline-dev"] if "tool_stock" in str(item)]
    assert {"tool_stock: requests and errors", "tool_stock: latency (ms)"} <= set(served)
    for items in found.values():
        lines = [len(item["properties"].get("metrics", [])) for item in items]
        assert (len(items) <= 500, max(lines) <= 500, sum(lines) <= 2500) == (True, True, True)


def test_what_shadow_mode_lets_through_is_shown_where_there_is_any(project: Project, tmp_path: Path) -> None:
    system, (first, *others) = project.system("airline"), project.system("airline").agents
    shadow = Shadow(WouldRefuse.CALLS, "Trial.", first.source)
    grants = tuple(replace(grant, shadow=shadow) for grant in first.grants)
    shaded = replace(system, agents=(replace(first, grants=grants), *others))
    shadows = []
    for each in (system, shaded):
        deployment = Deployment.of(each, project.environment("dev"), Assets(project.roots, tmp_path))
        items = made(deployment, runtimes(first.name))["airline-dev"]
        (graph,) = [
            item for item in items if item["properties"].get("title") == "interceptor: allowed and refused"
        ]
        shadows.append([item.dimensions for item in shown(graph) if item.name == "ShadowRefused"])
    assert shadows == [[], [{"Effect": "allow"}]]


def test_titles_are_told_apart(stages: list[Stage]) -> None:
    for stage in stages:
        named = [title for title in titles(stage) if title]
        assert len(set(named)) == len(named)
