"""The issuer, over HTTP, as an agent's client and the gateway meet it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from localcloud.issuer import SigningKeys, create_issuer
from localcloud.spec import Client, UserPool

ORIGIN = "http://127.0.0.1:8702"
POOL_ID = "ap-northeast-2_Test00001"
NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
BOOKING = Client(
    "booking", "client-booking", "booking-secret", ("air/agent.booking",), ("client_credentials",), 900
)
TWO = Client("two", "client-two", "two-secret", ("air/a", "air/b"), ("client_credentials",), 3600)
PUBLIC = Client("public", "client-public", "", ("air/a",), ("client_credentials",), 3600)
CODE = Client("code", "client-code", "code-secret", ("air/a",), ("code",), 3600)
BARE = Client("bare", "client-bare", "bare-secret", (), ("client_credentials",), 3600)
POOL = UserPool(
    POOL_ID,
    f"{ORIGIN}/{POOL_ID}",
    "air",
    ("air/agent.booking", "air/a", "air/b"),
    (BOOKING, TWO, PUBLIC, CODE, BARE),
)


@pytest.fixture(scope="module")
def keys() -> SigningKeys:
    return SigningKeys.generate()


@asynccontextmanager
async def _client(keys: SigningKeys) -> AsyncIterator[httpx.AsyncClient]:
    app = create_issuer(POOL, keys, lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
        yield client


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(keys: SigningKeys) -> Ask:
    """One request to a fresh issuer."""

    def send(method: str, path: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            async with _client(keys) as client:
                return await client.request(method, path, **options)

        return asyncio.run(run())

    return send


def _form(client: Client, **fields: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        **fields,
    }


def _claims(token: str, keys: SigningKeys) -> dict[str, Any]:
    signed = jws.deserialize_compact(token, KeySet.import_key_set(keys.jwks()), algorithms=["RS256"])  # type: ignore[arg-type]
    payload: dict[str, Any] = json.loads(signed.payload)
    return payload


def test_a_token_lacks_or_invents_a_claim_of_cognitos_machine_tokens(ask: Ask, keys: SigningKeys) -> None:
    answer = ask("POST", "/oauth2/token", data=_form(BOOKING, scope="air/agent.booking"))
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "expires_in", "token_type"}
    assert (answer.json()["expires_in"], answer.json()["token_type"]) == (900, "Bearer")
    claims = _claims(answer.json()["access_token"], keys)
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
    token = ask("POST", "/oauth2/token", data=_form(BOOKING)).json()["access_token"]
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    published = ask("GET", f"/{POOL_ID}/.well-known/jwks.json").json()["keys"]
    assert header == {"kid": published[0]["kid"], "alg": "RS256"}
    assert published[0].keys() == {"kty", "n", "e", "kid", "alg", "use"}, (
        "a private member would be published"
    )


def test_two_tokens_share_a_jti(ask: Ask, keys: SigningKeys) -> None:
    tokens = [ask("POST", "/oauth2/token", data=_form(BOOKING)).json()["access_token"] for _ in range(2)]
    assert len({_claims(token, keys)["jti"] for token in tokens}) == 2


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
    form = _form(TWO) if scope is None else _form(TWO, scope=scope)
    answer = ask("POST", "/oauth2/token", data=form)
    assert _claims(answer.json()["access_token"], keys)["scope"] == granted


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (_form(BOOKING, scope="air/a"), "invalid_scope"),
        (_form(BOOKING, scope="air/agent.booking air/a"), "invalid_scope"),
        (_form(BOOKING, scope="air/agent.booking air/agent.booking"), "invalid_scope"),
        (_form(BOOKING, scope="AIR/agent.booking"), "invalid_scope"),
        (_form(BOOKING, scope=""), "invalid_scope"),
        (_form(BOOKING, scope=" air/agent.booking"), "invalid_scope"),
        (_form(BARE), "invalid_scope"),
        (_form(BOOKING, client_secret="wrong"), "invalid_client"),
        (_form(BOOKING, client_secret=""), "invalid_client"),
        (_form(BOOKING, client_secret="booking-secret\x00"), "invalid_client"),
        (_form(BOOKING, client_id="nobody"), "invalid_client"),
        (_form(BOOKING, client_id="client-two"), "invalid_client"),
        (_form(PUBLIC), "invalid_client"),
        ({"grant_type": "client_credentials"}, "invalid_client"),
        (_form(CODE), "unauthorized_client"),
        (_form(BOOKING, grant_type="authorization_code"), "unauthorized_client"),
        (_form(BOOKING, grant_type="refresh_token"), "unauthorized_client"),
        (_form(BOOKING, grant_type="password"), "unsupported_grant_type"),
        (_form(BOOKING, grant_type="Client_Credentials"), "unsupported_grant_type"),
        (_form(BOOKING, grant_type=""), "invalid_request"),
        ({"client_id": "client-booking", "client_secret": "booking-secret"}, "invalid_request"),
    ],
)
def test_a_wrong_request_gets_a_token_or_another_error(ask: Ask, form: dict[str, str], error: str) -> None:
    answer = ask("POST", "/oauth2/token", data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_an_unknown_client_is_told_apart_from_a_wrong_secret(ask: Ask) -> None:
    unknown = ask("POST", "/oauth2/token", data=_form(BOOKING, client_id="nobody"))
    wrong = ask("POST", "/oauth2/token", data=_form(BOOKING, client_secret="wrong"))
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
    answer = ask("POST", "/oauth2/token?client_secret=booking-secret", data=_form(BOOKING))
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
        async with _client(keys) as client:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return await client.post("/oauth2/token", content=endless(), headers=headers)

    assert asyncio.run(run()).status_code == 413
    assert read < 64 * 1024


def test_a_rotated_key_stops_live_tokens() -> None:
    own = SigningKeys.generate()

    async def run() -> tuple[str, str, list[str]]:
        async with _client(own) as client:
            before = (await client.post("/oauth2/token", data=_form(BOOKING))).json()["access_token"]
            own.rotate()
            after = (await client.post("/oauth2/token", data=_form(BOOKING))).json()["access_token"]
            jwks = (await client.get(f"/{POOL_ID}/.well-known/jwks.json")).json()
            return before, after, [key["kid"] for key in jwks["keys"]]

    before, after, kids = asyncio.run(run())
    assert _claims(before, own)["sub"] == _claims(after, own)["sub"]
    header = json.loads(base64.urlsafe_b64decode(after.split(".")[0] + "=="))
    assert len(set(kids)) == 2
    assert header["kid"] == kids[0], "the new key does not sign"


def test_a_token_verifies_under_another_pools_key(ask: Ask) -> None:
    token = ask("POST", "/oauth2/token", data=_form(BOOKING)).json()["access_token"]
    with pytest.raises(JoseError):
        jws.deserialize_compact(token, RSAKey.generate_key(2048), algorithms=["RS256"])


def test_discovery_names_endpoints_that_do_not_answer(ask: Ask) -> None:
    document = ask("GET", f"/{POOL_ID}/.well-known/openid-configuration").json()
    assert document["issuer"] == POOL.issuer
    assert ask("GET", document["jwks_uri"].removeprefix(ORIGIN)).json()["keys"]
    answer = ask("POST", document["token_endpoint"].removeprefix(ORIGIN), data=_form(BOOKING))
    assert answer.status_code == 200
    assert "authorization_endpoint" not in document


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/oauth2/token", 405),
        ("PUT", "/oauth2/token", 405),
        ("POST", "/oauth2/token/", 404),
        ("GET", "/other/.well-known/jwks.json", 404),
        ("POST", f"/{POOL_ID}/.well-known/jwks.json", 405),
        ("GET", "/", 404),
    ],
)
def test_another_path_or_method_answers(ask: Ask, method: str, path: str, status: int) -> None:
    assert ask(method, path).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8702"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:9999"},
        {"Host": "localhost:8702.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_rebound_name_reads_the_issuer(ask: Ask, headers: Mapping[str, str]) -> None:
    assert ask("POST", "/oauth2/token", data=_form(BOOKING), headers=headers).status_code == 421


def test_tokens_follow_the_wall_clock_instead_of_the_injected_one(keys: SigningKeys) -> None:
    later = NOW + timedelta(days=400)
    app = create_issuer(POOL, keys, lambda: later)

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
            return await client.post("/oauth2/token", data=_form(TWO))

    claims = _claims(asyncio.run(run()).json()["access_token"], keys)
    assert claims["exp"] - int(later.timestamp()) == 3600


def test_an_issuer_url_of_another_pool_is_served() -> None:
    wrong = UserPool(POOL_ID, f"{ORIGIN}/other", "air", (), ())
    with pytest.raises(ValueError, match="other"):
        create_issuer(wrong, SigningKeys.generate(), lambda: NOW)


def test_a_secret_shows_in_a_representation() -> None:
    assert "booking-secret" not in repr(POOL)
