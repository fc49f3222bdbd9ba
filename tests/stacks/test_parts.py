"""An agent's memory, code interpreter and browser in the templates: as declared, its own alone, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from governance.model import Project
from tests.stacks.templates import Stage, joined, strings

CORE = "AWS::BedrockAgentCore::"
PARTS = tuple(f"{CORE}{kind}" for kind in ("Memory", "CodeInterpreterCustom", "BrowserCustom"))
VARIABLES = {"MEMORY_ID", "MEMORY_PREFERENCES", "CODE_INTERPRETER_ID", "BROWSER_ID"}


@pytest.fixture(scope="module")
def market(kinds_assembly: Path) -> Stage:
    return Stage.read(kinds_assembly, "market-dev")


def told(stage: Stage, agent: str) -> dict[str, Any]:
    found: dict[str, Any] = stage.one(f"{CORE}Runtime", Agent=agent).properties["EnvironmentVariables"]
    return found


def given(stage: Stage, role: str) -> dict[str, tuple[list[str], str, dict[str, Any]]]:
    """sid → actions, resource and condition of what a role has for its parts."""
    own = re.compile(r"bedrock-agentcore:\w*(Event|Memory|Browser|CodeInterpreter)")
    return {
        item.sid: (item.actions, joined(item.resources[0]), item.condition)
        for item in stage.statements(role)
        if item.allows and any(map(own.match, item.actions))
    }


def test_an_agent_without_parts_has_some(stages: list[Stage]) -> None:
    """The airline's specialists: no resource, no right, no variable, no delivery of theirs."""
    for stage in stages:
        assert {item.declared["Agent"] for kind in PARTS for item in stage.resources(kind)} == {
            "orchestrator"
        }
        assert not stage.resources(PARTS[1]) and not stage.resources(PARTS[2])
        for agent in ("booking", "loyalty", "policy"):
            (role,) = [name for name in stage.roles() if name.endswith(f"-agent-{agent}")]
            assert given(stage, role) == {}
            assert not VARIABLES & set(told(stage, agent))
        assert not [name for name in stage.roles() if "-memory-" in name], "short term needs no role"


def test_a_memory_outlives_its_data_or_is_lost_with_it(
    by_environment: dict[str, Stage], project: Project
) -> None:
    for environment, stage in by_environment.items():
        declared = project.environment(environment)
        memory = stage.one(PARTS[0])
        assert memory.properties["EventExpiryDuration"] == 7
        assert memory.declared == {"Agent": "orchestrator", "Data": "personal"}
        kept = "Retain" if declared.retain_data else "Delete"
        assert (memory.body["DeletionPolicy"], memory.body["UpdateReplacePolicy"]) == (kept, kept)
        assert ("EncryptionKeyArn" in memory.properties) is declared.kms
        assert "MemoryStrategies" not in memory.properties
        assert "MemoryExecutionRoleArn" not in memory.properties
    assert (
        {each.retain_data for each in project.environments}
        == {each.kms for each in project.environments}
        == {True, False}
    )


def test_the_orchestrator_may_do_more_than_keep_and_read_its_own_events(dev: Stage) -> None:
    memory = dev.one(PARTS[0])
    arn = f"<{memory.id}.MemoryArn>"
    assert given(dev, "airline-dev-agent-orchestrator") == {
        "Remember": (
            ["bedrock-agentcore:CreateEvent"],
            arn,
            {"StringLike": {"bedrock-agentcore:actorId": "user-*"}},
        ),
        "Recall": (["bedrock-agentcore:ListEvents"], arn, {}),
    }
    assert told(dev, "orchestrator")["MEMORY_ID"] == {"Fn::GetAtt": [memory.id, "MemoryId"]}


def test_preferences_are_kept_wider_than_one_user(market: Stage) -> None:
    memory = market.one(PARTS[0], Agent="florist")
    (strategy,) = memory.properties["MemoryStrategies"]
    made = strategy["CustomMemoryStrategy"]
    assert (made["Name"], made["NamespaceTemplates"]) == ("preferences", ["/preferences/{actorId}/"])
    steps = made["Configuration"]["UserPreferenceOverride"]
    model = told(market, "florist")["MODEL_ID"]
    assert {steps[step]["ModelId"] for step in ("Extraction", "Consolidation")} == {model}
    assert all("no instruction" in steps[step]["AppendToPrompt"] for step in steps)
    assert told(market, "florist")["MEMORY_PREFERENCES"] == "/preferences/{actorId}/"
    found = given(market, "market-dev-agent-florist")
    assert found["RecallPreferences"] == (
        ["bedrock-agentcore:RetrieveMemoryRecords"],
        f"<{memory.id}.MemoryArn>",
        {"StringLike": {"bedrock-agentcore:namespace": "/preferences/user-*/"}},
    )


def test_a_memorys_role_may_do_more_than_ask_the_agents_model(market: Stage) -> None:
    role = market.roles()["market-dev-memory-florist"]
    assert market.one(PARTS[0]).properties["MemoryExecutionRoleArn"] == {"Fn::GetAtt": [role.id, "Arn"]}
    (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    account = "eu-central-1:555566667777"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "555566667777"},
        "ArnLike": {
            "aws:SourceArn": f"arn:aws:bedrock-agentcore:{account}:memory/market_dev_florist-{'?' * 10}"
        },
    }
    (statement,) = market.statements("market-dev-memory-florist")
    assert statement.actions == ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    (model,) = [item for item in market.statements("market-dev-agent-florist") if item.sid == "Model"]
    assert statement.resources == model.resources


def test_a_part_can_be_used_by_another_agent(market: Stage) -> None:
    for kind, attribute, agent in (
        (PARTS[0], "MemoryArn", "florist"),
        (PARTS[1], "CodeInterpreterArn", "florist"),
        (PARTS[2], "BrowserArn", "scout"),
    ):
        part = market.one(kind, Agent=agent)
        users = {
            item.role
            for item in market.statements()
            if f"<{part.id}.{attribute}>" in map(joined, item.resources)
        }
        assert users == {f"market-dev-agent-{agent}"}
    for item in market.statements():
        if item.allows and any("Memory" in each or "Session" in each for each in item.actions):
            assert not [each for each in strings(item.resources) if each.endswith("*")]


def test_code_runs_where_it_has_a_network_or_a_role(market: Stage) -> None:
    properties = market.one(PARTS[1], Agent="florist").properties
    assert properties["NetworkConfiguration"] == {"NetworkMode": "SANDBOX"}
    assert "ExecutionRoleArn" not in properties
    assert given(market, "market-dev-agent-florist")["RunCode"][0] == [
        "bedrock-agentcore:InvokeCodeInterpreter",
        "bedrock-agentcore:StartCodeInterpreterSession",
        "bedrock-agentcore:StopCodeInterpreterSession",
    ]


def test_a_browser_is_recorded_or_has_a_role_or_can_be_taken_over(market: Stage) -> None:
    properties = market.one(PARTS[2], Agent="scout").properties
    assert properties["NetworkConfiguration"] == {"NetworkMode": "PUBLIC"}
    assert properties["RecordingConfig"] == {"Enabled": False}
    assert "ExecutionRoleArn" not in properties
    found = given(market, "market-dev-agent-scout")
    assert set(found) == {"ReadPages"}
    assert found["ReadPages"][0] == [
        "bedrock-agentcore:ConnectBrowserAutomationStream",
        "bedrock-agentcore:StartBrowserSession",
        "bedrock-agentcore:StopBrowserSession",
    ]


def test_an_agent_that_is_granted_nothing_waits_for_tools(market: Stage, stages: list[Stage]) -> None:
    """It has its browser; every other agent must refuse to go on where the gateway offers it nothing."""
    assert told(market, "scout")["GATEWAY_TOOLS"] == "none"
    assert not market.resources(f"{CORE}Policy", Agent="scout"), "no permit"
    assert market.resources(f"{CORE}Policy", Agent="florist")
    for stage in (market, *stages):
        for runtime in stage.resources(f"{CORE}Runtime"):
            variables = runtime.properties["EnvironmentVariables"]
            granted = "GATEWAY_TOOLS" not in variables
            assert granted is (runtime.declared["Agent"] != "scout")


def test_a_memorys_log_is_delivered_without_what_was_said(dev: Stage) -> None:
    memory = dev.one(PARTS[0])
    sources = [
        item
        for item in dev.resources("AWS::Logs::DeliverySource")
        if memory.id in joined(item.properties["ResourceArn"])
    ]
    assert {item.properties["LogType"] for item in sources} == {"APPLICATION_LOGS", "TRACES"}
    assert {item.properties["Name"] for item in sources} == {
        "airline-dev-memory-orchestrator-logs",
        "airline-dev-memory-orchestrator-traces",
    }
    groups = [item.properties["LogGroupName"] for item in dev.resources("AWS::Logs::LogGroup")]
    assert (
        "/aws/vendedlogs/bedrock-agentcore/memory/APPLICATION_LOGS/airline-dev-memory-orchestrator" in groups
    )
