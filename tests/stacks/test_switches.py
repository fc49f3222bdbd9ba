"""The kill switches in every environment: deployed for each agent and tool, not thrown, and never rewritten."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import aws_cdk as cdk
import pytest

from governance import switches
from governance.access import AccessMatrix
from governance.model import Project, Source
from governance.names import Names
from governance.switch import Switch, SwitchedOff, SwitchKind
from stacks.application import build
from tests.stacks.templates import Resource, Stage, joined

POLICY = "AWS::BedrockAgentCore::Policy"
TARGET = "AWS::BedrockAgentCore::GatewayTarget"


def switches_of(stage: Stage) -> list[Resource]:
    return [policy for policy in stage.resources(POLICY) if "Switch" in policy.declared]


def test_every_agent_and_tool_of_every_environment_can_be_switched_off(
    stages: list[Stage], project: Project
) -> None:
    for stage in stages:
        about = stage.templates["gateway"]["Metadata"]["Airside"]
        system = project.system(about["System"])
        assert [policy.declared["Switch"] for policy in switches_of(stage)] == [
            *({"Agent": agent.name} for agent in system.agents),
            *({"Tool": tool.full_name} for tool in system.tools),
        ]


def test_none_is_thrown_unless_its_environment_says_so(stages: list[Stage]) -> None:
    for stage in stages:
        for policy in switches_of(stage):
            assert policy.properties["EnforcementMode"] == "LOG_ONLY"
            assert "Off:" not in policy.properties["Description"]


def test_the_services_analysis_does_not_refuse_a_forbid_of_everything(stages: list[Stage]) -> None:
    for stage in stages:
        for policy in switches_of(stage):
            assert policy.properties["ValidationMode"] == "IGNORE_ALL_FINDINGS"


def test_an_operators_policy_can_name_all_switches_and_nothing_else(stages: list[Stage]) -> None:
    for stage in stages:
        about = stage.templates["gateway"]["Metadata"]["Airside"]
        prefix = Names(about["System"], about["Environment"]).switch_prefix
        for policy in stage.resources(POLICY):
            assert policy.properties["Name"].startswith(prefix) is ("Switch" in policy.declared)
        assert not any(
            str(role.properties["RoleName"]).startswith(prefix) for role in stage.resources("AWS::IAM::Role")
        )


def test_a_tools_switch_names_the_one_gateway_and_an_agents_none(dev: Stage) -> None:
    gateway = dev.one("AWS::BedrockAgentCore::Gateway").id
    for policy in switches_of(dev):
        statement = joined(policy.properties["Definition"]["Cedar"]["Statement"])
        assert statement.startswith("forbid(")
        named = f'resource == AgentCore::Gateway::"<{gateway}.GatewayArn>"' in statement
        assert named is ("Tool" in policy.declared["Switch"])
        assert ("resource is AgentCore::Gateway" in statement) is not named


def test_a_switch_waits_for_the_targets_its_schema_comes_from(stages: list[Stage]) -> None:
    for stage in stages:
        last = stage.resources(TARGET)[-1].id
        for policy in switches_of(stage):
            assert policy.depends_on == {last}


@pytest.fixture(scope="module")
def thrown(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The gateway stack of prod with one agent and one tool declared off."""
    here = Source("environments/prod.yaml", 30)
    prod = dataclasses.replace(
        project.environment("prod"),
        switched_off=(
            SwitchedOff(Switch(SwitchKind.AGENT, "loyalty"), "Wrong tiers are told.", here),
            SwitchedOff(Switch(SwitchKind.TOOL, "customer-mcp___create_booking"), "Sold out.", here),
        ),
    )
    folder: Path = tmp_path_factory.mktemp("thrown")
    outdir = folder / "out"
    app = cdk.App(outdir=str(outdir), stack_traces=False, builtin_cloud_formation_validation=False)
    build(app, dataclasses.replace(project, environments=(prod,)), folder)
    app.synth()
    return Stage.read(outdir, "airline-prod")


def test_a_declared_switch_is_deployed_thrown_after_the_permits(thrown: Stage) -> None:
    permits = {policy.id for policy in thrown.resources(POLICY) if "Switch" not in policy.declared}
    active = [policy for policy in switches_of(thrown) if policy.properties["EnforcementMode"] == "ACTIVE"]
    assert [policy.declared["Switch"] for policy in active] == [
        {"Agent": "loyalty"},
        {"Tool": "customer-mcp___create_booking"},
    ]
    assert active[0].properties["Description"] == "Switch of the agent loyalty. Off: Wrong tiers are told."
    for policy in active:
        assert permits <= policy.depends_on


def test_a_declaration_changes_no_policy_but_the_switches_it_names(thrown: Stage, prod: Stage) -> None:
    """Every other policy must stay as it is: CloudFormation would write a changed one, and its mode, again."""
    names = {
        "airline_prod__off_loyalty",
        Names("airline", "prod").switch("tool", "customer-mcp___create_booking"),
    }
    after = {policy.properties["Name"]: policy.body for policy in thrown.resources(POLICY)}
    before = {policy.properties["Name"]: policy.body for policy in prod.resources(POLICY)}
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == names


def test_another_tool_or_grant_changes_no_agents_switch(project: Project) -> None:
    """So a deployment in the middle of an incident leaves a thrown switch alone."""
    system = project.system("airline")
    fewer = dataclasses.replace(system, targets=system.targets[:1])
    names, prod = Names("airline", "prod"), project.environment("prod")
    whole, part = (
        {
            policy.name: policy.statement
            for policy in switches.render(each, prod, names, AccessMatrix.of(each), "arn")
        }
        for each in (system, fewer)
    )
    assert len(part) < len(whole)
    assert part.items() <= whole.items()
