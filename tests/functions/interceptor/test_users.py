"""A tool bound to the end user is called for that user only, and for nobody while it is unclear who it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.functions.interceptor.rendering import LINE, render
from tests.functions.interceptor.tokens import ISSUER, Signer, claims
from tests.functions.interceptor.user_world import (
    EMAIL,
    FLIGHTS,
    HEADER,
    INFO,
    OTHER,
    OWNER,
    SEARCHED,
    USER,
    USERS_CLIENT,
    USERS_ISSUER,
    UserWorld,
    message,
    user_claims,
)
from tests.functions.interceptor.world import (
    BOOKING,
    LOYALTY,
    NOW,
    SEARCH,
    call,
    forwarded,
    method,
    refused,
    request,
)

FORBIDDEN = (403, -32002, 7)


def test_a_call_for_the_signed_in_user_passes_with_nothing_added(user_world: UserWorld) -> None:
    assert forwarded(user_world.info()) == call(INFO, {"customer_id": USER})
    line = user_world.lines[-1]
    assert (line["effect"], line["reason"], line["user"]) == ("allow", "granted", True)
    assert line["source"] == "systems/airline/agents/booking.yaml:9"


@pytest.mark.parametrize("name", [HEADER, HEADER.lower(), HEADER.upper()])
def test_the_header_is_found_in_any_case(user_world: UserWorld, name: str) -> None:
    headers = {"Authorization": f"Bearer {user_world.token()}", name: user_world.user_token()}
    body = call(INFO, {"customer_id": USER})
    assert forwarded(user_world.send(request(body, None, headers=headers))) == body


def test_another_users_data_is_refused_by_the_declared_line(user_world: UserWorld) -> None:
    answer = user_world.info(customer=OTHER)
    assert refused(answer) == FORBIDDEN
    assert user_world.last == ("deny", "user_mismatch", "customer_id", True)
    assert user_world.lines[-1]["source"] == f"{LINE}:1"
    assert message(answer) == (
        f"Agent booking may not call {INFO}: argument customer_id: the value is not the signed-in user's own."
    )


def test_without_a_user_nothing_of_a_user_is_reachable(user_world: UserWorld) -> None:
    answer = user_world.info(user=None)
    assert refused(answer) == FORBIDDEN
    assert user_world.last == ("deny", "no_user", "customer_id", False)
    assert user_world.lines[-1]["source"] == f"{LINE}:1"
    assert (
        message(answer) == f"Agent booking may not call {INFO}: argument customer_id: no user is signed in."
    )


@pytest.mark.parametrize(
    "name", ["X_Airside_User_Token", "X-User-Token", "X-Airside-User", "Cookie", "X-Amzn-User"]
)
def test_a_token_anywhere_else_is_no_user(user_world: UserWorld, name: str) -> None:
    headers = {"Authorization": f"Bearer {user_world.token()}", name: user_world.user_token()}
    body = call(INFO, {"customer_id": USER, "user_token": user_world.user_token()})
    body["params"]["_meta"] = {HEADER: user_world.user_token()}
    assert refused(user_world.send(request(body, None, headers=headers))) == FORBIDDEN
    assert user_world.last[1] == "no_user"


TWO: dict[str, Callable[[str], dict[str, Any]]] = {
    "the same twice": lambda token: {HEADER: token, HEADER.lower(): token},
    "good and empty": lambda token: {HEADER: token, HEADER.upper(): ""},
    "good and bad": lambda token: {HEADER: "x.y.z", HEADER.lower(): token},
    "joined": lambda token: {HEADER: f"{token}, {token}"},
    "joined with nothing": lambda token: {HEADER: f"{token},"},
    "a list": lambda token: {HEADER: [token]},
    "null": lambda token: {HEADER: None},
    "a number": lambda token: {HEADER: 5},
    "an object": lambda token: {HEADER: {"token": token}},
    "empty": lambda token: {HEADER: ""},
    "blank": lambda token: {HEADER: " "},
    "with a scheme": lambda token: {HEADER: f"Bearer {token}"},
    "with a leading blank": lambda token: {HEADER: f" {token}"},
    "with a line end": lambda token: {HEADER: f"{token}\r\n"},
    "quoted": lambda token: {HEADER: f'"{token}"'},
    "not ASCII": lambda token: {HEADER: f"{token}é"},
    "the word null": lambda token: {HEADER: "null"},
    "the user's name": lambda token: {HEADER: USER},
    "1 MB": lambda token: {HEADER: token + "A" * (1 << 20)},
}


@pytest.mark.parametrize("headers", TWO.values(), ids=TWO.keys())
@pytest.mark.parametrize("tool", [INFO, BOOKING, SEARCH])
def test_the_header_holds_exactly_one_token_or_refuses(
    user_world: UserWorld, headers: Callable[[str], dict[str, Any]], tool: str
) -> None:
    """On a tool without a rule too: a call beside a bad token is not what it seems to be."""
    event = user_world.event(tool, {"customer_id": USER}, None)
    event["mcp"]["gatewayRequest"]["headers"] |= headers(user_world.user_token())
    assert refused(user_world.send(event)) == FORBIDDEN
    assert user_world.last[1] == "bad_user_token"
    assert user_world.last[3] is False


CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": int(NOW)}, "expired"),
    "no expiry": ({"exp": ...}, "no_expiry"),
    "expiry as text": ({"exp": "9999999999"}, "dates"),
    "not yet": ({"nbf": int(NOW) + 60}, "not_yet_valid"),
    "issued in the future": ({"iat": int(NOW) + 60}, "not_yet_valid"),
    "of the agents' pool by name": ({"iss": ISSUER}, "issuer"),
    "of another pool": ({"iss": USERS_ISSUER[:-1] + "X"}, "issuer"),
    "no issuer": ({"iss": ...}, "issuer"),
    "id token": ({"token_use": "id"}, "token_use"),
    "refresh token": ({"token_use": "refresh"}, "token_use"),
    "another client": ({"client_id": "another"}, "client"),
    "client in capitals": ({"client_id": USERS_CLIENT.upper()}, "client"),
    "client cut short": ({"client_id": USERS_CLIENT[:-1]}, "client"),
    "no client, but an audience": ({"client_id": ..., "aud": USERS_CLIENT}, "no_client"),
    "clients": ({"client_id": [USERS_CLIENT]}, "no_client"),
    "claim missing": ({"username": ...}, "claim"),
    "claim empty": ({"username": ""}, "claim"),
    "claim null": ({"username": None}, "claim"),
    "claim a number": ({"username": 1001}, "claim"),
    "claim true": ({"username": True}, "claim"),
    "claim a list": ({"username": [USER]}, "claim"),
    "claim an object": ({"username": {"value": USER}}, "claim"),
    "claim in capitals": ({"username": ..., "Username": USER}, "claim"),
    "claim of the ID token": ({"username": ..., "cognito:username": USER}, "claim"),
}


@pytest.mark.parametrize(("changes", "detail"), CLAIMS.values(), ids=CLAIMS.keys())
def test_a_signed_user_token_with_a_wrong_claim_is_refused(
    user_world: UserWorld, changes: dict[str, Any], detail: str
) -> None:
    answer = user_world.info(user_world.user_token(**changes))
    assert refused(answer) == FORBIDDEN
    assert user_world.last[:3] == ("deny", "bad_user_token", detail)
    assert message(answer) == (
        f"Agent booking may not call {INFO}: argument customer_id: the user token is not valid."
    )


def test_a_claim_is_missed_by_its_own_rule_only(user_world: UserWorld) -> None:
    token = user_world.user_token(**{"custom:email": ...})
    assert forwarded(user_world.info(token))
    assert refused(user_world.ask(OWNER, {"customer_id": USER, "email": "", "days": 1}, token)) == FORBIDDEN
    assert user_world.last[:3] == ("deny", "bad_user_token", "claim")


def test_every_rule_of_a_tool_must_be_kept(user_world: UserWorld) -> None:
    good: dict[str, Any] = {"customer_id": USER, "email": EMAIL, "days": 0}
    assert forwarded(user_world.ask(OWNER, good))
    for name, value, reason in (
        ("customer_id", OTHER, "user_mismatch"),
        ("email", USER, "user_mismatch"),
        ("days", -1, "argument_not_allowed"),
    ):
        assert refused(user_world.ask(OWNER, {**good, name: value})) == FORBIDDEN
        assert user_world.last == ("deny", reason, name, True)


def test_two_claims_are_not_mixed_up(user_world: UserWorld) -> None:
    swapped = user_world.user_token(username=EMAIL, **{"custom:email": USER})
    refused(user_world.ask(OWNER, {"customer_id": USER, "email": EMAIL, "days": 0}, swapped))
    assert user_world.last[1:3] == ("user_mismatch", "customer_id")


def test_a_forged_token_is_refused(user_world: UserWorld, stranger: Signer) -> None:
    forged = stranger.sign({"alg": "RS256", "kid": user_world.users_signer.key_id}, user_claims(NOW))
    user_world.info()
    assert refused(user_world.info(forged)) == FORBIDDEN
    assert user_world.last[2] == "signature"
    assert refused(user_world.info(stranger.token(user_claims(NOW)))) == FORBIDDEN
    assert user_world.last[2] == "unknown_key"
    header, _, signature = user_world.user_token().split(".")
    other = user_world.user_token(username=OTHER).split(".")[1]
    assert refused(user_world.info(f"{header}.{other}.{signature}", OTHER)) == FORBIDDEN
    assert user_world.last[2] == "signature"


def test_the_agents_pool_cannot_sign_a_user(user_world: UserWorld) -> None:
    """Nor under the name of the other pool: each pool's keys are good for its own tokens."""
    assert refused(user_world.info(user_world.signer.token(user_claims(NOW)))) == FORBIDDEN
    assert user_world.last[2] == "unknown_key"
    assert refused(user_world.info(user_world.signer.token(user_claims(NOW, iss=ISSUER)))) == FORBIDDEN


def test_an_agents_token_is_no_user_and_a_users_no_agent(user_world: UserWorld) -> None:
    assert refused(user_world.info(user_world.token(username=USER))) == FORBIDDEN
    assert user_world.last[1] == "bad_user_token"
    body = call(INFO, {"customer_id": USER})
    for scope in ("openid", "airline/agent.booking"):
        user = user_world.user_token(scope=scope)
        for headers in (
            {"Authorization": f"Bearer {user}"},
            {"Authorization": f"Bearer {user}", HEADER: user},
        ):
            assert refused(user_world.send(request(body, None, headers=headers))) == (401, -32001, 7)
            assert user_world.last == ("deny", "bad_token", "unknown_key", False)
    signed = user_world.users_signer.token(claims("airline/agent.booking", NOW))
    assert refused(user_world.send(request(body, signed)))[0] == 401


def test_a_user_alone_calls_nothing(user_world: UserWorld) -> None:
    """Not even in the place of the policy engine, which sends no token at all."""
    body = call(INFO, {"customer_id": USER})
    assert refused(user_world.send(request(body, None, headers={HEADER: user_world.user_token()})))[0] == 401


def test_a_user_gives_an_agent_no_tool(user_world: UserWorld) -> None:
    for agent, tool in (("loyalty", INFO), ("idle", INFO), ("booking", LOYALTY)):
        assert refused(user_world.ask(tool, {"customer_id": USER}, agent=agent)) == FORBIDDEN
        assert user_world.last[1] == "not_granted"


def test_a_user_needs_no_rule_to_be_told(user_world: UserWorld) -> None:
    assert forwarded(user_world.ask(BOOKING, {"customer_id": OTHER}))
    assert user_world.last == ("allow", "granted", None, True)
    assert forwarded(user_world.ask(BOOKING, {"customer_id": OTHER}, None))
    assert user_world.last == ("allow", "granted", None, False)
    assert forwarded(user_world.ask(FLIGHTS, SEARCHED, None))


@pytest.mark.parametrize("user", [None, ...], ids=["no user", "user"])
def test_a_search_needs_no_user(user_world: UserWorld, user: Any) -> None:
    assert forwarded(user_world.ask(SEARCH, {"query": "customer"}, user))


@pytest.mark.parametrize("name", ["tools/list", "initialize", "ping", "server/discover"])
@pytest.mark.parametrize("value", ["", "x.y.z", None])
def test_what_calls_no_tool_does_not_ask_for_the_user(user_world: UserWorld, name: str, value: Any) -> None:
    headers = {"Authorization": f"Bearer {user_world.token()}", HEADER: value}
    assert forwarded(user_world.send(request(method(name), None, headers=headers)))
    assert user_world.last[3] is False
    assert user_world.key_server.asked == 1, "only the agents' keys were needed"


def test_a_system_without_users_takes_no_user_for_one(
    tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    policy = render({"booking": (BOOKING, FLIGHTS)}, {FLIGHTS: {"adults": {"max": 9}}}, claims=None)
    world = UserWorld(tmp_path, signer, users_signer, policy)
    assert forwarded(world.ask(FLIGHTS, SEARCHED, None))
    assert refused(world.ask(FLIGHTS, SEARCHED)) == FORBIDDEN
    assert world.last == ("deny", "bad_user_token", "no_users", False)
