"""Every attack, on the interceptor alone, behind a gateway as careless as its contract allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attacks.corpus import ATTACKS
from attacks.judge import complaints, secrets
from attacks.model import Attack, Context, Missing, Sent, accompanied, post, with_body
from attacks.user_kit import Limit, UserKit, bound, for_user, limited
from attacks.users import possible
from tests.functions.interceptor.tokens import Signer, claims
from tests.functions.interceptor.user_world import (
    FLIGHTS,
    INFO,
    OTHER,
    SEARCHED,
    USER,
    UserWorld,
    user_claims,
)
from tests.functions.interceptor.world import BOOKING, LOYALTY, NOW

OWN = [attack for attack in ATTACKS if "interceptor" in attack.layers]
Answer = Callable[[Any], dict[str, Any]]


@pytest.fixture(scope="session")
def context() -> Context:
    return Context(
        trusted=Signer("trusted"),
        stranger=Signer("stranger"),
        signed_claims=claims("airline/agent.booking", NOW),
        agent="booking",
        may=BOOKING,
        may_not=LOYALTY,
        other="loyalty",
        badges={agent: f"airline/agent.{agent}" for agent in ("booking", "loyalty")},
        arguments={FLIGHTS: SEARCHED, INFO: {"customer_id": USER}},
        bound=frozenset((INFO,)),
        user=UserKit(
            trusted=Signer("users"),
            claim="username",
            others=OTHER,
            agent="booking",
            may=INFO,
            argument="customer_id",
            signed_claims=user_claims(NOW),
        ),
        limit=Limit("booking", FLIGHTS, "adults", 1, 9),
    )


@pytest.fixture
def world(tmp_path: Path, context: Context) -> UserWorld:
    assert isinstance(context.trusted, Signer)
    assert context.user is not None
    assert isinstance(context.user.trusted, Signer)
    return UserWorld(tmp_path, context.trusted, context.user.trusted)


def event(sent: Sent) -> dict[str, Any]:
    """The event of a gateway that checks nothing itself and reads JSON as Python does by default."""
    try:
        parsed = json.loads(sent.body)
    except (ValueError, RecursionError):
        parsed = None
    headers: dict[str, str] = {}
    for name, value in sent.headers:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {
        "interceptorInputVersion": "1.0",
        "mcp": {
            "rawGatewayRequest": {"body": sent.body.decode("utf-8", "replace")},
            "gatewayRequest": {
                "path": sent.path,
                "httpMethod": sent.method,
                "headers": headers,
                "body": parsed,
            },
        },
    }


def outcome(intercept: Answer, sent: Sent) -> tuple[int, str]:
    """(status, everything answered); a request passed on counts as 200 and answers nothing."""
    answer = intercept(event(sent))["mcp"]
    if "transformedGatewayResponse" in answer:
        made = answer["transformedGatewayResponse"]
        assert made["body"]["jsonrpc"] == "2.0"
        return made["statusCode"], json.dumps(made, ensure_ascii=False)
    return 200, ""


@pytest.mark.parametrize("attack", OWN, ids=lambda attack: attack.name)
def test_an_attack_is_refused(attack: Attack, world: UserWorld, context: Context) -> None:
    sent = attack.build(context)
    status, told = outcome(world.intercept, sent)
    (line,) = world.lines
    assert not complaints(attack, status, told + world.output[0], secrets(context, sent))
    assert line["effect"] == "deny"
    assert line["reason"]


@pytest.mark.parametrize("attack", OWN, ids=lambda attack: attack.name)
def test_an_attack_is_refused_only_for_want_of_a_user(
    attack: Attack, world: UserWorld, context: Context
) -> None:
    sent = accompanied(context, attack.build(context))
    status, told = outcome(world.intercept, sent)
    assert not complaints(attack, status, told + world.output[0], secrets(context, sent))
    assert world.lines[-1]["effect"] == "deny"


@pytest.mark.parametrize("attack", OWN, ids=lambda attack: attack.name)
def test_an_attack_is_refused_by_a_warm_function_that_knows_the_good_token(
    attack: Attack, world: UserWorld, context: Context
) -> None:
    """The memory of verified tokens must not let pass what the first look refuses."""
    good = for_user(context, context.call())
    assert outcome(world.intercept, good) == (200, "")
    status, told = outcome(world.intercept, attack.build(context))
    assert not complaints(attack, status, told, ())
    assert outcome(world.intercept, good) == (200, ""), "the attack broke the function for others"


def test_what_the_attacks_are_made_from_passes(world: UserWorld, context: Context) -> None:
    """Else refusing everything would look like a perfect defence."""
    assert outcome(world.intercept, with_body(context, context.call())) == (200, "")
    lower = post(context.call(), None).with_header("authorization", f"Bearer {context.token()}")
    assert outcome(world.intercept, lower) == (200, "")
    escaped = json.dumps(context.call()).replace("tools/call", "tools\\/call")
    assert outcome(world.intercept, with_body(context, escaped)) == (200, "")
    spaced = with_body(context, f" \n{json.dumps(context.call(), indent=2)}\n")
    assert outcome(world.intercept, spaced) == (200, "")


def test_what_the_attacks_on_users_are_made_from_passes(world: UserWorld, context: Context) -> None:
    for body in (bound(context), limited(context, 1), limited(context, 9), context.call()):
        for sent in (for_user(context, body), accompanied(context, with_body(context, body))):
            assert outcome(world.intercept, sent) == (200, "")
            assert world.lines[-1]["user"] is True
    assert outcome(world.intercept, with_body(context, limited(context, 1))) == (200, "")


def test_a_system_without_users_or_limits_is_attacked_through_them(context: Context) -> None:
    without = replace(context, user=None, limit=None, bound=frozenset())
    left = [attack for attack in OWN if possible(attack, without)]
    assert len(OWN) - len(left) >= 120
    for attack in left:
        assert attack.build(without)
    with pytest.raises(Missing, match="the system has none"):
        for_user(without, without.call())
    with pytest.raises(Missing, match="limits an argument"):
        limited(without, 1)


def test_the_corpus_notices_an_open_interceptor(context: Context) -> None:
    def open_interceptor(event: Any) -> dict[str, Any]:
        return {"mcp": {"transformedGatewayRequest": {"body": event["mcp"]["gatewayRequest"]["body"]}}}

    for attack in OWN:
        status, told = outcome(open_interceptor, attack.build(context))
        assert complaints(attack, status, told, ()), attack.name


def test_the_corpus_notices_a_crash_and_a_leak(context: Context) -> None:
    attack = OWN[0]
    assert complaints(attack, 500, "", ())
    assert complaints(attack, 401, "…canary5ecret…", ("canary5ecret",))
    assert not complaints(attack, 401, "", ("canary5ecret",))


def test_every_attack_has_its_own_name_and_there_are_enough() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(set(names)) == len(names)
    assert len(OWN) >= 150
