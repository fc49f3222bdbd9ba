"""A remembered token is never worth more than the same token seen for the first time."""

from __future__ import annotations

import hashlib

import pytest

from gateway_interceptor.access_token import TokenVerifier, Verified
from gateway_interceptor.jwks import MAX_AGE_SECONDS
from gateway_interceptor.refused import KEYS_UNAVAILABLE, Refused
from gateway_interceptor.rsa import PublicKey
from tests.functions.interceptor.tokens import Signer, claims, jwks
from tests.functions.interceptor.verifying import SCOPE, Bench
from tests.functions.interceptor.world import NOW


@pytest.fixture
def bench(signer: Signer) -> Bench:
    return Bench(signer)


def test_a_remembered_token_still_expires(bench: Bench) -> None:
    token = bench.claims(exp=int(NOW) + 10)
    bench.verify(token)
    bench.clock.now += 9.9
    bench.verify(token)
    bench.clock.now += 0.1
    assert bench.detail(token) == "expired"
    assert bench.verify(token, grace=900)
    bench.clock.now += 900
    with pytest.raises(Refused):
        bench.verify(token, grace=900)


def test_a_remembered_token_is_refused_if_the_clock_goes_back(bench: Bench) -> None:
    token = bench.claims(nbf=int(NOW))
    bench.verify(token)
    bench.clock.now -= 3600
    assert bench.detail(token) == "not_yet_valid"


def test_grace_reopens_nothing_but_the_expiry(bench: Bench, stranger: Signer) -> None:
    old = claims(SCOPE, NOW, exp=int(NOW) - 1)
    assert bench.verify(bench.signer.token(old), grace=900)
    with pytest.raises(Refused):
        bench.verify(stranger.sign({"alg": "RS256", "kid": bench.signer.key_id}, old), grace=900)


def test_a_remembered_token_ends_with_its_key(bench: Bench, stranger: Signer) -> None:
    token = bench.claims(exp=int(NOW) + 100_000)
    bench.verify(token)
    bench.document = jwks(stranger)
    bench.clock.now += MAX_AGE_SECONDS
    bench.verify(stranger.token(claims(SCOPE, bench.clock.now)))
    assert bench.detail(token) == "unknown_key"


def test_a_known_token_outlives_an_outage_of_the_issuer(bench: Bench) -> None:
    token = bench.claims(exp=int(NOW) + 100_000)
    bench.verify(token)
    bench.document = None
    bench.clock.now += 2 * MAX_AGE_SECONDS
    assert bench.verify(token)
    assert bench.verify(bench.claims())


def test_no_keys_means_no_token_at_all(bench: Bench) -> None:
    bench.document = None
    with pytest.raises(Refused) as caught:
        bench.verify(bench.claims())
    assert caught.value.reason == KEYS_UNAVAILABLE


def _held(verifier: TokenVerifier) -> dict[bytes, Verified]:
    return verifier._remembered


def test_memory_is_bounded_and_holds_no_token(signer: Signer) -> None:
    bench = Bench(signer, capacity=4)
    tokens = [bench.claims(jti=str(number)) for number in range(9)]
    for token in tokens:
        bench.verify(token)
    assert len(_held(bench.verifier)) == 4
    assert not any(key in token.encode() for key in _held(bench.verifier) for token in tokens)
    assert bench.verify(tokens[0]), "a forgotten token is verified anew"


def test_expired_tokens_make_room_before_valid_ones(signer: Signer) -> None:
    bench = Bench(signer, capacity=2)
    lasting = bench.claims(exp=int(NOW) + 1000)
    bench.verify(lasting)
    bench.verify(bench.claims(exp=int(NOW) + 1))
    bench.clock.now += 1
    bench.verify(bench.claims(jti="new"))
    assert hashlib.sha256(lasting.encode()).digest() in _held(bench.verifier)


def test_a_token_that_is_known_makes_others_forgotten(signer: Signer) -> None:
    bench = Bench(signer, capacity=2)
    tokens = [bench.claims(jti=str(number)) for number in range(2)]
    for token in (*tokens, tokens[1]):
        bench.verify(token)
    assert len(_held(bench.verifier)) == 2


def test_a_full_memory_of_live_tokens_forgets_the_newest_or_most_of_them(signer: Signer) -> None:
    bench = Bench(signer, capacity=56)
    tokens = [bench.claims(jti=str(number)) for number in range(57)]
    for token in tokens:
        bench.verify(token)
    held = _held(bench.verifier)
    digests = [hashlib.sha256(token.encode()).digest() for token in tokens]
    assert [digest in held for digest in digests] == [False] * 7 + [True] * 50


def test_refused_tokens_are_not_remembered(bench: Bench, stranger: Signer) -> None:
    bench.verify(bench.claims())
    for number in range(20):
        bench.detail(stranger.sign({"alg": "RS256", "kid": bench.signer.key_id}, {"jti": number}))
    bench.detail(bench.claims(exp=int(NOW) - 1))
    bench.detail(bench.claims(nbf=int(NOW) + 60))
    assert len(_held(bench.verifier)) == 1


def test_the_key_in_use_is_the_published_one(bench: Bench) -> None:
    key = bench.verify(bench.claims()).key
    assert isinstance(key, PublicKey)
    assert (key.modulus, key.exponent) == (bench.signer.numbers.n, bench.signer.numbers.e)
