"""Tokens the authorizer must not take. Nothing behind it may run, and no answer may say why."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from joserfc import jws

from localcloud.issuer import SigningKeys
from tests.local.gateway.kit import NOW, World, call_body, claims, keys, private_key, rpc, token
from tests.local.gateway.parts import INFO, ISSUER, ORIGIN, gateway, interceptor

T = int(NOW.timestamp())
METADATA = f'resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource"'
SCOPE = 'scope="air/agent.booking air/agent.loyalty"'
BODY = call_body(INFO, {"customer_id": "C1"})


@pytest.fixture(scope="module")
def world() -> World:
    return World(gateway(interceptors=(interceptor(),)))


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _signed(header: Mapping[str, Any], payload: Mapping[str, Any] | bytes | None = None) -> str:
    """Signed with the right key under any header."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload or claims()).encode()
    text = f"{_b64(json.dumps(header).encode())}.{_b64(body)}"
    algorithm = jws.default_registry.algorithms["RS256"]
    return f"{text}.{_b64(algorithm.sign(text.encode(), private_key()))}"


def _unsigned(alg: Any) -> str:
    return (
        f"{_b64(json.dumps({'alg': alg, 'kid': keys().kid}).encode())}.{_b64(json.dumps(claims()).encode())}."
    )


def _hmac_with_public_key() -> str:
    header = {"alg": "HS256", "kid": keys().kid}
    text = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims()).encode())}"
    return f"{text}.{_b64(hmac.digest(private_key().as_pem(private=False), text.encode(), 'sha256'))}"


def _flip(part: int, at: int = 5) -> str:
    parts = token().split(".")
    letter = "A" if parts[part][at] != "A" else "B"
    parts[part] = parts[part][:at] + letter + parts[part][at + 1 :]
    return ".".join(parts)


def _spare_bits() -> str:
    """The same signature bytes in another spelling: the last character carries four spare bits."""
    text = token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


def _standard_alphabet() -> str:
    head, body, signature = token().split(".")
    return f"{head}.{body}.{signature.replace('-', '+').replace('_', '/')}"


H = {"alg": "RS256"}
BAD: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=T - 1),
    "expires this second": lambda: token(exp=T),
    "no exp": lambda: token(exp=None),
    "exp beyond every clock": lambda: token(exp=10**400),
    "exp as a string": lambda: token(exp=str(T + 900)),
    "exp as a float": lambda: token(exp=float(T + 900)),
    "exp as true": lambda: token(exp=True),
    "nbf in the future": lambda: token(nbf=T + 1),
    "nbf as a string": lambda: token(nbf=str(T - 1)),
    "issued in the future": lambda: token(iat=T + 120),
    "wrong issuer": lambda: token(iss="http://127.0.0.1:8702/pool_2"),
    "issuer with a slash": lambda: token(iss=f"{ISSUER}/"),
    "no issuer": lambda: token(iss=None),
    "an id token": lambda: token(token_use="id"),
    "token_use null": lambda: _signed({**H, "kid": keys().kid}, {**claims(), "token_use": None}),
    "unknown client": lambda: token(client_id="client-nobody"),
    "client as a list": lambda: token(client_id=["client-booking"]),
    "no client": lambda: token(client_id=None),
    "alg none": lambda: _unsigned("none"),
    "alg None": lambda: _unsigned("None"),
    "alg nOnE": lambda: _unsigned("nOnE"),
    "alg null": lambda: _unsigned(None),
    "alg none with a signature": lambda: _unsigned("none") + token().split(".")[2],
    "alg RS512": lambda: _signed({"alg": "RS512", "kid": keys().kid}),
    "alg as a list": lambda: _signed({"alg": ["RS256"], "kid": keys().kid}),
    "HS256 with the public key": _hmac_with_public_key,
    "unknown crit": lambda: _signed({**H, "kid": keys().kid, "crit": ["exp"]}),
    "b64 false": lambda: _signed({**H, "kid": keys().kid, "b64": False, "crit": ["b64"]}),
    "no kid": lambda: _signed(H),
    "unknown kid": lambda: _signed({**H, "kid": "other"}),
    "kid with a path": lambda: _signed({**H, "kid": "../../dev/null"}),
    "kid with SQL": lambda: _signed({**H, "kid": "' OR 1=1 --"}),
    "kid as a number": lambda: _signed({**H, "kid": 1}),
    "embedded jwk": lambda: _signed({**H, "kid": keys().kid, "jwk": private_key().as_dict(private=False)}),
    "jku": lambda: _signed({**H, "kid": keys().kid, "jku": "http://127.0.0.1:1/jwks"}),
    "x5u": lambda: _signed({**H, "kid": keys().kid, "x5u": "http://127.0.0.1:1/cert"}),
    "typ of another use": lambda: _signed({**H, "kid": keys().kid, "typ": "logout+jwt"}),
    "typ as a list": lambda: _signed({**H, "kid": keys().kid, "typ": ["JWT"]}),
    "foreign key": lambda: SigningKeys.generate().sign(claims()),
    "flipped header": lambda: _flip(0),
    "flipped payload": lambda: _flip(1),
    "flipped signature": lambda: _flip(2),
    "spare bits in the signature": _spare_bits,
    "standard alphabet": _standard_alphabet,
    "padding": lambda: token() + "==",
    "white space inside": lambda: token().replace(".", ". ", 1),
    "extra segment": lambda: token() + ".AAAA",
    "missing segment": lambda: token().rsplit(".", 1)[0],
    "empty signature": lambda: token().rsplit(".", 1)[0] + ".",
    "payload is a list": lambda: _signed({**H, "kid": keys().kid}, b"[]"),
    "payload is no JSON": lambda: _signed({**H, "kid": keys().kid}, b"\xff"),
    "payload with a claim twice": lambda: _signed(
        {**H, "kid": keys().kid}, json.dumps(claims()).encode()[:-1] + b',"client_id":"client-loyalty"}'
    ),
    "one megabyte": lambda: token(padding="x" * 1_000_000),
    "not a token": lambda: "abc",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_accepted(world: World, name: str) -> None:
    before = len(world.functions.calls)
    bad = BAD[name]()
    answer = world.post(BODY, bearer=bad)
    assert answer.status_code == 401
    assert answer.json() == {
        "jsonrpc": "2.0",
        "id": 0,
        "error": {"code": -32001, "message": "Invalid Bearer token"},
    }
    assert answer.headers["www-authenticate"] == f"Bearer {METADATA}, {SCOPE}"
    assert len(world.functions.calls) == before
    decision = world.events[-1]
    assert (decision["layer"], decision["effect"], decision["client"]) == ("authorizer", "deny", None)
    assert bad not in json.dumps(world.events[-1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "Missing Bearer token"),
        ("Bearer", "Missing Bearer token"),
        ("Bearer ", "Missing Bearer token"),
        ("Basic Y2xpZW50OnNlY3JldA==", "Missing Bearer token"),
        ("bearer {token}", "Missing Bearer token"),
        ("{token}", "Missing Bearer token"),
        ("Bearer  {token}", "Invalid Bearer token"),
        ("Bearer {token} {token}", "Invalid Bearer token"),
        ("Bearer {token},Bearer {token}", "Invalid Bearer token"),
    ],
)
def test_another_authorization_is_accepted(world: World, value: str | None, message: str) -> None:
    headers = {"Authorization": value.replace("{token}", token())} if value is not None else {}
    answer = world.post(BODY, bearer=None, headers=headers)
    assert (answer.status_code, answer.json()["error"]["message"], answer.json()["id"]) == (401, message, 0)


def test_two_authorization_headers_are_accepted(world: World) -> None:
    headers = [("Authorization", f"Bearer {token()}"), ("authorization", f"Bearer {token('loyalty')}")]
    answer = world.post(BODY, bearer=None, headers=headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "Invalid Bearer token")


@pytest.mark.parametrize(
    "scope", [None, "", "air/agent.other", "AIR/AGENT.BOOKING", "xair/agent.bookingx", "air/agent."]
)
def test_a_token_without_an_allowed_scope_passes(world: World, scope: str | None) -> None:
    answer = world.post(BODY, bearer=token(scope=scope))
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (403, -32001, 0)
    assert answer.headers["www-authenticate"] == f'Bearer error="insufficient_scope", {SCOPE}, {METADATA}'


def test_any_of_several_scopes_does_not_suffice(world: World) -> None:
    assert world.post(rpc("ping"), bearer=token(scope="x air/agent.loyalty")).status_code == 200


def test_the_reason_of_a_refusal_is_not_recorded(world: World) -> None:
    world.post(BODY, bearer=token(exp=T - 1))
    expected = {
        "event": "decision",
        "layer": "authorizer",
        "effect": "deny",
        "reason": "expired",
        "request_id": 1,
    }
    assert expected.items() <= world.events[-1].items()
