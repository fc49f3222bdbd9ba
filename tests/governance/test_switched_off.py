"""Switches as declared: an environment says what is off, by a name that means one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from governance import cedar, check_switches, switches
from governance.access import AccessMatrix
from governance.load import load_project
from governance.model import Source
from governance.names import Names
from governance.switch import Switch, SwitchedOff, SwitchKind
from tests.governance.conftest import Shop

ARN = cedar.PLACEHOLDER_ARN
OFF = """\
switched_off:
  agents: {clerk: Prices are wrong.}
  tools:
    stock___sell: The till is broken.
"""


def declare(shop: Shop, text: str) -> None:
    shop.change("environments/dev.yaml", "retain_data: false\n", f"retain_data: false\n{text}")


def test_a_declared_switch_is_deployed_thrown_with_its_reason_and_line(shop: Shop) -> None:
    declare(shop, OFF)
    project = load_project(shop.root)
    system, [environment] = project.systems[0], project.environments
    rendered = switches.render(system, environment, Names("shop", "dev"), AccessMatrix.of(system), ARN)
    thrown = {str(policy.switch): policy for policy in rendered if policy.active}
    assert set(thrown) == {"agent clerk", "tool stock___sell"}
    clerk = thrown["agent clerk"]
    assert clerk.description == "Switch of the agent clerk. Off: Prices are wrong."
    lines = (shop.root / "environments/dev.yaml").read_text(encoding="utf-8").splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if "Prices are wrong" in text]
    assert clerk.origins == (("clerk", Source("environments/dev.yaml", line)),)


def test_cedar_refuses_what_is_declared_off_and_nothing_else(shop: Shop) -> None:
    declare(shop, "switched_off: {tools: {stock___find: down}}\n")
    project = load_project(shop.root)
    system, [environment] = project.systems[0], project.environments
    policies = switches.policies(system, environment, Names("shop", "dev"), AccessMatrix.of(system), ARN)
    cedar.validate(system, policies)
    verdicts = {
        tool: cedar.decide(policies, scope="shop/agent.clerk", tool=tool, gateway_arn=ARN)
        for tool in ("stock___find", "stock___sell")
    }
    assert verdicts["stock___sell"].allowed
    assert not verdicts["stock___find"].allowed
    assert verdicts["stock___find"].policies == (Names("shop", "dev").switch("tool", "stock___find"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("switched_off: {agents: {clark: down}}\n", "agents.clark: is no agent. Known: auditor, clerk."),
        ("switched_off: {tools: {stock___steal: down}}\n", "tools.stock___steal: is no tool. Known: "),
        ("switched_off: {tools: {stock__sell: down}}\n", "stock__sell: is not a valid name."),
        ("switched_off: {tools: {stock: down}}\n", "stock: is not a valid name."),
        ("switched_off: {agents: {mall/clerk: down}}\n", "mall/clerk: is no agent of the system 'mall'."),
        ("switched_off: {agents: {clerk: down, shop/clerk: down}}\n", "shop/clerk: is switched off twice."),
        ("switched_off: {agents: {clerk: }}\n", "switched_off.agents.clerk: is None."),
        ('switched_off: {agents: {clerk: ""}}\n', "switched_off.agents.clerk: "),
        ('switched_off: {agents: {clerk: "a\\nb"}}\n', "switched_off.agents.clerk: "),
        (f"switched_off: {{agents: {{clerk: {'x' * 201}}}}}\n", "switched_off.agents.clerk: "),
        ("switched_off: {targets: {stock: down}}\n", "switched_off.targets: is not a known key."),
        ("switched_off: [clerk]\n", "switched_off: "),
    ],
)
def test_a_switch_that_would_not_be_the_one_that_was_meant_is_refused(
    shop: Shop, text: str, told: str
) -> None:
    declare(shop, text)
    problems = [str(problem) for problem in shop.problems()]
    assert problems
    assert any(told in problem and problem.startswith("environments/dev.yaml:") for problem in problems), (
        problems
    )


def test_a_switch_in_an_environment_that_enforces_nothing_is_refused(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    declare(shop, "switched_off: {agents: {clerk: down}}\n")
    shop.change("environments/dev.yaml", "policy_mode: ENFORCE", "policy_mode: LOG_ONLY")
    assert "switched_off.agents.clerk: would only be logged" in only_problem()


def test_a_name_that_two_systems_have_must_say_which(shop: Shop) -> None:
    project = load_project(shop.root)
    [shops], [environment] = project.systems, project.environments
    mall = replace(shops, name="mall")
    clerk = SwitchedOff(Switch(SwitchKind.AGENT, "clerk"), "down", Source("environments/dev.yaml", 3))

    plain = replace(environment, switched_off=(clerk,))
    (problem,) = check_switches.problems_of((plain,), (shops, mall))
    assert str(problem).endswith("is of shop and mall. Write shop/clerk or mall/clerk.")

    named = replace(environment, switched_off=(replace(clerk, system="mall"),))
    assert check_switches.problems_of((named,), (shops, mall)) == []
    assert [item.switch for item in switches.declared(mall, named)] == [clerk.switch]
    assert switches.declared(shops, named) == ()


def test_a_name_may_say_its_system(shop: Shop) -> None:
    declare(shop, "switched_off: {agents: {shop/clerk: down}, tools: {shop/stock___sell: down}}\n")
    (environment,) = load_project(shop.root).environments
    assert [(item.system, str(item.switch)) for item in environment.switched_off] == [
        ("shop", "agent clerk"),
        ("shop", "tool stock___sell"),
    ]
