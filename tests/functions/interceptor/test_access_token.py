"""A token states nothing until all of it has been verified, and nothing once it has expired."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from gateway_interceptor.access_token import TokenVerifier
from gateway_interceptor.jwks import Keys
from gateway_interceptor.refused import BAD_TOKEN, Refused
from tests.functions.interceptor.tokens import ISSUER, Signer, claims, jwks, segment, url64
from tests.functions.interceptor.verifying import SCOPE, Bench
from tests.functions.interceptor.world import NOW

MAX_BYTES, LEEWAY_SECONDS = 16_384, 5


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


MANGLED: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda token: "", "segments"),
    "one segment": (lambda token: _segments(token)[0], "segments"),
    "two segments": (lambda token: ".".join(_segments(token)[:2]), "segments"),
    "four segments": (lambda token: token + ".e30", "segments"),
    "trailing dot": (lambda token: token + ".", "segments"),
    "empty header": (lambda token: f".{_segments(token)[1]}.{_segments(token)[2]}", "encoding"),
    "empty payload": (lambda token: f"{_segments(token)[0]}..{_segments(token)[2]}", "encoding"),
    "empty signature": (lambda token: ".".join([*_segments(token)[:2], ""]), "encoding"),
    "padded": (lambda token: token + "==", "encoding"),
    "leading blank": (lambda token: " " + token, "encoding"),
    "trailing blank": (lambda token: token + " ", "encoding"),
    "trailing line end": (lambda token: token + "\n", "encoding"),
    "inner blank": (lambda token: token.replace(".", ". ", 1), "encoding"),
    "not ASCII": (lambda token: token + "é", "not_ascii"),
    "look-alike dot": (lambda token: token.replace(".", "\u2024"), "not_ascii"),
    "NUL": (lambda token: token + "\x00", "encoding"),
    "1 MB": (lambda token: token + "A" * (1 << 20), "too_large"),
    "at the limit": (lambda token: "A" * MAX_BYTES, "segments"),
    "just too large": (lambda token: "A" * (MAX_BYTES + 1), "too_large"),
    "signature doubled": (lambda token: token + _segments(token)[2], "signature"),
    "lone surrogate": (lambda token: token + "\ud800", "not_ascii"),
}


@pytest.mark.parametrize(("mangle", "detail"), MANGLED.values(), ids=MANGLED.keys())
def test_a_mangled_token_is_refused(bench: Bench, mangle: Callable[[str], str], detail: str) -> None:
    token = bench.claims()
    bench.verify(token)
    assert bench.detail(mangle(token)) == detail


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
    soon = int(NOW) + LEEWAY_SECONDS
    assert bench.verify(bench.claims(iat=soon, nbf=soon)).not_before == NOW
    for late in ({"iat": soon + 1}, {"nbf": soon + 1}, {"iat": soon + 1, "nbf": soon}):
        assert bench.detail(bench.claims(**late)) == "not_yet_valid"


def test_a_date_with_a_fraction_is_refused_or_rounded(bench: Bench) -> None:
    """RFC 7519 allows it."""
    verified = bench.verify(bench.claims(exp=NOW + 0.5, nbf=NOW - 0.25))
    assert (verified.expires_at, verified.not_before) == (NOW + 0.5, NOW - 0.25 - LEEWAY_SECONDS)


def test_a_token_that_says_no_start_holds_from_the_first_second(bench: Bench) -> None:
    assert bench.verify(bench.claims(iat=..., nbf=...)).not_before == -LEEWAY_SECONDS


def _verifier(signer: Signer, **asked: Any) -> TokenVerifier:
    return TokenVerifier(ISSUER, Keys(lambda: jwks(signer), lambda: 0.0), **asked)


def test_a_token_of_another_client_is_refused_where_there_is_one(bench: Bench) -> None:
    token = bench.claims()
    assert _verifier(bench.signer, client="4b1example2client3id").verify(token, NOW)
    for other in ("4b1example2client3i", "4B1example2client3id", ""):
        with pytest.raises(Refused) as caught:
            _verifier(bench.signer, client=other).verify(token, NOW)
        assert (caught.value.reason, caught.value.detail) == (BAD_TOKEN, "client")


def test_only_claims_that_are_asked_for_and_say_something_are_kept(bench: Bench) -> None:
    token = bench.claims(a="x", b="", c=5, d=["x"], e=None, f=True, g="not asked for")
    kept = _verifier(bench.signer, claims=frozenset("abcdefh")).verify(token, NOW).claims
    assert dict(kept) == {"a": "x"}
    assert dict(_verifier(bench.signer).verify(token, NOW).claims) == {}
    with pytest.raises(TypeError):
        kept["a"] = "y"  # type: ignore[index]


def test_nobody_who_does_not_ask_for_grace_gets_any(bench: Bench) -> None:
    verifier = bench.verifier
    token = bench.claims(exp=int(NOW) + 10)
    assert verifier.verify(token, NOW + 9.5)
    with pytest.raises(Refused) as caught:
        verifier.verify(token, NOW + 10)
    assert (caught.value.reason, caught.value.detail) == (BAD_TOKEN, "expired")


def test_memory_holds_as_many_tokens_as_a_thousand_agents_have(signer: Signer) -> None:
    assert TokenVerifier(ISSUER, Keys(lambda: jwks(signer), lambda: 0.0))._capacity == 4096
