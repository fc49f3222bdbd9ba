"""Switches as rendered: forbids that hold, parked until thrown, named alike, and few enough to fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import cedar, cedar_scope, switches
from governance.access import AccessMatrix
from governance.errors import CedarErrors
from governance.load import load_project
from governance.model import Project, Source, System
from governance.names import MAX_POLICY_NAME, Names
from governance.switch import Switch, SwitchedOff, SwitchKind, described
from tests.contract.systems import system_of
from tests.governance.conftest import Shop

ARN = cedar.PLACEHOLDER_ARN
NAMES = Names("shop", "dev")
HERE = Source("environments/dev.yaml", 3)


@pytest.fixture
def project(shop: Shop) -> Project:
    return load_project(shop.root)


def rendered(project: Project, **changes: object) -> tuple[switches.SwitchPolicy, ...]:
    system, environment = project.systems[0], replace(project.environments[0], **changes)  # type: ignore[arg-type]
    return switches.render(system, environment, NAMES, AccessMatrix.of(system), ARN)


def test_every_agent_and_tool_has_a_switch_that_is_not_thrown(project: Project) -> None:
    found = rendered(project)
    assert [str(policy.switch) for policy in found] == [
        "agent auditor",
        "agent clerk",
        "tool parcels___quote",
        "tool stock___find",
        "tool stock___sell",
    ]
    assert not [policy for policy in found if policy.active or policy.off]
    assert found[0].name == "shop_dev__off_auditor"
    assert {policy.name[: len(NAMES.switch_prefix)] for policy in found} == {"shop_dev__off_"}


def test_the_statements_pass_what_the_service_and_cedar_check(project: Project) -> None:
    system, environment = project.systems[0], project.environments[0]
    cedar.validate(system, switches.policies(system, environment, NAMES, AccessMatrix.of(system), ARN))


def test_an_agents_switch_never_changes_with_its_tools_or_the_gateway(project: Project) -> None:
    """A changed policy would be written again by a deployment, and a thrown switch with it."""
    agent = rendered(project)[0]
    assert ARN not in agent.statement
    assert "___" not in agent.statement


@pytest.mark.parametrize("switch", [Switch(SwitchKind.AGENT, "clerk"), Switch(SwitchKind.TOOL, "t___a_b")])
@pytest.mark.parametrize("reason", [None, "Why. Off: again", "예약이 두 번 됩니다"])
def test_a_description_tells_what_it_was_made_of(switch: Switch, reason: str | None) -> None:
    assert described(switch.describe(reason)) == (switch, reason)


@pytest.mark.parametrize(
    "text", ["", "What the agent clerk may call", "Switch of the agent clerk", "Switch of the king x."]
)
def test_another_policys_description_is_taken_for_a_switch(text: str) -> None:
    assert described(text) is None


def test_a_name_that_would_be_too_long_is_shortened_and_stays_one_of_a_kind() -> None:
    long = Names("a" * 20, "e" * 12)
    agent, other = long.switch("agent", "b" * 20), long.switch("agent", "b" * 19 + "c")
    assert agent != other
    assert len(agent) <= MAX_POLICY_NAME
    assert long.switch("tool", "x") != long.switch("target", "x")
    assert NAMES.switch("tool", "t" * 64).startswith(NAMES.switch_prefix)


def big(tools: int, targets: int = 4) -> System:
    names = [f"tool_{number}" for number in range(tools)]
    parts = {f"t{number}": tuple(names[number::targets]) for number in range(targets)}
    return system_of("s", parts, {"a": "*", "b": "*"}, {}, users=False)


@pytest.mark.parametrize(("tools", "kind"), [(300, SwitchKind.TOOL), (460, SwitchKind.TARGET)])
def test_more_tools_than_fit_are_switched_by_their_targets(
    project: Project, tools: int, kind: SwitchKind
) -> None:
    system, environment = big(tools), project.environments[0]
    names, matrix = Names("s", "dev"), AccessMatrix.of(system)
    found = switches.render(system, environment, names, matrix, ARN)
    assert [policy.switch.kind for policy in found[:2]] == [SwitchKind.AGENT] * 2
    assert {policy.switch.kind for policy in found[2:]} == {kind}
    assert len(found[2:]) == (tools if kind is SwitchKind.TOOL else 4)
    # The text of the ARN, a token of any length at synth, must not decide.
    token = switches.render(system, environment, names, matrix, "${Token[1]}" * 40)
    assert [policy.name for policy in token] == [policy.name for policy in found]
    cedar.validate(system, switches.policies(system, environment, names, matrix, ARN))


def test_what_is_declared_off_has_a_switch_of_its_own_however_many_tools_there_are(project: Project) -> None:
    off = SwitchedOff(Switch(SwitchKind.TOOL, "t0___tool_0"), "down", HERE)
    environment, system = replace(project.environments[0], switched_off=(off,)), big(460)
    found = switches.render(system, environment, Names("s", "dev"), AccessMatrix.of(system), ARN)
    assert [str(policy.switch) for policy in found if policy.active] == ["tool t0___tool_0"]
    assert len(found) == 2 + 4 + 1


@pytest.mark.parametrize(
    ("scope", "fits"),
    [
        ("principal, action, resource is AgentCore::Gateway", True),
        ("principal, action, resource", False),
        ('principal, action, resource == AgentCore::Gateway::"x"', False),
        ('principal, action == AgentCore::Action::"a", resource == AgentCore::Gateway::"x"', True),
        ('principal, action in [AgentCore::Action::"a"], resource == AgentCore::Gateway::"x"', True),
        ('principal, action in AgentCore::Action::"a", resource is AgentCore::Gateway', False),
        ('principal, action == AgentCore::Action::"a", resource', False),
        ('principal, action == AgentCore::Action::"a", resource == AgentCore::Other::"x"', False),
        ('principal, action, resource is AgentCore::Gateway in AgentCore::Gateway::"x"', False),
    ],
)
def test_a_scope_the_service_refuses_passes(scope: str, fits: bool) -> None:
    assert (cedar_scope.findings(f"forbid({scope});") == []) is fits


def test_such_a_scope_is_told_with_the_policies(project: Project) -> None:
    policy = rendered(project)[0]
    loose = replace(policy, statement=policy.statement.replace("resource is AgentCore::Gateway", "resource"))
    with pytest.raises(CedarErrors, match="any action goes with `resource is AgentCore::Gateway`"):
        cedar.validate(project.systems[0], [loose])


def test_the_longest_arn_of_a_gateway_is_longer_than_the_room_kept_for_it() -> None:
    """Partition, region and account at their longest (contracts §1.1, §11); the name as `check` limits it."""
    account, gateway = "1" * 12, f"gateway/{'g' * 48}-{'x' * 10}"
    longest = ":".join(("arn", "aws-us-gov", "bedrock-agentcore", "r" * 15, account, gateway))
    with_it = replace(RENDERED, statement=RENDERED.statement.replace(ARN, longest))
    assert len(with_it.statement) <= cedar.size([RENDERED])


RENDERED = switches.SwitchPolicy(
    name="p",
    description="",
    statement=f'forbid(principal, action, resource == AgentCore::Gateway::"{ARN}");',
    switch=Switch(SwitchKind.TOOL, "t___a"),
)
