"""Shadows in a declaration: a wrong one is told with its line, a right one relaxes its own cell only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.__main__ import main
from governance import cedar, interceptor_policy
from governance.access import AccessMatrix
from governance.load import load_project
from governance.model import Source, System
from governance.names import Names, badge
from governance.shadow import Shadow, WouldRefuse
from tests.governance.conftest import Shop

AUDITOR = "systems/shop/agents/auditor.yaml"
CLERK = "systems/shop/agents/clerk.yaml"
STOCK = "systems/shop/targets/stock.yaml"
FIND = "    - find\n"
REQUIRED = "    required: [sku]\n    effect: read\n"
REASON = "Two things from March on."
FIND_TOOL = "stock___find"


def ruled(shop: Shop, *rules: str) -> None:
    """Gives the tool `find` these rules."""
    lines = "".join(f"      {rule}\n" for rule in rules)
    shop.change(STOCK, REQUIRED, f"    required: [sku]\n    arguments:\n{lines}    effect: read\n")


def shadowed(shop: Shop, shadow: str, file: str = AUDITOR, old: str = FIND) -> None:
    shop.change(file, old, f"    - {{tool: find, shadow: {shadow}}}\n")


ENTRIES = [
    # the auditor's entry for `find`, what the one problem must say
    ("{tool: find}", "auditor.yaml:8: may_call.stock[0].shadow: is missing."),
    ("{tool: find, shadow: true}", "may_call.stock[0].shadow: is True. It must be of type object."),
    ("{tool: find, shadow: {}}", "may_call.stock[0].shadow.would_refuse: is missing."),
    ("{tool: find, shadow: {would_refuse: calls}}", "auditor.yaml:8: may_call.stock[0].shadow.reason: is missing."),
    ("{tool: find, shadow: {reason: R}}", "may_call.stock[0].shadow.would_refuse: is missing."),
    ("{tool: find, shadow: {would_refuse: users, reason: R}}", "would_refuse: is 'users'. One of: calls, arguments."),
    ("{tool: find, shadow: {would_refuse: [calls], reason: R}}", "would_refuse: is ['calls']. One of: calls, arg"),
    ("{tool: find, shadow: {would_refuse: calls, reason: ''}}", "shadow.reason: '' should be non-empty."),
    ('{tool: find, shadow: {would_refuse: calls, reason: "a\\u202e"}}', "holds the invisible character U+202E"),
    ("{tool: find, shadow: {would_refuse: calls, reason: R, until: X}}", "shadow.until: is not a known key."),
    ("{tool: find, shade: {would_refuse: calls, reason: R}}", "may_call.stock[0].shad"),
    ("{tool: [find], shadow: {would_refuse: calls, reason: R}}", "may_call.stock[0].tool: is ['find']."),
    ("{tool: steal, shadow: {would_refuse: calls, reason: R}}", "grants 'steal', which is no tool of stock. Known: f"),
    ('{tool: "*", shadow: {would_refuse: calls, reason: R}}', "A wildcard stands alone and has no shadow."),
    ("{tool: find, shadow: {would_refuse: arguments, reason: R}}",
     "auditor.yaml:8: may_call.stock[0].shadow.would_refuse: is 'arguments', and the tool has no rules."),
    ("5", "may_call.stock[0]: is 5."),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "said"), ENTRIES)
def test_a_shadow_that_cannot_be_meant_is_refused(
    shop: Shop, only_problem: Callable[[], str], entry: str, said: str
) -> None:
    shop.change(AUDITOR, FIND, f"    - {entry}\n")
    problem = only_problem()
    assert problem.startswith(f"{AUDITOR}:8:"), problem
    assert said in problem


WILDCARDS = [
    (CLERK, '  parcels: "*"\n', "  parcels: {tool: '*', shadow: {would_refuse: calls, reason: R}}\n", "clerk.yaml:8"),
    (AUDITOR, "may_call:\n  stock:\n    - find\n", "may_call: {tool: '*', shadow: {}}\n", "auditor.yaml:6"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "line"), WILDCARDS)
def test_a_wildcard_has_no_shadow(
    shop: Shop, only_problem: Callable[[], str], file: str, old: str, new: str, line: str
) -> None:
    shop.change(file, old, new)
    assert line in only_problem()


def test_rules_of_the_user_alone_cannot_be_in_shadow_mode(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    shop.with_users()
    ruled(shop, "sku: {bind: user.shopper}")
    shadowed(shop, "{would_refuse: arguments, reason: R}")
    assert "one bound to the user never is" in only_problem()


def test_a_tool_granted_plainly_and_in_shadow_mode_is_refused(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    """Which of the two held would be chance."""
    shop.change(AUDITOR, FIND, f"{FIND}    - {{tool: find, shadow: {{would_refuse: calls, reason: R}}}}\n")
    assert "auditor.yaml:9: may_call.stock[1]: grants 'find' a second time." in only_problem()


@pytest.fixture
def system(shop: Shop) -> System:
    """The auditor finds things in shadow mode; the clerk by the same rules, enforced."""
    ruled(shop, "sku: {one_of: [A1, A2]}")
    shop.change(
        AUDITOR, FIND, f"    - tool: find\n      shadow: {{would_refuse: arguments, reason: {REASON}}}\n"
    )
    return load_project(shop.root).system("shop")


def test_a_shadow_carries_its_reason_and_line(system: System) -> None:
    matrix = AccessMatrix.of(system)
    decision = matrix.decision("auditor", FIND_TOOL)
    assert (decision.allowed, decision.source) == (True, Source(AUDITOR, 8))
    assert decision.shadow == Shadow(WouldRefuse.ARGUMENTS, REASON, Source(AUDITOR, 9))
    assert matrix.decision("clerk", FIND_TOOL).shadow is None
    assert matrix.decision("auditor", "stock___sell").shadow is None


def test_the_interceptors_file_names_the_shadowed_cell_and_no_other(system: System) -> None:
    document = json.loads(interceptor_policy.render(system, "dev", AccessMatrix.of(system)))
    assert document["version"] == 3
    assert document["grants"]["auditor"] == {FIND_TOOL: {"source": f"{AUDITOR}:8", "shadow": "arguments"}}
    assert all(isinstance(grant, str) for grant in document["grants"]["clerk"].values())
    assert REASON not in json.dumps(document), "other words would be another policy"


def permitted(system: System, agent: str, arguments: dict[str, Any]) -> bool:
    rendered = cedar.render(system, Names("shop", "dev"), AccessMatrix.of(system), cedar.PLACEHOLDER_ARN)
    cedar.validate(system, rendered)
    return cedar.decide(
        rendered,
        scope=badge("shop", agent),
        tool=FIND_TOOL,
        gateway_arn=cedar.PLACEHOLDER_ARN,
        arguments=arguments,
    ).allowed


def test_cedar_permits_what_a_shadow_lets_through_to_that_agent_only(system: System) -> None:
    for arguments in ({"sku": "A1"}, {"sku": "B1"}, {}):
        assert permitted(system, "auditor", arguments)
    assert permitted(system, "clerk", {"sku": "A1"})
    assert not permitted(system, "clerk", {"sku": "B1"})


def test_a_shadow_of_calls_keeps_the_tools_conditions(shop: Shop) -> None:
    ruled(shop, "sku: {one_of: [A1, A2]}")
    shadowed(shop, "{would_refuse: calls, reason: R}")
    system = load_project(shop.root).system("shop")
    assert permitted(system, "auditor", {"sku": "A1"})
    assert not permitted(system, "auditor", {"sku": "B1"})


def test_validation_tells_of_every_shadow(
    shop: Shop, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--quick", "--project", str(shop.root)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == [
        f"note: {AUDITOR}:9: in shadow mode: auditor {FIND_TOOL}, arguments would be refused: {REASON}"
    ]
    assert main(["validate", "--quick", "--json", "--project", str(shop.root)]) == 0
    (shadow,) = json.loads(capsys.readouterr().out)["shadows"]
    assert (shadow["agent"], shadow["tool"], shadow["source"]) == ("auditor", FIND_TOOL, f"{AUDITOR}:9")


def test_an_explanation_does_not_hide_the_shadow(
    shop: Shop, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--project", str(shop.root)]
    assert main(["explain", "auditor", FIND_TOOL, *words]) == 0
    told = capsys.readouterr().out
    assert f"shadow: arguments would be refused: {REASON} ({AUDITOR}:9)" in told
    assert 'arguments: sku = "A1" or "A2" (systems/shop/targets/stock.yaml:14)  logged only' in told
    assert main(["explain", "clerk", FIND_TOOL, *words]) == 0
    told = capsys.readouterr().out
    assert "shadow" not in told
    assert "logged only" not in told
    assert main(["explain", "--who-can", FIND_TOOL, "--json", *words]) == 0
    shadows = {row["agent"]: row["shadow"] for row in json.loads(capsys.readouterr().out)}
    assert shadows["clerk"] is None
    assert shadows["auditor"]["would_refuse"] == "arguments"
