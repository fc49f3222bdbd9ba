"""What the attacks are made from, for systems of other names and shapes than the airline's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from attacks.calls import CALL_ATTACKS
from attacks.corpus import every_attack
from attacks.holdings import Surface, context_of, sample
from attacks.model import CANARY, Missing
from attacks.user_kit import Limit
from attacks.users import USER_ATTACKS
from tests.functions.interceptor.tokens import Signer, claims

TEXT = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
SIGNER = Signer("issuer")


def surface(grants: dict[str, set[str]], tools: set[str], *held: str) -> Surface:
    return Surface(
        badges={agent: f"s/agent.{agent}" for agent in grants},
        grants={agent: frozenset(granted) for agent, granted in grants.items()},
        schemas=dict.fromkeys(sorted(tools), TEXT),
        reading=frozenset(tools),
        tokens={agent: SIGNER.token(claims(f"s/agent.{agent}", 0)) for agent in held},
    )


SYSTEMS = [
    # One target; names that case, look-alikes and separators leave as they are; several that differ by case.
    ({"a": {"t___find"}, "b": set()}, {"t___find", "t___keep"}),
    ({"a": {"T___X"}, "b": {"T___Y"}}, {"T___X", "T___Y"}),
    ({"a": {"t___1", "T___1"}, "b": {"u___1"}}, {"t___1", "T___1", "u___1"}),
    ({"a": {"t___x", "u___x"}, "b": {"u___y"}}, {"t___x", "u___x", "u___y"}),
]


@pytest.mark.parametrize(("grants", "tools"), SYSTEMS)
def test_a_granted_call_counts_as_an_attack(grants: dict[str, set[str]], tools: set[str]) -> None:
    """Else a sound gateway would be reported as broken."""
    context = context_of(surface(grants, tools, *grants))
    assert context.granted in grants[context.agent]
    sent = 0
    for attack in CALL_ATTACKS:
        try:
            body = json.loads(attack.build(context).body)
        except Missing:
            continue
        sent += 1
        assert body["method"] != "tools/call" or body["params"]["name"] not in grants[context.agent], (
            attack.name
        )
    assert sent > len(CALL_ATTACKS) * 0.8


def test_the_attacker_is_somebody_without_a_token() -> None:
    grants = {"a": {"t___x"}, "b": {"t___x"}}
    assert context_of(surface(grants, {"t___x", "t___y"}, "b")).agent == "b"


def test_who_may_do_everything_attacks_although_somebody_else_may_not() -> None:
    grants = {"all": {"t___x", "u___y"}, "one": {"t___x"}, "two": {"u___y"}}
    context = context_of(surface(grants, {"t___x", "u___y"}, *grants))
    assert (context.agent, context.granted, context.denied, context.other_agent) == (
        "one",
        "t___x",
        "u___y",
        "two",
    )


def test_what_is_missing_is_made_up() -> None:
    context = context_of(surface({"a": {"t___x"}}, {"t___x"}))
    for what in (
        lambda: context.token(),
        lambda: context.token_of("a"),
        lambda: context.denied,
        lambda: context.other_agent,
        lambda: context.trusted.jwk,
        lambda: context.trusted.sign({}, {}),
    ):
        with pytest.raises(Missing):
            what()


def test_a_token_shows_in_a_representation() -> None:
    held = surface({"a": {"t___x"}}, {"t___x"}, "a")
    assert "eyJ" not in repr(held) + repr(context_of(held))


def test_arguments_are_not_those_a_tool_takes() -> None:
    nested: dict[str, Any] = {
        "type": "object",
        "properties": {
            "offer": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            "count": {"type": "integer"},
            "sure": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "left_out": {"type": "string"},
        },
        "required": ["offer", "count", "sure", "tags"],
    }
    assert sample(nested) == {"offer": {"id": CANARY}, "count": 1, "sure": True, "tags": []}


def test_a_system_without_anything_denied_has_no_attacks() -> None:
    context = context_of(surface({"a": {"t___x"}}, {"t___x"}, "a"))
    kinds = {attack.kind for attack in every_attack(context)}
    assert "grant" not in kinds
    assert "authorization" in kinds


RULES: dict[str, dict[str, dict[str, Any]]] = {
    "t___mine": {"q": {"claim": "username"}},
    "t___few": {"n": {"min": 2, "max": 4}, "kind": {"one_of": ["A", "B"]}, "by": {"equals": "web"}},
}
NUMBERS = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "kind": {"type": "string"}, "by": {"type": "string"}},
    "required": ["n", "kind", "by"],
}


def with_rules(user: str | None, *extra: str) -> Surface:
    """Two agents, one of which may call what is bound and limited, and both `extra`."""
    grants = {"a": {"t___mine", "t___few", *extra}, "b": set(extra)}
    made = surface(grants, {"t___mine", "t___few", *extra}, *grants)
    schemas = {**made.schemas, "t___few": NUMBERS}
    token = None if user is None else SIGNER.token(claims("openid", 0, username=user))
    return replace(made, schemas=schemas, reading=made.reading - {"t___few"}, fetching=made.reading,
                   rules=RULES, user_token=token)  # fmt: skip


def test_a_bound_tool_stands_where_a_missing_user_hides_a_breach() -> None:
    assert context_of(with_rules(None, "t___open")).granted == "t___open"
    assert context_of(with_rules("u1", "t___open")).granted == "t___open"
    with pytest.raises(Missing, match="may call"):
        _ = context_of(with_rules(None)).granted
    assert context_of(with_rules("u1")).granted == "t___mine"


def test_a_call_of_a_bound_tool_is_sent_without_a_user() -> None:
    with pytest.raises(Missing, match="an end user's token"):
        context_of(with_rules(None)).call("t___mine")
    context = context_of(with_rules("u1"))
    assert context.call("t___mine")["params"]["arguments"] == {"q": "u1"}
    assert context.user is not None
    assert context.user.others != "u1"


def test_arguments_break_the_rules_they_are_not_about() -> None:
    context = context_of(with_rules("u1"))
    assert context.call("t___few")["params"]["arguments"] == {"n": 2, "kind": "A", "by": "web"}
    assert context.limit == Limit("a", "t___few", "n", 2, 4)


def test_a_limit_in_shadow_mode_counts_as_a_breach() -> None:
    """What a shadow lets through is let through by the declaration."""
    made = with_rules("u1")
    both = replace(made, grants={"a": made.grants["a"], "b": frozenset({"t___few"})})
    assert context_of(replace(both, relaxed=frozenset({("a", "t___few")}))).limit == Limit(
        "b", "t___few", "n", 2, 4
    )
    everybody = frozenset({("a", "t___few"), ("b", "t___few")})
    assert context_of(replace(both, relaxed=everybody)).limit is None


def test_a_users_token_is_taken_for_what_it_is_not() -> None:
    with pytest.raises(ValueError, match="no text in its claim username"):
        context_of(replace(with_rules("u1"), user_token=SIGNER.token(claims("openid", 0))))
    with pytest.raises(ValueError, match="user's token is no JWT"):
        context_of(replace(with_rules("u1"), user_token="x"))
    assert "eyJ" not in repr(with_rules("u1")) + repr(context_of(with_rules("u1")))


def test_attacks_on_users_need_more_than_an_attacker_has() -> None:
    """Of these only what the pool must sign is left out."""
    context = context_of(with_rules("u1"))
    built, missing = 0, set()
    for attack in USER_ATTACKS:
        try:
            attack.build(context)
            built += 1
        except Missing as left_out:
            missing.add(str(left_out))
    assert built >= 90
    assert missing <= {"the issuer's signing key", "the issuer's public key"}
