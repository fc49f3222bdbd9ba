"""What is rendered from rules: Cedar and the interceptor together say exactly what is declared."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway_interceptor import argument_rules
from governance import cedar, interceptor_policy
from governance.access import AccessMatrix
from governance.binding import MAX_INTEGER, MIN_INTEGER, ArgumentRule, RuleKind
from governance.load import AIRSIDE_ROOT, load_project
from governance.model import System
from tests.governance.ruled import ARN, NAMES, RULE_LINE, policies_of, system_with

USER = {"shopper": "A1"}

INTEGERS = st.integers(MIN_INTEGER, MAX_INTEGER) | st.sampled_from((MIN_INTEGER, -1, 0, 1, MAX_INTEGER))
TEXTS = st.text(min_size=1, max_size=8) | st.sampled_from(
    ("A1", 'a"b', "a\\b", "\\u{41}", "a\nb", "안녕", "*", "e\u0301", "é", "true", "1")
)
CONSTANTS = INTEGERS | TEXTS | st.booleans()


def ranges() -> st.SearchStrategy[ArgumentRule]:
    ordered = st.tuples(INTEGERS, INTEGERS).map(sorted)
    bounds = ordered | INTEGERS.map(lambda least: [least, None]) | INTEGERS.map(lambda most: [None, most])
    return bounds.map(lambda pair: ArgumentRule("x", RuleKind.RANGE, RULE_LINE, least=pair[0], most=pair[1]))


RULES = (
    CONSTANTS.map(lambda value: ArgumentRule("x", RuleKind.EQUALS, RULE_LINE, (value,)))
    | st.lists(TEXTS, min_size=1, max_size=4, unique=True).map(
        lambda values: ArgumentRule("x", RuleKind.ONE_OF, RULE_LINE, tuple(values))
    )
    | st.lists(INTEGERS, min_size=1, max_size=4, unique=True).map(
        lambda values: ArgumentRule("x", RuleKind.ONE_OF, RULE_LINE, tuple(values))
    )
    | ranges()
    | st.just(ArgumentRule("x", RuleKind.USER, RULE_LINE, ("shopper",)))
)


def cedar_allows(system: System, arguments: dict[str, Any]) -> bool:
    return cedar.decide(
        policies_of(system),
        scope="shop/agent.clerk",
        tool="stock___find",
        gateway_arn=ARN,
        arguments=arguments,
    ).allowed


def interceptor_allows(rule: ArgumentRule, arguments: dict[str, Any], user: dict[str, str]) -> bool:
    """The deployed interceptor's own reading of the rule as rendered for it."""
    member = json.loads(json.dumps({**rule.form, "source": str(rule.source)}))
    parsed = argument_rules.parse(rule.argument, member, {"shopper": "username"})
    assert parsed is not None
    if parsed.claim is not None:
        return bool(parsed.is_users_own(arguments, user.get("shopper")))
    return bool(parsed.allows(arguments))


@st.composite
def rules_and_values(draw: st.DrawFn) -> tuple[ArgumentRule, Any]:
    """A rule and a value near it, of its type or of another."""
    rule = draw(RULES)
    near: list[Any] = [*rule.values, rule.least, rule.most]
    near += [each + step for each in (rule.least, rule.most) if each is not None for step in (-1, 1)]
    return rule, draw(st.sampled_from([each for each in near if each is not None]) | CONSTANTS)


@settings(deadline=None)  # no test measures time
@given(rules_and_values())
@example((ArgumentRule("x", RuleKind.RANGE, RULE_LINE, least=0, most=1), True))
@example((ArgumentRule("x", RuleKind.EQUALS, RULE_LINE, (1,)), True))
@example((ArgumentRule("x", RuleKind.EQUALS, RULE_LINE, (True,)), 1))
@example((ArgumentRule("x", RuleKind.EQUALS, RULE_LINE, ("1",)), 1))
@example((ArgumentRule("x", RuleKind.RANGE, RULE_LINE, most=5), 2**63))
@example((ArgumentRule("x", RuleKind.USER, RULE_LINE, ("shopper",)), "A1"))
@example((ArgumentRule("x", RuleKind.USER, RULE_LINE, ("shopper",)), "a1"))
def test_cedar_and_the_interceptor_together_are_the_declared_rule(case: tuple[ArgumentRule, Any]) -> None:
    rule, value = case
    system, arguments = system_with(rule), {"x": value}
    both = cedar_allows(system, arguments) and interceptor_allows(rule, arguments, USER)
    assert both is rule.allows(value, USER)
    if rule.kind is not RuleKind.USER:
        # Neither leans on the other where Cedar can state the rule.
        assert cedar_allows(system, arguments) is rule.allows(value)
        assert interceptor_allows(rule, arguments, USER) is rule.allows(value)


@settings(deadline=None)  # no test measures time
@given(RULES)
def test_a_left_out_argument_satisfies_no_rule(rule: ArgumentRule) -> None:
    assert not (cedar_allows(system_with(rule), {}) and interceptor_allows(rule, {}, USER))
    assert rule.kind is RuleKind.USER or not cedar_allows(system_with(rule), {})
    # Nor where the schema would let it be left out: the condition tests for it.
    assert rule.kind is RuleKind.USER or not cedar_allows(system_with(rule, optional=("x",)), {})


@settings(deadline=None)  # no test measures time
@given(RULES)
def test_the_example_of_a_rule_keeps_it(rule: ArgumentRule) -> None:
    assert rule.kind is RuleKind.USER or rule.allows(rule.example)


def test_all_rules_of_a_tool_hold_together() -> None:
    system = system_with(
        ArgumentRule("a", RuleKind.RANGE, RULE_LINE, least=1, most=9),
        ArgumentRule("b", RuleKind.ONE_OF, RULE_LINE, ("X", "Y")),
    )
    assert cedar_allows(system, {"a": 1, "b": "X"})
    assert not cedar_allows(system, {"a": 0, "b": "X"})
    assert not cedar_allows(system, {"a": 1, "b": "Z"})


@pytest.mark.parametrize(
    "name", ["in", "has", "like", "max-price", "filter[x]", 'q"uote', "a.b", "__cedar", "true"]
)
def test_an_argument_named_like_cedars_own_words_is_bound_all_the_same(name: str) -> None:
    system = system_with(ArgumentRule(name, RuleKind.RANGE, RULE_LINE, most=3))
    assert cedar_allows(system, {name: 3})
    assert not cedar_allows(system, {name: 4})
    assert not cedar_allows(system, {"other": 3})


def test_a_tool_with_rules_is_in_no_permit_without_them() -> None:
    policies = policies_of(system_with(ArgumentRule("x", RuleKind.RANGE, RULE_LINE, most=3)))
    assert [(policy.tool, policy.tools) for policy in policies] == [
        (None, ("stock___look",)),
        ("stock___find", ("stock___find",)),
    ]
    assert len({policy.name for policy in policies}) == 2
    assert policies[1].description == "With which arguments the agent clerk may call stock___find"


def test_a_rule_about_the_user_makes_no_policy_of_its_own() -> None:
    (policy,) = policies_of(system_with(ArgumentRule("x", RuleKind.USER, RULE_LINE, ("shopper",))))
    assert policy.tools == ("stock___find", "stock___look")


def test_a_policys_name_does_not_move_when_other_tools_get_rules() -> None:
    """A policy's name cannot be changed in place: a moved one would be deleted and made again."""
    assert NAMES.rule_policy("clerk", "stock___find") == "shop_dev_clerk_51e84ca1"


@pytest.fixture(scope="module")
def airline() -> System:
    return load_project(AIRSIDE_ROOT).system("airline")


def test_the_interceptors_file_states_every_rule_with_its_line(airline: System) -> None:
    document = json.loads(interceptor_policy.render(airline, "dev", AccessMatrix.of(airline)))
    assert document["version"] == 3
    assert document["users"] == {"claims": {"customer_id": "username"}}
    lines = {
        (tool, argument): rule.pop("source")
        for tool, rules in document["arguments"].items()
        for argument, rule in rules.items()
    }
    assert document["arguments"] == {
        "customer-mcp___create_booking": {"customer_id": {"user": "customer_id"}},
        "customer-mcp___get_customer_bookings": {"customer_id": {"user": "customer_id"}},
        "customer-mcp___get_customer_info": {"customer_id": {"user": "customer_id"}},
        "flights-api___search_flights": {"adults": {"min": 1, "max": 9}},
        "loyalty-mcp___get_member_loyalty": {"customer_id": {"user": "customer_id"}},
        "loyalty-mcp___get_points_balance": {"customer_id": {"user": "customer_id"}},
    }
    for (_, argument), source in lines.items():
        file, line = source.split(":")
        written = (AIRSIDE_ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        assert written.strip().startswith(f"{argument}:"), source


def test_no_tool_of_the_airline_takes_a_customer_that_is_not_the_users(airline: System) -> None:
    for tool in airline.tools:
        if "customer_id" in tool.input_schema["properties"]:
            assert [(rule.kind, rule.values) for rule in tool.rules if rule.argument == "customer_id"] == [
                (RuleKind.USER, ("customer_id",))
            ], tool.full_name


def test_a_system_without_users_states_so_to_the_interceptor() -> None:
    system = system_with()
    document = json.loads(interceptor_policy.render(system, "dev", AccessMatrix.of(system)))
    assert (document["users"], document["arguments"]) == (None, {})
