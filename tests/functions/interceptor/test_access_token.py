"""A token states nothing until all of it has been verified, and nothing once it has expired."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from gateway_interceptor.access_token import LEEWAY_SECONDS, MAX_BYTES
from tests.functions.interceptor.tokens import ISSUER, Signer, claims, segment, url64
from tests.functions.interceptor.verifying import SCOPE, Bench
from tests.functions.interceptor.world import NOW


@pytest.fixture
def bench(signer: Signer) -> Bench:
    return Bench(signer)


def test_a_sound_token_states_its_client_and_scope(bench: Bench) -> None:
    verified = bench.verify(bench.claims())
    assert (verified.scope, verified.client_id) == (SCOPE, "4b1example2client3id")


@pytest.mark.parametrize("kind", ["JWT", "at+jwt"])
def test_a_typed_token_is_accepted(bench: Bench, kind: str) -> None:
    assert bench.verify(bench.signer.token(claims(SCOPE, NOW), typ=kind))


CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired a second ago": ({"exp": int(NOW) - 1}, "expired"),
    "expires now": ({"exp": int(NOW)}, "expired"),
    "no expiry": ({"exp": ...}, "no_expiry"),
    "expiry as text": ({"exp": str(int(NOW) + 900)}, "dates"),
    "expiry true": ({"exp": True}, "dates"),
    "expiry null": ({"exp": None}, "dates"),
    "expiry a list": ({"exp": [int(NOW) + 900]}, "dates"),
    "expiry beyond any float": ({"exp": 10**400}, "dates"),
    "not before in the future": ({"nbf": int(NOW) + 60}, "not_yet_valid"),
    "not before as text": ({"nbf": "0"}, "dates"),
    "not before false": ({"nbf": False}, "dates"),
    "issued in the future": ({"iat": int(NOW) + 60}, "not_yet_valid"),
    "issued as text": ({"iat": "0"}, "dates"),
    "other issuer": ({"iss": "https://evil.example"}, "issuer"),
    "issuer with a slash more": ({"iss": ISSUER + "/"}, "issuer"),
    "issuer in capitals": ({"iss": ISSUER.upper()}, "issuer"),
    "list of issuers": ({"iss": [ISSUER]}, "issuer"),
    "no issuer": ({"iss": ...}, "issuer"),
    "id token": ({"token_use": "id"}, "token_use"),
    "no token use": ({"token_use": ...}, "token_use"),
    "list of uses": ({"token_use": ["access"]}, "token_use"),
    "no client": ({"client_id": ...}, "no_client"),
    "empty client": ({"client_id": ""}, "no_client"),
    "client a number": ({"client_id": 1}, "no_client"),
    "no scope": ({"scope": ...}, "no_scope"),
    "list of scopes": ({"scope": [SCOPE]}, "no_scope"),
}


@pytest.mark.parametrize(("changes", "detail"), CLAIMS.values(), ids=CLAIMS.keys())
def test_a_signed_token_with_a_wrong_claim_is_refused(
    bench: Bench, changes: dict[str, Any], detail: str
) -> None:
    assert bench.detail(bench.claims(**changes)) == detail


HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"alg": "none"}, "algorithm"),
    "None": ({"alg": "None"}, "algorithm"),
    "nOnE": ({"alg": "nOnE"}, "algorithm"),
    "lower case": ({"alg": "rs256"}, "algorithm"),
    "list": ({"alg": ["RS256"]}, "algorithm"),
    "HS256": ({"alg": "HS256"}, "algorithm"),
    "RS512": ({"alg": "RS512"}, "algorithm"),
    "PS256": ({"alg": "PS256"}, "algorithm"),
    "crit": ({"crit": ["exp"]}, "header"),
    "empty crit": ({"crit": []}, "header"),
    "jwk": ({"jwk": {}}, "header"),
    "jku": ({"jku": "https://evil.example/jwks.json"}, "header"),
    "x5u": ({"x5u": "https://evil.example/cert"}, "header"),
    "x5c": ({"x5c": []}, "header"),
    "b64": ({"b64": False}, "header"),
    "zip": ({"zip": "DEF"}, "header"),
    "typ": ({"typ": "JWE"}, "header"),
    "typ null": ({"typ": None}, "header"),
    "typ list": ({"typ": ["JWT"]}, "header"),
    "kid null": ({"kid": None}, "key_id"),
    "kid empty": ({"kid": ""}, "key_id"),
    "kid list": ({"kid": ["k"]}, "key_id"),
    "kid path": ({"kid": "../../etc/passwd"}, "key_id"),
    "kid SQL": ({"kid": "' OR 1=1 --"}, "key_id"),
    "kid long": ({"kid": "k" * 129}, "key_id"),
    "kid unknown": ({"kid": "unknown"}, "unknown_key"),
}


@pytest.mark.parametrize(("header", "detail"), HEADERS.values(), ids=HEADERS.keys())
def test_a_header_that_asks_for_another_verification_is_refused(
    bench: Bench, header: dict[str, Any], detail: str
) -> None:
    assert bench.detail(bench.signer.token(claims(SCOPE, NOW), **header)) == detail


def test_the_public_key_is_no_shared_secret(bench: Bench) -> None:
    head = f"{segment({'alg': 'HS256', 'kid': bench.signer.key_id})}.{segment(claims(SCOPE, NOW))}"
    mac = hmac.new(bench.signer.public_pem, head.encode(), hashlib.sha256).digest()
    assert bench.detail(f"{head}.{url64(mac)}") == "algorithm"


def test_a_stranger_cannot_sign_under_a_trusted_id(bench: Bench, stranger: Signer) -> None:
    token = stranger.sign({"alg": "RS256", "kid": bench.signer.key_id}, claims(SCOPE, NOW))
    assert bench.detail(token) == "signature"


def _segments(token: str) -> list[str]:
    return token.split(".")


MANGLED: dict[str, Callable[[str], str]] = {
    "empty": lambda token: "",
    "one segment": lambda token: _segments(token)[0],
    "two segments": lambda token: ".".join(_segments(token)[:2]),
    "four segments": lambda token: token + ".e30",
    "trailing dot": lambda token: token + ".",
    "empty signature": lambda token: ".".join([*_segments(token)[:2], ""]),
    "empty payload": lambda token: f"{_segments(token)[0]}..{_segments(token)[2]}",
    "padded": lambda token: token + "==",
    "leading blank": lambda token: " " + token,
    "trailing blank": lambda token: token + " ",
    "trailing line end": lambda token: token + "\n",
    "inner blank": lambda token: token.replace(".", ". ", 1),
    "not ASCII": lambda token: token + "é",
    "look-alike dot": lambda token: token.replace(".", "\u2024"),
    "NUL": lambda token: token + "\x00",
    "1 MB": lambda token: token + "A" * (1 << 20),
    "just too large": lambda token: "A" * (MAX_BYTES + 1),
    "signature doubled": lambda token: token + _segments(token)[2],
    "lone surrogate": lambda token: token + "\ud800",
}


@pytest.mark.parametrize("mangle", MANGLED.values(), ids=MANGLED.keys())
def test_a_mangled_token_is_refused(bench: Bench, mangle: Callable[[str], str]) -> None:
    token = bench.claims()
    bench.verify(token)
    bench.detail(mangle(token))


def test_no_flipped_bit_anywhere_is_accepted(bench: Bench) -> None:
    token = bench.claims()
    bench.verify(token)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    ends = [index - 1 for index in range(1, len(token) + 1) if index == len(token) or token[index] == "."]
    for index in sorted({*range(0, len(token), 23), *ends}):
        if token[index] == ".":
            continue
        for bit in range(6):
            other = alphabet[alphabet.index(token[index]) ^ 1 << bit]
            bench.detail(token[:index] + other + token[index + 1 :])


def test_a_signed_token_is_not_read_whatever_its_size(bench: Bench) -> None:
    assert bench.verify(bench.claims(jti="x" * 4000))
    assert bench.detail(bench.claims(jti="x" * MAX_BYTES)) == "too_large"


def test_claims_are_not_believed_before_the_signature(bench: Bench, stranger: Signer) -> None:
    token = stranger.sign({"alg": "RS256", "kid": bench.signer.key_id}, "not even JSON")
    assert bench.detail(token) == "signature"


@pytest.mark.parametrize(
    "payload",
    ['{"iss":1,"iss":2}', "[]", "null", "\ufeff{}", "[" * 3000, '{"exp":NaN}', b"\xff\xfe", "", "x"],
)
def test_a_signed_payload_that_is_no_plain_object_is_refused(bench: Bench, payload: str | bytes) -> None:
    assert bench.detail(bench.signer.sign({"alg": "RS256", "kid": bench.signer.key_id}, payload)) in (
        "claims",
        "encoding",
    )


def test_a_header_with_two_algorithms_is_refused(bench: Bench) -> None:
    header = f'{{"alg":"RS256","alg":"RS256","kid":"{bench.signer.key_id}"}}'
    assert bench.detail(bench.signer.sign(header, claims(SCOPE, NOW))) == "header"


def test_a_small_lead_of_the_issuers_clock_is_borne(bench: Bench) -> None:
    lead = int(LEEWAY_SECONDS)
    assert bench.verify(bench.claims(iat=int(NOW) + lead, nbf=int(NOW) + lead))
    bench.detail(bench.claims(iat=int(NOW) + lead + 1))
