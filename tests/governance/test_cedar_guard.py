"""A forbid that could error is found: Cedar would leave it out, and the call it forbids would pass."""

from __future__ import annotations

import cedarpy
import pytest

from governance import cedar_guard

SAFE = [
    'context.input has region && context.input.region == "X"',
    'context.input has "a b" && context.input["a b"] == 1',
    "!(context.input has amount) || context.input.amount > 5",
    "context.input has amount && (context.input.amount > 5 || context.input.amount < 1)",
    "if context.input has amount then context.input.amount > 5 else true",
    'context.input has a.b.c && context.input.a.b.c == "x"',
    'principal.hasTag("scope") && principal.getTag("scope") like "*x*"',
    'principal.id == "someone"',
    'context.input has price && context.input.price.lessThan(decimal("1.0"))',
    "context.input has tags && context.input.tags.contains(1) && !context.input.tags.isEmpty()",
    "(context.input has a && context.input has b) && context.input.a == context.input.b",
    "(context.input has a && 1 == 1 || context.input has a && 2 == 2) && context.input.a == 1",
    "true",
]
UNSAFE = [
    ('context.input.region == "X"', "reads context.input.region, which may be missing"),
    ('context.input.region == "X" && context.input has region', "reads context.input.region"),
    ('context.input has region || context.input.region == "X"', "reads context.input.region"),
    ("!(context.input has amount) && context.input.amount > 5", "reads context.input.amount"),
    ("context.input has amount && context.input.other > 5", "reads context.input.other"),
    ("(context.input has a || context.input has b) && context.input.a == 1", "reads context.input.a"),
    ("if context.input has a then true else context.input.a == 1", "reads context.input.a"),
    ("if context.input.a == 1 then true else false", "reads context.input.a"),
    ("context.input has a && context.input.a.b == 1", "reads context.input.a.b"),
    ("[context.input.a].contains(1)", "reads context.input.a"),
    ("{x: context.input.a} == {x: 1}", "reads context.input.a"),
    ('principal.getTag("scope") == "x"', 'reads principal.getTag("scope"), which may be missing: test it with `has'),
    ('principal.hasTag("a") && principal.getTag("b") == "x"', 'reads principal.getTag("b")'),
    ("context.input has a && context.input.a + 1 > 5", "computes, which can overflow"),
    ("context.input has a && -context.input.a > 5", "computes, which can overflow"),
    ("context.input has a && context.input.a * 2 > 5", "computes, which can overflow"),
    ('context.input has a && decimal(context.input.a) == decimal("1.0")', "parses decimal(…) of a call"),
    ('context.input has a && ip(context.input.a).isInRange(ip("10.0.0.0/8"))', "parses ip(…) of a call"),
    ('context.input has "a.b" && context.input.a.b == 1', "reads context.input.a"),
    ("context has other && context.input has x && resource.owner == principal", "reads resource.owner"),
    ('context.input has d && context.input.d.offset(duration("1d")) == context.input.d', "uses offset, which is not"),
]  # fmt: skip


def forbid(condition: str) -> str:
    return f"forbid(principal, action, resource) when {{ {condition} }};"


@pytest.mark.parametrize("condition", SAFE)
def test_a_guarded_forbid_passes(condition: str) -> None:
    assert cedar_guard.findings(forbid(condition)) == []


@pytest.mark.parametrize(("condition", "said"), UNSAFE)
def test_a_forbid_that_could_error_is_found(condition: str, said: str) -> None:
    assert any(said in finding for finding in cedar_guard.findings(forbid(condition)))


@pytest.mark.parametrize("condition", [condition for condition, _ in UNSAFE])
def test_a_permit_that_errors_permits_nothing_and_may_stand(condition: str) -> None:
    assert cedar_guard.findings(f"permit(principal, action, resource) when {{ {condition} }};") == []


def test_an_earlier_condition_guards_a_later_one() -> None:
    guarded = (
        "forbid(principal, action, resource) when { context.input has a } when { context.input.a == 1 };"
    )
    assert cedar_guard.findings(guarded) == []
    unless = "forbid(principal, action, resource) unless { !(context.input has a) } unless { context.input.a == 1 };"
    assert cedar_guard.findings(unless) == []
    turned = (
        "forbid(principal, action, resource) unless { context.input has a } unless { context.input.a == 1 };"
    )
    assert len(cedar_guard.findings(turned)) == 1


def test_every_policy_of_a_text_is_read() -> None:
    text = "permit(principal, action, resource);" + forbid("true") + forbid("context.input.a == 1")
    assert len(cedar_guard.findings(text)) == 1


@pytest.mark.parametrize(
    "condition", ['context.input.region == "X"', "context.input has a && context.input.a + 1 > 5"]
)
def test_what_is_found_is_what_cedar_would_leave_out(condition: str) -> None:
    """The reason for the guard, seen in Cedar itself: the erring forbid does not stop the call."""
    call = {
        "principal": 'U::"u"',
        "action": 'Action::"a"',
        "resource": 'R::"r"',
        "context": {"input": {"a": 2**63 - 1}},
    }
    policies = f"permit(principal, action, resource);{forbid(condition)}"
    result = cedarpy.is_authorized(call, policies, [])
    assert result.allowed
    assert result.diagnostics.errors
    assert cedar_guard.findings(policies)
