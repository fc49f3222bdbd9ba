"""Signing in: a code goes to the registered callback only, and is worth tokens once, to who asked for it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pytest

from localcloud.issuer import Directory, create_users_issuer
from localcloud.issuer.codes import MAX_CODES
from tests.local.issuer.users_kit import (
    CALLBACK,
    CONSOLE,
    ORIGIN,
    OTHER_CALLBACK,
    POOL,
    POOL_ID,
    START,
    VERIFIER,
    Browser,
    asking,
    challenge,
    claims,
    keys,
    told,
)


@pytest.fixture
def browser() -> Browser:
    return Browser()


def test_a_token_lacks_or_invents_a_claim_of_cognitos_user_tokens(browser: Browser) -> None:
    code = browser.code()
    browser.passes(seconds=90)
    answer = browser.redeem(code)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert given.keys() == {"access_token", "id_token", "expires_in", "token_type"}
    assert (given["expires_in"], given["token_type"]) == (3600, "Bearer")
    access, signed_in = claims(given["access_token"]), int(START.timestamp())
    for unique in ("jti", "origin_jti", "event_id", "sub"):
        assert len(access.pop(unique)) == 36
    assert access == {
        "iss": POOL.issuer,
        "version": 2,
        "client_id": CONSOLE.client_id,
        "token_use": "access",
        "scope": "openid",
        "auth_time": signed_in,
        "iat": signed_in + 90,
        "exp": signed_in + 90 + 3600,
        "username": "C1001",
    }


def test_an_id_token_could_be_taken_for_an_access_token(browser: Browser) -> None:
    given = browser.redeem(browser.code()).json()
    identity = claims(given["id_token"])
    half = hashlib.sha256(given["access_token"].encode()).digest()[:16]
    assert identity["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert (identity["token_use"], identity["aud"], identity["nonce"]) == ("id", CONSOLE.client_id, "n1")
    assert identity["cognito:username"] == "C1001"
    assert "client_id" not in identity, "an authorizer of clients would let it in"


def test_a_user_is_somebody_else_the_next_time(browser: Browser) -> None:
    subjects = [
        claims(browser.redeem(browser.code(login_hint=name)).json()["access_token"])["sub"]
        for name in ("C1001", "C1001", "C1002", "guest")
    ]
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3


def test_the_state_is_not_what_the_client_sent(browser: Browser) -> None:
    reply = browser.authorize()
    assert reply.headers["location"].startswith(f"{CALLBACK}?code=")
    assert told(reply)["state"] == "s t&="
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert "state" not in browser.sent_to(state=None)


def test_a_callback_with_a_query_loses_it(browser: Browser) -> None:
    reply = browser.authorize(redirect_uri=OTHER_CALLBACK)
    assert reply.headers["location"].startswith(f"{OTHER_CALLBACK}&code=")
    code = told(reply)["code"]
    assert browser.redeem(code, redirect_uri=OTHER_CALLBACK).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": "http://localhost:8700"},
        {"redirect_uri": "http://LOCALHOST:8700/"},
        {"redirect_uri": "http://localhost:8700/../"},
        {"redirect_uri": "http://localhost:8700/?x=1"},
        {"redirect_uri": "http://localhost:8700/%2e"},
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "second-client", "redirect_uri": OTHER_CALLBACK},
    ],
)
def test_a_browser_is_sent_where_nobody_registered(
    browser: Browser, change: Mapping[str, str | None]
) -> None:
    reply = browser.authorize(**change)
    assert reply.status_code == 400
    assert "location" not in reply.headers


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"client_id": "implicit-client"}, "unauthorized_client"),
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid openid"}, "invalid_scope"),
        ({"scope": "aws.cognito.signin.user.admin"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": challenge() + "="}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"login_hint": None, "prompt": "none"}, "login_required"),
        ({"login_hint": None, "response_type": "token"}, "unsupported_response_type"),
        ({"login_hint": None, "code_challenge_method": "plain"}, "invalid_request"),
        ({"login_hint": None, "username": "C1001", "scope": "openid profile"}, "invalid_scope"),
        ({"login_hint": "C9999", "username": "C1001"}, "access_denied"),
        ({"login_hint": "C9999"}, "access_denied"),
        ({"login_hint": "c1001"}, "access_denied"),
        ({"login_hint": ""}, "access_denied"),
    ],
)
def test_a_wrong_sign_in_gets_a_code_or_another_error(
    browser: Browser, change: Mapping[str, str | None], error: str
) -> None:
    assert browser.sent_to(**change) == {"error": error, "state": "s t&="}


@pytest.mark.parametrize(
    "query",
    ["", "client_id=console-client&client_id=console-client", "client_id", "a=%ff", "x=" + "y" * 9000],
)
def test_a_query_that_could_be_read_two_ways_is_answered(browser: Browser, query: str) -> None:
    reply = browser.ask("GET", f"/{POOL_ID}/oauth2/authorize?{query}")
    assert (reply.status_code, "location" in reply.headers) == (400, False)


def test_a_parameter_nobody_knows_is_refused(browser: Browser) -> None:
    reply = browser.ask("GET", f"/{POOL_ID}/oauth2/authorize", params={**asking(), "lang": "ko"})
    assert reply.status_code == 302, "RFC 6749 §3.1: unknown parameters are ignored"


def test_a_code_is_worth_tokens_twice(browser: Browser) -> None:
    code = browser.code()
    assert browser.redeem(code).status_code == 200
    assert browser.redeem(code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": "v" * 42},
        {"code_verifier": "v" * 129},
        {"code_verifier": "v" * 42 + "é"},
        {"code_verifier": challenge()},
        {"redirect_uri": OTHER_CALLBACK},
        {"redirect_uri": "http://localhost:8700"},
        {"client_id": "second-client"},
    ],
)
def test_another_than_who_asked_gets_the_tokens(browser: Browser, change: Mapping[str, str]) -> None:
    code = browser.code()
    refused = browser.redeem(code, **change)
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid_grant"})
    assert browser.redeem(code).json() == {"error": "invalid_grant"}, "a stolen code could be tried again"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "refresh_token"}, "unauthorized_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "implicit-client"}, "unauthorized_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"code": None}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code": "00000000-0000-4000-8000-000000000000"}, "invalid_grant"),
    ],
)
def test_a_wrong_exchange_gets_tokens_or_another_error(
    browser: Browser, change: Mapping[str, str | None], error: str
) -> None:
    answer = browser.redeem(**{"code": browser.code(), **change})
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_public_client_is_let_in_by_a_secret_it_cannot_have(browser: Browser) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_id": CONSOLE.client_id,
        "code": browser.code(),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = browser.ask("POST", f"/{POOL_ID}/oauth2/token", data=form, auth=(CONSOLE.client_id, "x"))
    assert answer.json() == {"error": "invalid_client"}


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 400), (-1, 400)])
def test_a_code_lives_longer_than_five_minutes(browser: Browser, seconds: float, status: int) -> None:
    code = browser.code()
    browser.passes(seconds=seconds)
    assert browser.redeem(code).status_code == status


def test_unused_codes_fill_the_memory(browser: Browser) -> None:
    first = browser.code()
    for _ in range(MAX_CODES):
        last = browser.code()
    assert browser.redeem(first).json() == {"error": "invalid_grant"}
    assert browser.redeem(last).status_code == 200


def test_discovery_names_what_does_not_answer(browser: Browser) -> None:
    document = browser.ask("GET", f"/{POOL_ID}/.well-known/openid-configuration").json()
    assert document["issuer"] == POOL.issuer
    assert browser.ask("GET", document["jwks_uri"].removeprefix(ORIGIN)).json() == keys().jwks()
    reply = browser.ask("GET", document["authorization_endpoint"].removeprefix(ORIGIN), params=asking())
    assert reply.status_code == 302
    assert document["token_endpoint"] == f"{POOL.issuer}/oauth2/token"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["token_endpoint_auth_methods_supported"] == ["none"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"/{POOL_ID}/oauth2/authorize", 405),
        ("GET", f"/{POOL_ID}/oauth2/token", 405),
        ("GET", f"/{POOL_ID}/oauth2/authorize/", 404),
        ("GET", "/oauth2/authorize", 404),
        ("POST", "/oauth2/token", 404),
    ],
)
def test_another_path_or_method_signs_in(browser: Browser, method: str, path: str, status: int) -> None:
    assert browser.ask(method, path, params=asking()).status_code == status


@pytest.mark.parametrize("headers", [{"Host": "evil.example:8702"}, {"Origin": "http://evil.example"}])
def test_a_rebound_name_signs_a_user_in(browser: Browser, headers: Mapping[str, str]) -> None:
    reply = browser.ask("GET", f"/{POOL_ID}/oauth2/authorize", params=asking(), headers=headers)
    assert reply.status_code == 421


def test_an_oversize_body_is_read_to_its_end(browser: Browser) -> None:
    assert browser.redeem("x" * 9000).status_code == 413


def test_an_issuer_url_of_another_pool_is_served() -> None:
    wrong = replace(POOL, issuer=f"{ORIGIN}/other")
    with pytest.raises(ValueError, match="other"):
        create_users_issuer(wrong, keys(), Directory([]), lambda: START)
