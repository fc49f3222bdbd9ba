"""The access matrix and what is rendered from it: only what is granted, with the line that grants it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import cedar, cedar_text, interceptor_policy, openapi, scopes, tool_schema
from governance.access import AccessMatrix
from governance.cedar_policy import Rendered
from governance.errors import CedarErrors
from governance.load import load_project
from governance.model import System
from governance.names import Names
from tests.governance.conftest import Shop

ARN = cedar.PLACEHOLDER_ARN
NAMES = Names("shop", "dev")


@pytest.fixture
def system(shop: Shop) -> System:
    return load_project(shop.root).system("shop")


def test_a_grant_carries_its_line(system: System) -> None:
    decision = AccessMatrix.of(system).decision("auditor", "stock___find")
    assert (decision.effect, str(decision.source)) == ("allow", "systems/shop/agents/auditor.yaml:8")


def test_what_is_not_granted_is_denied_with_a_reason(system: System) -> None:
    decision = AccessMatrix.of(system).decision("auditor", "stock___sell")
    assert (decision.effect, decision.reason) == ("deny", "auditor is not granted stock___sell")


@pytest.mark.parametrize(
    "cell",
    [
        ("thief", "stock___find"),
        ("clerk", "stock__find"),
        ("clerk", "find"),
        ("clerk", "STOCK___find"),
        ("", ""),
    ],
)
def test_the_undeclared_is_denied(system: System, cell: tuple[str, str]) -> None:
    assert not AccessMatrix.of(system).decision(*cell).allowed


def test_a_wildcard_means_the_declared_tools_and_is_marked(system: System) -> None:
    grants = {grant.tool: grant.wildcard for grant in system.agent("clerk").grants}
    assert grants == {"parcels___quote": True, "stock___find": False, "stock___sell": False}


def test_every_agent_has_its_own_badge(system: System) -> None:
    assert {scope.full: scope.agent for scope in scopes.render(system)} == {
        "shop/agent.auditor": "auditor",
        "shop/agent.clerk": "clerk",
    }


def test_the_interceptor_policy_grants_exactly_the_matrix(system: System) -> None:
    matrix = AccessMatrix.of(system)
    policy = json.loads(interceptor_policy.render(system, "dev", matrix))
    assert {agent: sorted(row) for agent, row in policy["grants"].items()} == {
        agent: sorted(matrix.tools_of(agent)) for agent in matrix.agents
    }
    assert policy["badges"] == {scope.full: scope.agent for scope in scopes.render(system)}


def test_rendering_is_the_same_bytes_each_time(system: System) -> None:
    matrix = AccessMatrix.of(system)
    assert interceptor_policy.render(system, "dev", matrix) == interceptor_policy.render(
        system, "dev", matrix
    )


def test_cedar_decides_every_cell_as_the_matrix_does(system: System) -> None:
    matrix = AccessMatrix.of(system)
    policies = cedar.render(system, NAMES, matrix, ARN)
    cedar.validate(system, policies)
    cells = [(scope, tool.full_name) for scope in scopes.render(system) for tool in system.tools]
    for scope, tool in cells:
        verdict = cedar.decide(policies, scope=scope.full, tool=tool, gateway_arn=ARN)
        assert verdict.allowed == matrix.decision(scope.agent, tool).allowed, (scope.agent, tool)


@pytest.mark.parametrize(
    "scope",
    ["shop/agent.cler", "shop/agent.clerk2", "shop/agent.clerk shop/agent.auditor", "agent.clerk", ""],
)
def test_cedar_wants_the_badge_exactly(system: System, scope: str) -> None:
    policies = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    assert not cedar.decide(policies, scope=scope, tool="stock___sell", gateway_arn=ARN).allowed


def test_cedar_names_one_gateway_only(system: System) -> None:
    policies = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    assert not cedar.decide(
        policies, scope="shop/agent.clerk", tool="stock___sell", gateway_arn=ARN + "x"
    ).allowed


def test_an_action_that_no_target_declares_is_refused_at_synth(system: System) -> None:
    [first, *_] = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    wrong = replace(first, statement=first.statement.replace("___", "__"))
    with pytest.raises(CedarErrors, match="unrecognized action"):
        cedar.validate(system, [wrong])


def test_cedar_that_does_not_parse_is_refused_at_synth(system: System) -> None:
    with pytest.raises(CedarErrors):
        cedar.validate(
            system,
            [
                Rendered(
                    name="p", description="", statement="permit(principal, action, resource) wehn { true };"
                )
            ],
        )


@given(count=st.integers(min_value=1, max_value=400))
def test_long_grants_are_split_below_the_statement_limit(count: int) -> None:
    tools = tuple(f"target-{'x' * 30}___tool_{index}" for index in range(count))
    groups = tuple(cedar.groups(tools))
    assert tuple(tool for group in groups for tool in group) == tools
    assert all(len(cedar_text.permit("s/agent.a", group, ARN)) <= cedar.MAX_STATEMENT for group in groups)


def test_an_agent_with_no_grant_has_no_permit(shop: Shop) -> None:
    shop.change(
        "systems/shop/agents/auditor.yaml", "may_call:\n  stock:\n    - find", "may_call: {}\nbrowser: public"
    )
    system = load_project(shop.root).system("shop")
    policies = cedar.render(system, NAMES, AccessMatrix.of(system), ARN)
    assert [policy.agent for policy in policies] == ["clerk"]


def test_tool_schemas_carry_no_prefix_and_only_known_fields(system: System) -> None:
    [find, _] = tool_schema.render(system.target("stock"))
    assert find["name"] == "find"
    assert set(find) == {"name", "description", "inputSchema"}


def test_openapi_gets_the_environments_server_and_no_other(system: System) -> None:
    document = system.target("parcels").spec_document
    assert document is not None
    assert json.loads(openapi.render(document, "https://post.example"))["servers"] == [
        {"url": "https://post.example"}
    ]
