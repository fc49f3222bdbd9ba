"""Neither the user's token, nor a claim of it, nor an argument is told to anyone, whatever the outcome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor import handler as entry
from gateway_interceptor.interceptor import Interceptor
from gateway_interceptor.jwks import Keys
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.user_world import (
    FLIGHTS,
    HEADER,
    INFO,
    OWNER,
    SEARCHED,
    USERS_ENVIRONMENT,
    USERS_KEYS,
    UserWorld,
    user_claims,
)
from tests.functions.interceptor.world import BOOKING, LOYALTY, SEARCH, method, refused, request

CANARY = "canary5ecret-user-0001"
WRONG = "canary5ecret-value-0002"


def pieces(*tokens: str) -> set[str]:
    return {piece for token in tokens for piece in token.split(".") if len(piece) > 8}


def test_no_token_claim_or_argument_is_told_to_anyone(
    user_world: UserWorld, stranger: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    good = user_world.user_token(username=CANARY, **{"custom:email": CANARY})
    expired = user_world.user_token(username=CANARY, exp=1)
    forged = stranger.token(user_claims(user_world.clock.now, username=CANARY))
    no_claim = user_world.user_token(username=None, name=CANARY)
    other_client = user_world.user_token(username=CANARY, client_id=CANARY)
    arguments: list[dict[str, Any]] = [
        {"customer_id": CANARY},
        {"customer_id": CANARY, "email": CANARY, "days": 0},
        {"customer_id": WRONG},
        {"customer_id": {WRONG: [CANARY]}},
        {**SEARCHED, "note": WRONG},
        {**SEARCHED, "cabin": WRONG, CANARY: CANARY},
        {WRONG: CANARY},
    ]
    sent = (good, expired, forged, no_claim, other_client, CANARY, f"{good}, {good}", None)
    secrets = {CANARY, WRONG, *pieces(good, expired, forged, no_claim, other_client)}
    reasons = set()
    for user in sent:
        for values in arguments:
            for tool in (INFO, OWNER, FLIGHTS, BOOKING, LOYALTY, SEARCH, f"{WRONG} {WRONG}"):
                answer = user_world.ask(tool, values, user)["mcp"]
                told = answer.get("transformedGatewayResponse")
                if told is None:
                    assert set(answer["transformedGatewayRequest"]) == {"body"}, "no header goes on"
                    told = {**answer["transformedGatewayRequest"]["body"], "params": None}
                text = json.dumps([told, user_world.lines[-1]], ensure_ascii=False)
                assert not [secret for secret in secrets if secret in text]
                reasons.add(user_world.last[1])
    assert {"granted", "no_user", "bad_user_token", "user_mismatch", "argument_not_allowed"} <= reasons
    printed = capsys.readouterr()
    assert not [secret for secret in secrets if secret in printed.out + printed.err]


@pytest.mark.parametrize("part", ["_users", "_policy"])
def test_a_bug_while_the_user_is_checked_refuses_without_a_word_of_it(
    user_world: UserWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise ValueError(f"{name} {CANARY}")

    assert isinstance(user_world.intercept, Interceptor)
    setattr(user_world.intercept, part, Broken())
    monkeypatch.setattr(entry, "_intercept", user_world.intercept)
    event = user_world.event(INFO, {"customer_id": CANARY}, user_world.user_token(username=CANARY))
    assert refused(entry.handler(event, None)) == (500, -32603, 7)
    printed = capsys.readouterr()
    assert CANARY not in printed.out + printed.err + "".join(user_world.output)
    last = [*user_world.output, *printed.out.splitlines()][-1]
    assert (json.loads(last)["reason"], json.loads(last)["user"]) == ("internal", False)


def test_a_key_set_that_fails_quotes_no_token(user_world: UserWorld) -> None:
    token = user_world.user_token(username=CANARY)
    user_world.key_server.others[USERS_KEYS] = ValueError(f"{CANARY} {token}")
    assert refused(user_world.info(token, CANARY))[0] == 500
    assert CANARY not in "".join(user_world.output)


def test_unusable_settings_are_told_without_the_user(
    tmp_path: Path, signer: Signer, users_signer: Signer
) -> None:
    environment = {**USERS_ENVIRONMENT, "USERS_JWKS_URL": "http://users.example/jwks"}
    world = UserWorld(tmp_path, signer, users_signer, environment=environment)
    refused(world.info(world.user_token(username=CANARY), CANARY))
    assert "USERS_JWKS_URL" in world.output[0]
    assert CANARY not in "".join(world.output)


def test_a_user_is_kept_under_no_key_of_the_agents(user_world: UserWorld) -> None:
    """Both verifiers remember: one memory for both would make a user's token an agent's."""
    user_world.info()
    assert isinstance(user_world.intercept, Interceptor)
    agents, users = user_world.intercept._tokens, getattr(user_world.intercept._users, "_tokens", None)
    assert users is not None
    assert users is not agents
    assert isinstance(agents._keys, Keys)
    assert users._keys is not agents._keys
    assert not agents._remembered.keys() & users._remembered.keys()


def test_a_list_that_is_asked_for_tells_nothing_of_the_user(user_world: UserWorld) -> None:
    token = user_world.user_token(username=CANARY)
    headers = {"Authorization": f"Bearer {user_world.token()}", HEADER: token}
    answer = user_world.send(request(method("tools/list"), None, headers=headers))
    assert not [
        secret for secret in {CANARY, *pieces(token)} if secret in json.dumps(answer) + user_world.output[0]
    ]
