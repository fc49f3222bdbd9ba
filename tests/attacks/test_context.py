"""What the attacks are made from, for systems of other names and shapes than the airline's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attacks.calls import CALL_ATTACKS
from attacks.corpus import every_attack
from attacks.holdings import Surface, context_of, sample
from attacks.model import CANARY, Missing
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
