"""What operators see, and what must not be seen."""

from __future__ import annotations

import json
from typing import Any

from governance.model import Project
from tests.stacks.templates import Stage, joined, strings

NEVER_PUBLISHED = {"Authorizations", "DeniedRequests", "AuthorizationLatency"}
"""Metric names the library's policy engine helpers use and the service does not."""


def dashboard(stage: Stage) -> list[dict[str, Any]]:
    body = json.loads(joined(stage.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"]))
    widgets: list[dict[str, Any]] = body["widgets"]
    return widgets


def metrics(stage: Stage) -> list[dict[str, Any]]:
    """Metrics of all alarms: name, namespace, dimensions."""
    return [
        {
            "alarm": alarm.properties["AlarmName"],
            "name": item["MetricStat"]["Metric"]["MetricName"],
            "namespace": item["MetricStat"]["Metric"]["Namespace"],
            "dimensions": {
                dimension["Name"]: dimension["Value"]
                for dimension in item["MetricStat"]["Metric"]["Dimensions"]
            },
        }
        for alarm in stage.resources("AWS::CloudWatch::Alarm")
        for item in alarm.properties["Metrics"]
        if "MetricStat" in item
    ]


def test_the_dashboard_has_a_row_for_every_agent(dev: Stage, project: Project) -> None:
    titles = [widget["properties"]["title"] for widget in dashboard(dev)]
    for agent in project.system("airline").agents:
        row = [title for title in titles if title.startswith(f"{agent.name}:")]
        assert row == [
            f"{agent.name}: invocations",
            f"{agent.name}: latency (ms)",
            f"{agent.name}: errors and refusals",
        ]
    assert {"gateway: errors", "policy engine: decisions", "interceptor: decisions"} <= set(titles)


def test_every_widget_has_its_own_place(dev: Stage) -> None:
    places = [(widget["x"], widget["y"]) for widget in dashboard(dev)]
    assert len(set(places)) == len(places)
    assert all(widget["x"] + widget["width"] <= 24 for widget in dashboard(dev))


def test_no_graph_or_alarm_waits_for_a_metric_nobody_publishes(dev: Stage) -> None:
    shown = set(strings([widget["properties"]["metrics"] for widget in dashboard(dev)]))
    assert {"AllowDecisions", "DenyDecisions"} <= shown
    assert not NEVER_PUBLISHED & (shown | {metric["name"] for metric in metrics(dev)})


def test_policy_decisions_are_read_where_the_service_writes_them(dev: Stage) -> None:
    (denied,) = [metric for metric in metrics(dev) if metric["name"] == "DenyDecisions"]
    assert denied["namespace"] == "AWS/Bedrock-AgentCore"
    assert denied["dimensions"]["OperationName"] == "AuthorizeAction"
    assert denied["dimensions"]["Mode"] == "ENFORCE"
    assert "GatewayIdentifier" in denied["dimensions"]["TargetResource"]["Fn::ImportValue"]


def test_refusals_are_read_where_the_interceptor_writes_them(dev: Stage) -> None:
    (denied,) = [metric for metric in metrics(dev) if metric["name"] == "Denied"]
    function = dev.one("AWS::Lambda::Function", Function="gateway_interceptor").properties
    assert denied["namespace"] == function["Environment"]["Variables"]["METRIC_NAMESPACE"]
    assert denied["dimensions"] == {"Effect": "deny"}


def test_a_failing_interceptor_is_an_alarm_at_once(dev: Stage) -> None:
    (alarm,) = [
        item
        for item in dev.resources("AWS::CloudWatch::Alarm")
        if item.properties["AlarmName"] == "airline-dev-interceptor-errors"
    ]
    assert (alarm.properties["Threshold"], alarm.properties["EvaluationPeriods"]) == (1, 1)
    watched = {
        metric["name"]: metric for metric in metrics(dev) if metric["alarm"].endswith("interceptor-errors")
    }
    assert set(watched) == {"Errors", "Throttles"}
    name = dev.one("AWS::Lambda::Function", Function="gateway_interceptor").properties["FunctionName"]
    assert all(metric["dimensions"] == {"FunctionName": name} for metric in watched.values())


def test_thresholds_are_the_environments(dev: Stage, prod: Stage, project: Project) -> None:
    for stage, name in ((dev, "dev"), (prod, "prod")):
        alarms = project.environment(name).alarms
        thresholds = {
            alarm.properties["AlarmName"]: alarm.properties["Threshold"]
            for alarm in stage.resources("AWS::CloudWatch::Alarm")
        }
        for agent in project.system("airline").agents:
            assert thresholds[f"airline-{name}-agent-{agent.name}-errors"] == alarms.errors
            assert thresholds[f"airline-{name}-agent-{agent.name}-latency"] == alarms.latency_p95_ms
        assert thresholds[f"airline-{name}-interceptor-refusals"] == alarms.refusals


def test_every_alarm_tells_somebody_and_silence_is_no_alarm(stages: list[Stage]) -> None:
    for stage in stages:
        topic = stage.one("AWS::SNS::Topic").id
        for alarm in stage.resources("AWS::CloudWatch::Alarm"):
            assert alarm.properties["AlarmActions"] == [{"Ref": topic}]
            assert alarm.properties["TreatMissingData"] == "notBreaching"


def test_only_this_systems_alarms_may_publish(dev: Stage) -> None:
    policy = dev.one("AWS::SNS::TopicPolicy").properties["PolicyDocument"]["Statement"]
    (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": "111122223333"}
    assert allowed["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":alarm:airline-dev-*")


def test_access_logs_leave_out_what_customers_and_tools_say(stages: list[Stage]) -> None:
    payloads = {"body", "attributes", "request_payload", "response_payload"}
    for stage in stages:
        sources = {item.id: item for item in stage.resources("AWS::Logs::DeliverySource")}
        for delivery in stage.resources("AWS::Logs::Delivery"):
            source = sources[delivery.properties["DeliverySourceName"]["Ref"]]
            if source.properties["LogType"] == "APPLICATION_LOGS":
                fields = set(delivery.properties["RecordFields"])
                assert {"request_id", "trace_id"} <= fields
                assert not payloads & fields


def test_gateway_and_every_runtime_deliver_logs_and_traces(dev: Stage) -> None:
    delivered = {
        (item.properties["LogType"], joined(item.properties["ResourceArn"]))
        for item in dev.resources("AWS::Logs::DeliverySource")
    }
    senders = 1 + len(dev.resources("AWS::BedrockAgentCore::Runtime"))
    assert len(delivered) == 2 * senders
    assert {kind for kind, _ in delivered} == {"APPLICATION_LOGS", "TRACES"}


def test_deliveries_are_made_one_after_the_other(dev: Stage) -> None:
    deliveries = dev.resources("AWS::Logs::Delivery")
    first = [item for item in deliveries if not item.depends_on & {other.id for other in deliveries}]
    assert len(first) == 1


def test_every_log_group_forgets(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        environment = project.environment(stage.templates["tools"]["Metadata"]["Airside"]["Environment"])
        for group in stage.resources("AWS::Logs::LogGroup"):
            assert group.properties["RetentionInDays"] == environment.log_retention_days
