"""What Cedar finds wrong is told with the line of the declaration that caused it."""

from __future__ import annotations

import dataclasses

import pytest

from governance import cedar
from governance.access import AccessMatrix
from governance.binding import ArgumentRule, RuleKind
from governance.errors import CedarErrors
from governance.model import System
from tests.governance.ruled import ARN, NAMES, RULE_LINE, system_with


def found_in(system: System, policies: tuple[cedar.CedarPolicy, ...]) -> str:
    with pytest.raises(CedarErrors) as raised:
        cedar.validate(system, policies)
    assert len({(problem.file, problem.line) for problem in raised.value.problems}) == 1
    return "\n".join(str(problem) for problem in raised.value.problems)


def test_a_finding_about_an_argument_names_the_rules_line() -> None:
    system = system_with(ArgumentRule("amount", RuleKind.RANGE, RULE_LINE, most=3))
    policies = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    (find, look) = system.tools
    text = dataclasses.replace(
        find,
        input_schema={"type": "object", "properties": {"amount": {"type": "string"}}, "required": ["amount"]},
    )
    target = dataclasses.replace(system.targets[0], tools=(text, look))
    said = found_in(dataclasses.replace(system, targets=(target,)), policies)
    assert said.startswith("targets/stock.yaml:14: policy shop_dev_clerk_51e84ca1:")


def test_a_finding_about_a_tool_names_the_grants_line() -> None:
    system = system_with()
    policies = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    target = dataclasses.replace(system.targets[0], tools=system.tools[:1])
    said = found_in(dataclasses.replace(system, targets=(target,)), policies)
    assert said.startswith("agents/clerk.yaml:8: policy shop_dev_clerk:")
    assert "stock___look" in said


def test_rules_too_long_for_a_statement_name_their_line() -> None:
    values = tuple(f"{number:03}{'x' * 200}" for number in range(60))
    system = system_with(ArgumentRule("x", RuleKind.ONE_OF, RULE_LINE, values))
    said = found_in(system, cedar.render(system, NAMES, AccessMatrix.of(system), ARN))
    assert said.startswith("targets/stock.yaml:14:")
    assert "Shorten its rules." in said


def test_two_policies_of_one_name_are_refused() -> None:
    system = system_with()
    [policy] = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    assert "another policy has this name too" in found_in(system, (policy, policy))


def test_a_forbid_that_could_error_is_refused_with_the_policies() -> None:
    system = system_with(ArgumentRule("x", RuleKind.RANGE, RULE_LINE, most=3))
    [_, policy] = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    forbid = policy.statement.replace("permit(", "forbid(").replace("context.input has x && ", "")
    said = found_in(system, (dataclasses.replace(policy, statement=forbid),))
    assert said.startswith("targets/stock.yaml:14:")
    assert "reads context.input.x, which may be missing" in said


def test_more_text_than_a_gateways_policies_may_have_is_refused() -> None:
    system = system_with()
    [policy] = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    many = tuple(dataclasses.replace(policy, name=f"p{number}") for number in range(600))
    assert "makes 600 policies of" in found_in(system, many)
