"""Verified users are remembered, never for longer than their token or key; unusable settings know nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor.interceptor import RESPONSE_GRACE_SECONDS, Interceptor
from gateway_interceptor.jwks import MAX_AGE_SECONDS
from gateway_interceptor.rsa import PublicKey
from gateway_interceptor.settings import Pool, SettingsError
from gateway_interceptor.users import PoolUsers
from tests.functions.interceptor.tokens import Signer, jwks
from tests.functions.interceptor.user_world import (
    FLIGHTS,
    HEADER,
    INFO,
    OTHER,
    SEARCHED,
    USER,
    USERS_ENVIRONMENT,
    USERS_KEYS,
    USERS_SETTINGS,
    UserWorld,
)
from tests.functions.interceptor.world import (
    BOOKING,
    NOW,
    SEARCH,
    answered,
    call,
    forwarded,
    method,
    refused,
    request,
    response,
)

MISCONFIGURED = (500, -32603, 7)
INFO_RESULT = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "{}"}]}}


def test_a_known_user_costs_no_second_signature(
    user_world: UserWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = user_world.user_token()
    event = user_world.event(INFO, {"customer_id": USER}, token)
    forwarded(user_world.send(event))

    def fail(*_: Any) -> bool:
        raise AssertionError("verified again")

    monkeypatch.setattr(PublicKey, "verify", fail)
    for _ in range(3):
        assert forwarded(user_world.send(event))
    assert user_world.key_server.paths.count(USERS_KEYS) == 1
    assert user_world.key_server.asked == 2


def test_a_remembered_user_is_still_held_against_the_argument(user_world: UserWorld) -> None:
    token = user_world.user_token()
    assert forwarded(user_world.info(token))
    assert refused(user_world.info(token, OTHER))[0] == 403
    other = user_world.user_token(username=OTHER)
    assert forwarded(user_world.info(other, OTHER))
    assert refused(user_world.info(other, USER))[0] == 403
    assert forwarded(user_world.info(token))


def test_a_remembered_user_still_expires(user_world: UserWorld) -> None:
    token = user_world.user_token(exp=int(NOW) + 10)
    assert forwarded(user_world.info(token))
    user_world.clock.now += 10
    assert refused(user_world.info(token))[0] == 403
    assert user_world.last == ("deny", "bad_user_token", "expired", False)


def test_a_remembered_user_ends_with_the_key(user_world: UserWorld, stranger: Signer) -> None:
    token = user_world.user_token(exp=int(NOW) + 100_000)
    assert forwarded(user_world.info(token))
    user_world.key_server.others[USERS_KEYS] = jwks(stranger)
    user_world.clock.now += MAX_AGE_SECONDS
    user_world.info(stranger.token({}))
    assert refused(user_world.info(token))[0] == 403
    assert user_world.last[2] == "unknown_key"


def test_memory_holds_no_token_and_no_claim_but_the_declared(user_world: UserWorld) -> None:
    token = user_world.user_token()
    user_world.info(token)
    assert isinstance(user_world.intercept, Interceptor)
    users = user_world.intercept._users
    assert isinstance(users, PoolUsers)
    (key, entry), *more = users._tokens._remembered.items()
    assert not more
    assert key not in token.encode()
    assert set(entry.claims) == {"username", "custom:email"}


def test_keys_of_users_that_cannot_be_fetched_refuse_without_blaming_the_user(user_world: UserWorld) -> None:
    user_world.key_server.others[USERS_KEYS] = OSError("canary-address")
    assert refused(user_world.info()) == (500, -32603, 7)
    assert user_world.last == ("deny", "keys_unavailable", "users", False)
    assert forwarded(user_world.ask(BOOKING, {}, None)), "an outage of one pool is none of the other"
    assert "canary" not in "".join(user_world.output)


def test_an_answer_reaches_a_user_whose_token_ended_meanwhile(user_world: UserWorld) -> None:
    """The call was made while the token was good; to withhold the answer would make it be made again."""
    headers = user_world.event(INFO, {}, user_world.user_token(exp=int(NOW) + 10))["mcp"]["gatewayRequest"][
        "headers"
    ]
    body = call(INFO, {"customer_id": USER})
    event = response(body, None, INFO_RESULT)
    event["mcp"]["gatewayRequest"]["headers"] = headers
    user_world.clock.now += 10
    assert answered(user_world.send(event)) == INFO_RESULT
    user_world.clock.now += RESPONSE_GRACE_SECONDS
    assert refused(user_world.send(event))[0] in (401, 403)


@pytest.mark.parametrize("customer", [OTHER, None])
@pytest.mark.parametrize("user", ["good", "bad", None])
def test_an_answer_to_a_call_that_should_not_have_passed_is_withheld(
    user_world: UserWorld, customer: Any, user: str | None
) -> None:
    sent = {"good": user_world.user_token(), "bad": "x.y.z", None: None}[user]
    event = user_world.event(INFO, {"customer_id": customer}, sent)
    event["mcp"]["gatewayResponse"] = {"statusCode": 200, "body": INFO_RESULT}
    assert refused(user_world.send(event))[0] == 403
    assert user_world.lines[-1]["point"] == "response"


def test_lists_are_filtered_without_asking_for_the_user(user_world: UserWorld) -> None:
    listed = {
        "jsonrpc": "2.0",
        "id": 7,
        "result": {"tools": [{"name": INFO}, {"name": SEARCH}, {"name": "x___y"}]},
    }
    body = answered(user_world.send(response(method("tools/list"), user_world.token(), listed)))
    assert [tool["name"] for tool in body["result"]["tools"]] == [INFO, SEARCH]


@pytest.mark.parametrize("name", USERS_SETTINGS)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_refuses_what_needs_a_user_and_is_named(
    name: str, value: str | None, tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    environment = {key: item for key, item in USERS_ENVIRONMENT.items() if key != name}
    if value is not None:
        environment[name] = value
    world = UserWorld(tmp_path, signer, users_signer, environment=environment)
    assert name in world.lines[0]["message"]
    for user in (None, ..., "x.y.z"):
        assert refused(world.info(user)) == MISCONFIGURED
        assert world.last == ("deny", "misconfigured", "users", False)
    assert refused(world.ask(BOOKING, {})) == MISCONFIGURED, "a user that cannot be verified is not ignored"
    assert refused(world.ask(INFO, {"customer_id": USER}, agent="loyalty"))[0] == 403
    for tool, arguments in ((BOOKING, {}), (FLIGHTS, SEARCHED), (SEARCH, {"query": "x"})):
        assert forwarded(world.ask(tool, arguments, None))
    headers = {"Authorization": f"Bearer {world.token()}", HEADER: world.user_token()}
    assert forwarded(world.send(request(method("tools/list"), None, headers=headers)))
    assert USERS_KEYS not in world.key_server.paths


def test_without_any_setting_of_users_no_user_is_known(
    tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    environment = {key: item for key, item in USERS_ENVIRONMENT.items() if key not in USERS_SETTINGS}
    world = UserWorld(tmp_path, signer, users_signer, environment=environment)
    assert refused(world.info()) == MISCONFIGURED
    assert refused(world.info(world.signer.token({}))) == MISCONFIGURED


def test_keys_of_users_are_never_fetched_from_an_open_address() -> None:
    for url in ("http://users.example/jwks", "https://u@users.example/jwks", "file:///etc/passwd"):
        with pytest.raises(SettingsError, match="USERS_JWKS_URL"):
            Pool.of_users({**USERS_ENVIRONMENT, "USERS_JWKS_URL": url})


def test_settings_of_users_do_not_change_after_start() -> None:
    settings = Pool.of_users(USERS_ENVIRONMENT)
    with pytest.raises(AttributeError, match="frozen"):
        settings.client = "another"
    assert settings.keys.path == USERS_KEYS


def test_the_log_tells_only_that_there_was_a_user(user_world: UserWorld) -> None:
    user_world.info()
    user_world.info(user=None)
    assert [json.loads(line)["user"] for line in user_world.output] == [True, False]
