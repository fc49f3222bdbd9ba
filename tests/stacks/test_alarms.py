"""Alarms: what they watch, when they go off, whom they tell, and where their reader goes on."""

from __future__ import annotations

import re

import pytest

from governance.model import Project
from stacks.components.runbook import Entry
from tests.assembly_fixture import ROOT
from tests.stacks.templates import Resource, Stage, strings
from tests.stacks.watched import alarms, expression, watched

PARTS = ("What it means", "How to look", "What to do", "When it is over")
"""What every entry of the runbook tells."""


def entries() -> dict[str, str]:
    """Runbook entries by anchor, as a published page makes it of the heading."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    found = {}
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        found[re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")] = body
    return found


def anchors(stage: Stage) -> set[str]:
    """Every runbook anchor a notice of the stage names: alarms' descriptions and rules' messages."""
    told = [str(item.properties["AlarmDescription"]) for item in stage.resources("AWS::CloudWatch::Alarm")]
    for rule in stage.resources("AWS::Events::Rule"):
        told += [target["InputTransformer"]["InputTemplate"] for target in rule.properties["Targets"]]
    return {anchor for text in told for anchor in re.findall(r"Runbook: \S+#([a-z-]+)", text)}


def test_every_alarm_names_a_runbook_entry_that_exists(stages: list[Stage], project: Project) -> None:
    written = entries()
    for stage in stages:
        environment = project.environment(stage.folder.name.rsplit("-", 1)[1])
        for name, alarm in alarms(stage).items():
            description = alarm.properties["AlarmDescription"]
            before, _, anchor = description.rpartition("#")
            assert before.endswith(f" Runbook: {environment.alarms.runbook_url}"), name
            assert anchor in written, f"{name}: no entry for #{anchor} in docs/runbook.md"


@pytest.mark.parametrize("entry", list(Entry))
def test_every_entry_tells_what_it_means_how_to_look_what_to_do_and_when_it_is_over(entry: Entry) -> None:
    body = entries()[entry]
    places = [body.find(f"**{part}.**") for part in PARTS]
    assert -1 not in places, f"#{entry} lacks {PARTS[places.index(-1)]}"
    assert places == sorted(places)
    assert "```" in body.partition("**How to look.**")[2].partition("**What to do.**")[0], (
        "no command or query"
    )


def test_no_entry_is_written_for_a_notice_nobody_sends(stages: list[Stage]) -> None:
    for stage in stages:
        # AWS Budgets writes its own message.
        assert anchors(stage) | {Entry.BUDGET} == set(Entry)


def test_every_alarm_tells_somebody_and_silence_is_no_alarm(stages: list[Stage]) -> None:
    for stage in stages:
        topic = {"Ref": stage.one("AWS::SNS::Topic").id}
        for name, alarm in alarms(stage).items():
            assert alarm.properties["AlarmActions"] == [topic], name
            assert alarm.properties["OKActions"] == [topic], name
            assert alarm.properties["TreatMissingData"] == "notBreaching", name
            assert alarm.properties.get("ActionsEnabled", True) is True, name
        for type_ in ("AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::AnomalyDetector"):
            assert stage.resources(type_) == []


def test_every_agent_has_an_alarm_on_its_share_of_failures_and_on_latency(
    stages: list[Stage], project: Project
) -> None:
    for stage in stages:
        prefix = stage.folder.name.removeprefix("assembly-")
        found = alarms(stage)
        for agent in project.system("airline").agents:
            errors = found[f"{prefix}-agent-{agent.name}-errors"]
            # A share, so that a busy agent is not alarming and a quiet one not silent.
            assert expression(errors) == "100 * (FILL(system, 0) + FILL(user, 0)) / whole"
            assert {key: metric.name for key, metric in watched(errors).items()} == {
                "whole": "Invocations",
                "system": "SystemErrors",
                "user": "UserErrors",
            }
            (latency,) = watched(found[f"{prefix}-agent-{agent.name}-latency"]).values()
            assert (latency.name, latency.statistic) == ("Latency", "p95")
            for metric in (latency, *watched(errors).values()):
                assert metric.dimensions["Name"].startswith(f"{prefix.replace('-', '_')}_{agent.name}::")


def test_one_failure_in_a_quiet_hour_is_no_alarm(dev: Stage) -> None:
    for name, alarm in alarms(dev).items():
        if name.endswith("-errors") and "interceptor" not in name:
            spans = (alarm.properties["DatapointsToAlarm"], alarm.properties["EvaluationPeriods"])
            assert spans == (2, 3), name


def test_thresholds_are_the_environments(stages: list[Stage], project: Project) -> None:
    for stage in stages:
        settings = project.environment(stage.folder.name.rsplit("-", 1)[1]).alarms
        prefix = stage.folder.name.removeprefix("assembly-")
        limits = {name: item.properties["Threshold"] for name, item in alarms(stage).items()}
        for agent in project.system("airline").agents:
            assert limits[f"{prefix}-agent-{agent.name}-errors"] == settings.error_rate_percent
            assert limits[f"{prefix}-agent-{agent.name}-latency"] == settings.latency_p95_ms
        assert limits[f"{prefix}-gateway-errors"] == settings.error_rate_percent
        assert limits[f"{prefix}-interceptor-refusals"] == settings.refusals


def test_the_gateways_alarm_does_not_count_refusals_as_its_failures(dev: Stage) -> None:
    names = {metric.name for metric in watched(alarms(dev)["airline-dev-gateway-errors"]).values()}
    assert names == {"Invocations", "SystemErrors"}


def interceptor_alarms(stage: Stage) -> dict[str, Resource]:
    return {name.rsplit("-", 1)[1]: item for name, item in alarms(stage).items() if "-interceptor-" in name}


def test_a_failing_or_throttled_interceptor_is_an_alarm_at_once(dev: Stage) -> None:
    alarm = interceptor_alarms(dev)["errors"]
    assert (alarm.properties["Threshold"], alarm.properties["EvaluationPeriods"]) == (1, 1)
    assert {metric.name for metric in watched(alarm).values()} == {"Errors", "Throttles"}


def test_a_slow_interceptor_is_told_before_it_times_out(dev: Stage) -> None:
    function = dev.one("AWS::Lambda::Function", Function="gateway_interceptor").properties
    assert set(interceptor_alarms(dev)) == {"refusals", "errors", "duration"}
    for alarm in interceptor_alarms(dev).values():
        for metric in watched(alarm).values():
            assert metric.dimensions.get("FunctionName", function["FunctionName"]) == function["FunctionName"]
    slow = interceptor_alarms(dev)["duration"].properties["Threshold"]
    assert 0 < slow < function["Timeout"] * 1000


def test_decisions_without_effect_are_an_alarm_where_the_environment_says_enforce(
    stages: list[Stage],
) -> None:
    for stage in stages:
        (alarm,) = [item for name, item in alarms(stage).items() if name.endswith("policy-engine-logging")]
        metrics = watched(alarm).values()
        assert {metric.name for metric in metrics} == {"AllowDecisions", "DenyDecisions"}
        assert {metric.dimensions["Mode"] for metric in metrics} == {"LOG_ONLY"}
        assert alarm.properties["Threshold"] == 1


def test_an_alarms_name_is_its_own(stages: list[Stage]) -> None:
    for stage in stages:
        assert len(alarms(stage)) == len(stage.resources("AWS::CloudWatch::Alarm"))


def test_no_notice_holds_a_token_argument_or_header(stages: list[Stage]) -> None:
    """A rule passes on four fields of the event, none of them what was sent."""
    for stage in stages:
        for rule in stage.resources("AWS::Events::Rule"):
            for target in rule.properties["Targets"]:
                assert set(target) == {"Arn", "Id", "InputTransformer"}
                paths = target["InputTransformer"]["InputPathsMap"].values()
                assert set(paths) == {
                    "$.detail.eventName",
                    "$.detail.userIdentity.arn",
                    "$.detail.eventTime",
                    "$.detail.eventID",
                }
                assert "requestParameters" not in " ".join(strings(target))
