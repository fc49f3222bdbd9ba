"""The token endpoint, as an agent's client meets it: who gets a token, and what it states."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from localcloud.issuer import SigningKeys
from tests.local.issuer.agents_kit import (
    BARE,
    BOOKING,
    CODE,
    NOW,
    POOL,
    POOL_ID,
    PUBLIC,
    TWO,
    Ask,
    claims_of,
    form_of,
    issuer,
)


def test_a_token_lacks_or_invents_a_claim_of_cognitos_machine_tokens(ask: Ask, keys: SigningKeys) -> None:
    answer = ask("POST", "/oauth2/token", data=form_of(BOOKING, scope="air/agent.booking"))
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "expires_in", "token_type"}
    assert (answer.json()["expires_in"], answer.json()["token_type"]) == (900, "Bearer")
    claims = claims_of(answer.json()["access_token"], keys)
    now = int(NOW.timestamp())
    assert claims.pop("jti")
    assert claims == {
        "sub": "client-booking",
        "client_id": "client-booking",
        "token_use": "access",
        "scope": "air/agent.booking",
        "auth_time": now,
        "iat": now,
        "exp": now + 900,
        "iss": POOL.issuer,
        "version": 2,
    }
    assert answer.headers["cache-control"] == "no-store"


def test_the_token_header_names_no_published_key(ask: Ask, keys: SigningKeys) -> None:
    token = ask("POST", "/oauth2/token", data=form_of(BOOKING)).json()["access_token"]
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    published = ask("GET", f"/{POOL_ID}/.well-known/jwks.json").json()["keys"]
    assert header == {"kid": published[0]["kid"], "alg": "RS256"}
    assert published[0].keys() == {"kty", "n", "e", "kid", "alg", "use"}, (
        "a private member would be published"
    )


def test_two_tokens_share_a_jti(ask: Ask, keys: SigningKeys) -> None:
    tokens = [ask("POST", "/oauth2/token", data=form_of(BOOKING)).json()["access_token"] for _ in range(2)]
    assert len({claims_of(token, keys)["jti"] for token in tokens}) == 2


def test_basic_authentication_is_refused(ask: Ask) -> None:
    answer = ask(
        "POST",
        "/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(BOOKING.client_id, BOOKING.client_secret),
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("scope", "granted"), [(None, "air/a air/b"), ("air/b", "air/b"), ("air/b air/a", "air/b air/a")]
)
def test_the_scopes_are_not_those_asked_for(
    ask: Ask, keys: SigningKeys, scope: str | None, granted: str
) -> None:
    form = form_of(TWO) if scope is None else form_of(TWO, scope=scope)
    answer = ask("POST", "/oauth2/token", data=form)
    assert claims_of(answer.json()["access_token"], keys)["scope"] == granted


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (form_of(BOOKING, scope="air/a"), "invalid_scope"),
        (form_of(BOOKING, scope="air/agent.booking air/a"), "invalid_scope"),
        (form_of(BOOKING, scope="air/agent.booking air/agent.booking"), "invalid_scope"),
        (form_of(BOOKING, scope="AIR/agent.booking"), "invalid_scope"),
        (form_of(BOOKING, scope=""), "invalid_scope"),
        (form_of(BOOKING, scope=" air/agent.booking"), "invalid_scope"),
        (form_of(BARE), "invalid_scope"),
        (form_of(BOOKING, client_secret="wrong"), "invalid_client"),
        (form_of(BOOKING, client_secret=""), "invalid_client"),
        (form_of(BOOKING, client_secret="booking-secret\x00"), "invalid_client"),
        (form_of(BOOKING, client_id="nobody"), "invalid_client"),
        (form_of(BOOKING, client_id="client-two"), "invalid_client"),
        (form_of(PUBLIC), "invalid_client"),
        ({"grant_type": "client_credentials"}, "invalid_client"),
        (form_of(CODE), "unauthorized_client"),
        (form_of(BOOKING, grant_type="authorization_code"), "unauthorized_client"),
        (form_of(BOOKING, grant_type="refresh_token"), "unauthorized_client"),
        (form_of(BOOKING, grant_type="password"), "unsupported_grant_type"),
        (form_of(BOOKING, grant_type="Client_Credentials"), "unsupported_grant_type"),
        (form_of(BOOKING, grant_type=""), "invalid_request"),
        ({"client_id": "client-booking", "client_secret": "booking-secret"}, "invalid_request"),
    ],
)
def test_a_wrong_request_gets_a_token_or_another_error(ask: Ask, form: dict[str, str], error: str) -> None:
    answer = ask("POST", "/oauth2/token", data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_an_unknown_client_is_told_apart_from_a_wrong_secret(ask: Ask) -> None:
    unknown = ask("POST", "/oauth2/token", data=form_of(BOOKING, client_id="nobody"))
    wrong = ask("POST", "/oauth2/token", data=form_of(BOOKING, client_secret="wrong"))
    assert (unknown.status_code, unknown.content, dict(unknown.headers)) == (
        wrong.status_code,
        wrong.content,
        dict(wrong.headers),
    )


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "extra", "error"),
    [
        (f"Basic {_b64('client-booking:wrong')}", {}, "invalid_client"),
        (f"Basic {_b64('client-booking')}", {}, "invalid_client"),
        ("Basic !!!!", {}, "invalid_client"),
        (f"Basic {_b64('client-booking:%FF')}", {}, "invalid_client"),
        ("Basic", {}, "invalid_client"),
        ("Bearer abc", {}, "invalid_client"),
        (
            f"Basic {_b64('client-booking:booking-secret')}",
            {"client_secret": "booking-secret"},
            "invalid_request",
        ),
        (f"Basic {_b64('client-booking:booking-secret')}", {"client_id": "client-two"}, "invalid_request"),
    ],
)
def test_a_bad_authorization_header_gets_a_token(
    ask: Ask, authorization: str, extra: Mapping[str, str], error: str
) -> None:
    form = {"grant_type": "client_credentials", **extra}
    answer = ask("POST", "/oauth2/token", data=form, headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials&client_id=x&client_secret=y", None),
        (b"grant_type=client_credentials&scope=a&scope=b", None),
        (b"grant_type", None),
        (b"\xff\xfe", None),
        (b"grant_type=%ff", None),
        (b"&".join(b"f%d=1" % n for n in range(17)), None),
        (b'{"grant_type":"client_credentials"}', "application/json"),
        (b"grant_type=client_credentials", "text/plain"),
        (b"", None),
    ],
)
def test_a_malformed_form_is_not_invalid_request(ask: Ask, body: bytes, kind: str | None) -> None:
    headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
    answer = ask("POST", "/oauth2/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_a_secret_in_the_query_is_accepted(ask: Ask) -> None:
    answer = ask("POST", "/oauth2/token?client_secret=booking-secret", data=form_of(BOOKING))
    assert answer.json() == {"error": "invalid_request"}


def test_two_authorization_headers_are_accepted(ask: Ask) -> None:
    basic = f"Basic {_b64('client-booking:booking-secret')}"
    headers = [("Authorization", basic), ("authorization", basic)]
    answer = ask("POST", "/oauth2/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert answer.json() == {"error": "invalid_request"}


def test_an_oversize_body_is_read_to_its_end(keys: SigningKeys) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1024
            yield b"a" * 1024

    async def run() -> httpx.Response:
        async with issuer(keys) as client:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return await client.post("/oauth2/token", content=endless(), headers=headers)

    assert asyncio.run(run()).status_code == 413
    assert read < 64 * 1024
