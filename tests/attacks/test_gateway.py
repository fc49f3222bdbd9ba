"""Every attack on a whole gateway over sockets, and gateways with one layer gone, which must be found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attacks import report, runner
from attacks.corpus import every_attack
from attacks.http import Endpoint, Unreachable
from attacks.model import CANARY, Attack, Context
from attacks.runner import BREACH, REFUSED, SKIPPED, CouldNotLook, Result
from tests.attacks.gateway import (
    ANY_CLIENT,
    POINTS,
    PROFILE,
    RULES,
    SEATS,
    USER,
    Stand,
    context,
    standing,
    user_claims,
)
from tests.functions.interceptor.tokens import Signer
from tests.local.gateway.kit import World
from tests.local.gateway.parts import INFO

Send = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("trusted")


@pytest.fixture(scope="module")
def users() -> Signer:
    return Signer("users")


@pytest.fixture(scope="module")
def attacker(signer: Signer, users: Signer) -> Context:
    return context(signer, users)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, signer: Signer, users: Signer) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("sound"), signer, users) as stand:
        yield stand


def shoot(stand: Stand, attacker: Context, *kinds: str, watched: bool = True) -> dict[str, Result]:
    """Results by name, of some kinds or of all."""
    chosen = [attack for attack in every_attack(attacker) if not kinds or attack.kind in kinds]
    watch = stand.watch if watched else None
    return {result.name: result for result in runner.run(chosen, attacker, stand.endpoint, watch=watch)}


def breaches(results: dict[str, Result]) -> dict[str, str]:
    return {name: result.why for name, result in results.items() if result.verdict == BREACH}


def test_a_gateway_with_both_layers_lets_an_attack_through(sound: Stand, attacker: Context) -> None:
    results = shoot(sound, attacker)
    assert breaches(results) == {}
    counts = report.counts(list(results.values()))
    assert counts["server_errors"] == counts["skipped"] == 0
    assert counts["refused"] == counts["sent"] >= 580
    served = {name for name, result in results.items() if result.verdict == "served"}
    assert served == {
        f"afterwards: {call} is still carried out"
        for call in ("the granted call", "the user's own call", "the call within limits")
    }


def test_an_attack_leaves_its_argument_or_token_in_the_log(sound: Stand, attacker: Context) -> None:
    shoot(sound, attacker, "form", "tool", "user", "argument")
    written = json.dumps([*sound.events, *sound.lines])
    assert CANARY not in written
    assert USER not in written
    tokens = (*attacker.tokens.values(), attacker.user_token() or "none")
    assert all(piece not in written for token in tokens for piece in token.split("."))


WEAK: dict[str, tuple[dict[str, Any], set[str]]] = {
    "no layer behind the authorizer": (
        {"authorizer": ANY_CLIENT, "interceptors": (), "policy_mode": None},
        {"tool: not granted", f"grant: loyalty calls {INFO}", "discovery: loyalty lists every page",
         "discovery: booking searches every word", "claims: two badges", "claims: badge wildcard"},
    ),
    "an interceptor that allows everything": (
        {"open_guard": True, "policy_mode": None},
        {"tool: not granted", f"grant: booking calls {POINTS}", "discovery: booking lists every page",
         "tool: denied tool, method escaped", "message: header names the granted tool"},
    ),
    "Cedar that only logs, and no interceptor": (
        {"interceptors": (), "policy_mode": "LOG_ONLY"},
        {"tool: not granted", f"grant: loyalty calls {INFO}", "discovery: loyalty lists every page"},
    ),
    "an interceptor without the users' rules": (
        {"rules": {SEATS: RULES[SEATS]}},
        {"user: none sent", "user: in a cookie", "argument: another's", "argument: another signed in"},
    ),
    "an interceptor without the limits": (
        {"rules": {PROFILE: RULES[PROFILE]}},
        {"argument-limit: above", "argument-limit: below", "argument-limit: far below"},
    ),
    "no interceptor before Cedar, which does not know users": (
        {"interceptors": ()},
        {"user: none sent", "user-forged: by a stranger", "user-claims: expired", "argument: another's"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_gateway_looks_sound(
    tmp_path: Path, signer: Signer, users: Signer, attacker: Context, name: str
) -> None:
    weak, must_be_found = WEAK[name]
    kinds = {attack.partition(":")[0] for attack in must_be_found}
    with standing(tmp_path, signer, users, **weak) as stand:
        watched = breaches(shoot(stand, attacker, *kinds))
        alone = breaches(shoot(stand, attacker, *kinds, watched=False))
    assert must_be_found - set(watched) == set(), watched
    assert must_be_found - set(alone) == set(), "found by the events alone"
    assert any("tool was executed" in why for why in watched.values())


def replacing_the_token(token: str) -> Callable[[World], Any]:
    """A gateway behind something that signs everybody in."""

    def around(world: World) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                kept = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
                scope = {**scope, "headers": [*kept, (b"authorization", f"Bearer {token}".encode())]}
            await world.app(scope, receive, send)

        return app

    return around


@pytest.mark.parametrize("kind", ["authorization", "claims", "algorithm", "form"])
def test_a_gateway_that_ignores_tokens_looks_sound(
    tmp_path: Path, signer: Signer, users: Signer, attacker: Context, kind: str
) -> None:
    around = replacing_the_token(attacker.tokens["booking"])
    with standing(tmp_path, signer, users, around) as stand:
        results = shoot(stand, attacker, kind)
    passed = {name for name, result in results.items() if result.verdict not in (BREACH, "served")}
    # These are refused by what they ask for, whoever asks.
    assert passed <= {
        "authorization: in the body",
        "authorization: listing as a notification",
        "authorization: unknown method without token",
    }
    assert any("a tool was executed" in result.why for result in results.values())


CONTROLS = 3


def answering(status: int, body: bytes, *, all_but: int = 0) -> Callable[[World], Any]:
    """A gateway that does its work and then gives this answer: in place of refusals, or of all but the first."""

    def around(world: World) -> Any:
        requests = 0

        async def app(scope: Any, receive: Any, send: Any) -> None:
            nonlocal requests
            if scope["type"] != "http":
                await world.app(scope, receive, send)
                return
            requests += 1
            first, own = requests <= all_but, []

            async def keep(event: Any) -> None:
                own.append(event)

            await world.app(scope, receive, keep)
            if not (first if all_but else own[0]["status"] == 200):
                length = (b"content-length", str(len(body)).encode())
                own = [
                    {"type": "http.response.start", "status": status, "headers": [length]},
                    {"type": "http.response.body", "body": body},
                ]
            for event in own:
                await send(event)

        return app

    return around


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"{}", "answered 500"),
        (200, b'{"jsonrpc":"2.0","id":7,"result":{}}', "answered 200"),
        (403, CANARY.encode(), "a secret of 12 characters was told"),
        (403, b'{"jsonrpc":"2.0","id":7,"result":{}}', "with a result"),
        (302, b"", "answered 302"),
    ],
)
def test_a_crash_a_leak_or_a_result_looks_like_a_refusal(
    tmp_path: Path, signer: Signer, users: Signer, attacker: Context, status: int, body: bytes, why: str
) -> None:
    with standing(tmp_path, signer, users, answering(status, body)) as stand:
        found = breaches(shoot(stand, attacker, "grant"))
    assert len(found) == 5
    assert all(why in text for text in found.values()), found


def test_a_tool_executed_behind_a_refusal_goes_unseen(
    tmp_path: Path, signer: Signer, users: Signer, attacker: Context
) -> None:
    refusal = b'{"jsonrpc":"2.0","id":7,"error":{"code":-32002,"message":"no"}}'
    weak: dict[str, Any] = {"interceptors": (), "policy_mode": None}
    with standing(tmp_path, signer, users, answering(403, refusal, all_but=CONTROLS), **weak) as stand:
        watched = breaches(shoot(stand, attacker, "grant"))
    assert {why for name, why in watched.items() if name.startswith("grant")} == {"a tool was executed"}
    assert "afterwards: the granted call is still carried out" in watched, "a broken gateway goes unseen"


def test_a_gateway_that_refuses_everybody_counts_as_sound(
    tmp_path: Path, signer: Signer, users: Signer, attacker: Context
) -> None:
    with (
        standing(tmp_path, signer, users, policies=()) as stand,
        pytest.raises(CouldNotLook, match="is granted customer-mcp___get_customer_info, but"),
    ):
        shoot(stand, attacker, "grant")


def test_a_users_token_that_nobody_takes_makes_every_attack_refused(sound: Stand, attacker: Context) -> None:
    assert attacker.user is not None
    stale = replace(attacker, user=replace(attacker.user, signed_claims=user_claims(exp=1)))
    with pytest.raises(CouldNotLook, match="was answered 403"):
        shoot(sound, stale, "argument")


def test_an_attack_without_the_users_token_looks_refused(sound: Stand, attacker: Context) -> None:
    """Not sent is not refused: a bound tool would be refused for want of a user whatever else is wrong."""
    assert attacker.user is not None
    apart = replace(attacker, user=replace(attacker.user, signed_claims=None))
    results = shoot(sound, apart, "user", "argument", "grant")
    kinds = {result.kind for result in results.values() if result.verdict == SKIPPED}
    assert kinds == {"user", "argument", "grant"}
    assert {result.why for result in results.values() if result.verdict == SKIPPED} == {
        "needs an end user's token"
    }
    assert results[f"grant: loyalty calls {PROFILE}"].verdict == SKIPPED
    assert results[f"grant: loyalty calls {INFO}"].verdict == REFUSED


def test_blind_events_count_as_nothing_executed(sound: Stand, attacker: Context) -> None:
    with pytest.raises(CouldNotLook, match="do not show it"):
        runner.run([], attacker, sound.endpoint, watch=list)


def test_nobody_there_counts_as_sound(attacker: Context) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        runner.run([], attacker, Endpoint(False, "127.0.0.1", 1, "/mcp"))


def test_every_attack_has_its_own_name(attacker: Context) -> None:
    attacks: tuple[Attack, ...] = every_attack(attacker)
    assert len({attack.name for attack in attacks}) == len(attacks)
