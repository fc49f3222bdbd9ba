"""A tool server that is hosted on a runtime is watched like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assembly_fixture import kinds_assembly
from tests.stacks.templates import Stage, joined
from tests.stacks.watched import alarms, shown, titled, watched

__all__ = ["kinds_assembly"]


@pytest.fixture(scope="module")
def garden(kinds_assembly: Path) -> Stage:
    return Stage.read(kinds_assembly, "garden-dev")


def test_a_hosted_server_that_fails_is_an_alarm(garden: Stage) -> None:
    alarm = alarms(garden)["garden-dev-server-almanac-errors"]
    runtime = garden.one("AWS::BedrockAgentCore::Runtime", Server="almanac")
    metrics = watched(alarm)
    assert {metric.name for metric in metrics.values()} == {"Invocations", "SystemErrors", "UserErrors"}
    for metric in metrics.values():
        assert metric.dimensions["Name"] == f"{runtime.properties['AgentRuntimeName']}::main"
        assert runtime.id in metric.dimensions["Resource"]


def test_a_hosted_server_has_a_row_and_its_usage_is_in_the_cost(garden: Stage) -> None:
    row = {item.name for item in shown(titled(garden, "almanac: requests and errors"))}
    assert {"Invocations", "SystemErrors", "UserErrors", "Throttles"} == row
    labels = {line[-1]["label"] for line in titled(garden, "runtimes: vCPU-hours")["properties"]["metrics"]}
    assert "almanac" in labels


def test_a_hosted_servers_logs_and_traces_are_delivered(garden: Stage) -> None:
    names = {item.properties["Name"]: item for item in garden.resources("AWS::Logs::DeliverySource")}
    assert {"garden-dev-server-almanac-logs", "garden-dev-server-almanac-traces"} <= set(names)
    runtime = garden.one("AWS::BedrockAgentCore::Runtime", Server="almanac")
    assert runtime.id in joined(names["garden-dev-server-almanac-traces"].properties["ResourceArn"])


def test_every_log_group_has_the_key_where_the_environment_wants_one(garden: Stage) -> None:
    assert len(garden.resources("AWS::KMS::Key")) == 1
    for group in garden.resources("AWS::Logs::LogGroup"):
        assert "EncryptionKey" in joined(group.properties["KmsKeyId"]), group.id


def test_without_settings_of_the_account_there_is_no_stage_for_it(kinds_assembly: Path) -> None:
    assert not list(kinds_assembly.glob("assembly-account-*"))
