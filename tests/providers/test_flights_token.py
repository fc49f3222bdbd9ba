"""The stand-in's token endpoint and what a token is good for."""

from __future__ import annotations

import base64
import urllib.parse
from typing import Any

import pytest

from tests.providers.client import CLIENT_ID, CLIENT_SECRET, GRANT, QUESTION, SEARCH, TOKEN, Provider, load


def basic(client_id: str, client_secret: str) -> dict[str, str]:
    pair = f"{urllib.parse.quote_plus(client_id)}:{urllib.parse.quote_plus(client_secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def test_a_token_is_given_for_the_right_credentials(provider: Provider) -> None:
    answer = provider.request("POST", TOKEN, data=GRANT)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["state"]) == ("Bearer", 1799, "approved")
    assert answer.headers["cache-control"] == "no-store"
    assert CLIENT_SECRET not in answer.text


def test_credentials_may_come_by_http_basic(provider: Provider) -> None:
    headers = basic(CLIENT_ID, CLIENT_SECRET)
    answer = provider.request("POST", TOKEN, data={"grant_type": "client_credentials"}, headers=headers)
    assert answer.status_code == 200
    repeated = {"grant_type": "client_credentials", "client_id": CLIENT_ID}
    assert provider.request("POST", TOKEN, data=repeated, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("client_id", "client_secret"),
    [
        (CLIENT_ID, "wrong"),
        ("wrong", CLIENT_SECRET),
        ("", ""),
        (CLIENT_ID, ""),
        (CLIENT_ID, CLIENT_SECRET + " "),
        (CLIENT_ID.upper(), CLIENT_SECRET),
        ("김", "민준"),
    ],
)
def test_wrong_credentials_get_no_token_either_way(
    provider: Provider, client_id: str, client_secret: str
) -> None:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    by_header = {"data": {"grant_type": "client_credentials"}, "headers": basic(client_id, client_secret)}
    for options in ({"data": form}, by_header):
        answer = provider.request("POST", TOKEN, **options)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert "access_token" not in answer.text


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT_ONLY = {"grant_type": "client_credentials"}
BROKEN: list[tuple[dict[str, Any], int, str]] = [
    ({"data": GRANT | {"grant_type": "password"}}, 400, "unsupported_grant_type"),
    ({"data": {k: v for k, v in GRANT.items() if k != "grant_type"}}, 400, "unsupported_grant_type"),
    ({"json": GRANT}, 400, "invalid_request"),
    ({"content": b""}, 400, "invalid_request"),
    ({"content": b"", "headers": FORM}, 400, "unsupported_grant_type"),
    ({"content": b"grant_type", "headers": FORM}, 400, "invalid_request"),
    ({"content": b"grant_type=client_credentials&client_id=\xff", "headers": FORM}, 400, "invalid_request"),
    ({"content": b"grant_type=client_credentials&client_id=%ff", "headers": FORM}, 400, "invalid_request"),
    ({"content": b"client_id=a&client_id=a", "headers": FORM}, 400, "invalid_request"),
    ({"content": b"a=" + b"x" * 5000, "headers": FORM}, 400, "invalid_request"),
    ({"data": GRANT, "headers": basic(CLIENT_ID, CLIENT_SECRET)}, 400, "invalid_request"),
    ({"data": GRANT_ONLY, "headers": {"Authorization": "Basic"}}, 401, "invalid_client"),
    ({"data": GRANT_ONLY, "headers": {"Authorization": "Basic ===="}}, 401, "invalid_client"),
    ({"data": GRANT_ONLY, "headers": {"Authorization": "Basic YWJj"}}, 401, "invalid_client"),
    ({"data": GRANT_ONLY, "headers": {"Authorization": "Basic /////w=="}}, 401, "invalid_client"),
    ({"data": GRANT_ONLY, "headers": {"Authorization": "Bearer x"}}, 401, "invalid_client"),
]


@pytest.mark.parametrize(("options", "status", "error"), BROKEN)
def test_a_malformed_request_for_a_token_is_refused_and_never_breaks(
    provider: Provider, options: dict[str, Any], status: int, error: str
) -> None:
    answer = provider.request("POST", TOKEN, **options)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("path", [TOKEN, SEARCH])
def test_other_methods_do_nothing(provider: Provider, path: str) -> None:
    for method in ("PUT", "DELETE", "GET" if path == TOKEN else "POST"):
        assert provider.request(method, path).status_code == 405


def status_and_code(provider: Provider, headers: Any) -> tuple[int, int]:
    answer = provider.request("GET", SEARCH, params=QUESTION, headers=headers)
    return answer.status_code, answer.json()["errors"][0]["code"]


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "token"])
def test_a_search_without_a_bearer_token_is_refused(provider: Provider, value: str) -> None:
    assert status_and_code(provider, {"Authorization": value}) == (401, 38191)
    assert status_and_code(provider, {}) == (401, 38191)


def test_two_authorization_headers_are_refused_even_if_both_are_good(provider: Provider) -> None:
    header = ("Authorization", f"Bearer {provider.token()}")
    assert status_and_code(provider, [header, header]) == (401, 38191)


def test_a_token_with_any_character_changed_is_refused(provider: Provider) -> None:
    token = provider.token()
    for place in range(len(token)):
        forged = token[:place] + ("1" if token[place] != "1" else "2") + token[place + 1 :]
        assert status_and_code(provider, {"Authorization": f"Bearer {forged}"}) == (401, 38190)


@pytest.mark.parametrize("token", [b"x", b".", b"..", b"9999999999.aa.", b"9999999999.aa.\xe9", b"x" * 5000])
def test_a_made_up_token_is_refused(provider: Provider, token: bytes) -> None:
    assert status_and_code(provider, [(b"Authorization", b"Bearer " + token)]) == (401, 38190)


def test_a_token_of_another_stand_in_is_refused(provider: Provider) -> None:
    assert status_and_code(provider, {"Authorization": f"Bearer {Provider().token()}"}) == (401, 38190)


def test_a_token_ends_when_it_said_it_would(provider: Provider) -> None:
    headers = {"Authorization": f"Bearer {provider.token()}"}
    provider.pass_time(seconds=1798)
    assert provider.request("GET", SEARCH, params=QUESTION, headers=headers).status_code == 200
    provider.pass_time(seconds=1)
    assert status_and_code(provider, headers) == (401, 38192)


@pytest.mark.parametrize(("client_id", "client_secret"), [("", "x"), ("x", ""), ("", "")])
def test_a_stand_in_without_credentials_does_not_start(client_id: str, client_secret: str) -> None:
    with pytest.raises(ValueError, match="not empty"):
        load().application(client_id=client_id, client_secret=client_secret, clock=lambda: None)
