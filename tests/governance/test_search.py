"""The gateway's search: off unless declared, and then for the agents that are told so."""

from __future__ import annotations

import json

import pytest

from governance import cedar, cedar_schema, interceptor_policy
from governance.access import AccessMatrix
from governance.load import load_project
from governance.model import System
from governance.names import SEARCH_TOOL, Names, badge
from tests.governance.conftest import Shop

AGENT = "systems/shop/agents/clerk.yaml"
SYSTEM = "systems/shop/system.yaml"
ARN = cedar.PLACEHOLDER_ARN


def searching(shop: Shop) -> System:
    shop.change(SYSTEM, "languages:", "search: semantic\nlanguages:")
    shop.change(AGENT, "may_delegate_to:", "may_search: true\nmay_delegate_to:")
    return load_project(shop.root).system("shop")


def test_nobody_searches_unless_the_system_says_so(shop: Shop) -> None:
    system = load_project(shop.root).system("shop")
    assert system.search is None
    matrix = AccessMatrix.of(system)
    assert not any(matrix.decision(agent, SEARCH_TOOL).allowed for agent in matrix.agents)
    assert SEARCH_TOOL not in interceptor_policy.render(system, "dev", matrix)
    assert SEARCH_TOOL not in str(cedar.render(system, Names("shop", "dev"), matrix, ARN))


def test_an_agent_that_may_search_is_told_so_by_its_own_line(shop: Shop) -> None:
    system = searching(shop)
    matrix = AccessMatrix.of(system)
    granted = matrix.decision("clerk", SEARCH_TOOL)
    assert (granted.allowed, str(granted.source)) == (True, f"{AGENT}:9")
    assert not matrix.decision("auditor", SEARCH_TOOL).allowed
    policy = json.loads(interceptor_policy.render(system, "dev", matrix))
    assert policy["grants"]["clerk"][SEARCH_TOOL] == f"{AGENT}:9"
    assert SEARCH_TOOL not in policy["grants"]["auditor"]
    assert SEARCH_TOOL in policy["tools"]


def test_a_wildcard_is_no_leave_to_search(shop: Shop) -> None:
    shop.change(AGENT, 'may_call:\n  stock: [find, sell]\n  parcels: "*"\n', 'may_call: "*"\n')
    shop.change(SYSTEM, "languages:", "search: semantic\nlanguages:")
    shop.change("systems/shop/agents/auditor.yaml", "may_delegate_to:", "may_search: true\nmay_delegate_to:")
    matrix = AccessMatrix.of(load_project(shop.root).system("shop"))
    assert not matrix.decision("clerk", SEARCH_TOOL).allowed
    assert matrix.decision("auditor", SEARCH_TOOL).allowed


def test_search_has_a_permit_of_its_own_that_cedar_reads_and_keeps(shop: Shop) -> None:
    """Should the service refuse the name of the action, it refuses this policy and no other."""
    system = searching(shop)
    policies = cedar.render(system, Names("shop", "dev"), AccessMatrix.of(system), ARN)
    cedar.validate(system, policies)
    (permit,) = [policy for policy in policies if SEARCH_TOOL in policy.statement]
    assert (permit.agent, permit.tools, permit.tool) == ("clerk", (SEARCH_TOOL,), SEARCH_TOOL)
    assert "___" not in permit.statement
    verdicts = {
        agent: cedar.decide(
            policies,
            scope=badge("shop", agent),
            tool=SEARCH_TOOL,
            gateway_arn=ARN,
            arguments={"query": "x"},
        ).allowed
        for agent in ("clerk", "auditor")
    }
    assert verdicts == {"clerk": True, "auditor": False}


def test_the_schema_knows_the_search_tool_only_where_it_is_on(shop: Shop) -> None:
    off = cedar_schema.render(load_project(shop.root).system("shop"))["AgentCore"]["actions"]
    assert SEARCH_TOOL not in off
    on = cedar_schema.render(searching(shop))["AgentCore"]["actions"]
    assert on[SEARCH_TOOL]["memberOf"] == [{"id": "CallTool"}]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            SYSTEM,
            "languages:",
            "search: semantic\nlanguages:",
            "search: is semantic, and no agent may search.",
        ),
        (SYSTEM, "languages:", "search: words\nlanguages:", "search: is 'words'. One of: none, semantic."),
        (
            AGENT,
            "may_delegate_to:",
            "may_search: true\nmay_delegate_to:",
            "clerk.yaml:9: may_search: is true, and the system's gateway has no search.",
        ),
        (AGENT, "may_delegate_to:", 'may_search: "*"\nmay_delegate_to:', "may_search: is '*'. It must be"),
    ],
)
def test_search_that_is_half_declared_is_refused(
    shop: Shop, file: str, old: str, new: str, says: str
) -> None:
    shop.change(file, old, new)
    problems = [str(problem) for problem in shop.problems()]
    assert any(says in problem for problem in problems), problems


def test_may_search_false_is_as_good_as_left_out(shop: Shop) -> None:
    shop.change(AGENT, "may_delegate_to:", "may_search: false\nmay_delegate_to:")
    assert load_project(shop.root).system("shop").search is None
