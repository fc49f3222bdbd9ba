"""Trust comes from the issuer's keys only, is never empty, and cannot be worn out from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway_interceptor.jwks import MAX_AGE_SECONDS, MAX_KEYS, REFRESH_SECONDS, RETRY_SECONDS, Keys, parse
from gateway_interceptor.refused import KEYS_UNAVAILABLE, Refused
from tests.functions.interceptor.tokens import Signer, jwks, url64
from tests.functions.interceptor.world import Clock


class Server:
    """The key set's address, without a network."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self) -> bytes:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_keys_are_fetched_once_for_many_tokens(signer: Signer) -> None:
    server = Server(jwks(signer))
    keys = Keys(server, Clock())
    assert server.asked == 0
    found = {keys.find(signer.key_id) for _ in range(50)}
    assert len(found) == 1
    assert server.asked == 1


def test_unknown_key_ids_cannot_make_it_fetch_without_bound(signer: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer))
    keys = Keys(server, clock)
    for number in range(1000):
        assert keys.find(f"invented-{number}") is None
        clock.now += 0.05
    assert server.asked <= 1 + 50 / REFRESH_SECONDS + 1


def test_a_rotated_key_is_found_at_once(signer: Signer, stranger: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer), jwks(signer, stranger))
    keys = Keys(server, clock)
    assert keys.find(signer.key_id)
    clock.now += REFRESH_SECONDS
    assert keys.find(stranger.key_id)
    assert server.asked == 2


def test_a_withdrawn_key_ends(signer: Signer, stranger: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer), jwks(stranger))
    keys = Keys(server, clock)
    key = keys.find(signer.key_id)
    assert key is not None
    clock.now += MAX_AGE_SECONDS
    assert keys.find(signer.key_id) is None
    assert not keys.holds(signer.key_id, key)


def test_another_key_under_the_same_id_is_another_key(signer: Signer) -> None:
    other = Signer(signer.key_id)
    clock, server = Clock(), Server(jwks(signer), jwks(other))
    keys = Keys(server, clock)
    key = keys.find(signer.key_id)
    assert key is not None
    clock.now += MAX_AGE_SECONDS
    keys.find(signer.key_id)
    assert not keys.holds(signer.key_id, key)


def test_an_unchanged_key_stays_held_over_a_refresh(signer: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer))
    keys = Keys(server, clock)
    key = keys.find(signer.key_id)
    assert key is not None
    clock.now += MAX_AGE_SECONDS
    keys.find(signer.key_id)
    assert server.asked == 2
    assert keys.holds(signer.key_id, key)


BROKEN: dict[str, bytes | Exception] = {
    "unreachable": OSError("no route"),
    "bug in the client": RuntimeError("canary"),
    "empty answer": b"",
    "empty set": b'{"keys":[]}',
    "no set": b"{}",
    "a list": b"[]",
    "not JSON": b"<html>",
    "a page of 1 MB": b" " * (1 << 20),
    "keys is no list": b'{"keys":{}}',
    "a key is no object": b'{"keys":["x"]}',
    "two members keys": b'{"keys":[],"keys":[]}',
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_takes_no_trust_away(answer: bytes | Exception, signer: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer), answer)
    keys = Keys(server, clock)
    keys.find(signer.key_id)
    clock.now += MAX_AGE_SECONDS
    assert keys.find(signer.key_id)
    assert server.asked == 2
    assert keys.find("another") is None


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_first_answer_gives_no_trust(answer: bytes | Exception, signer: Signer) -> None:
    clock, server = Clock(), Server(answer)
    keys = Keys(server, clock)
    for _ in range(100):
        with pytest.raises(Refused) as caught:
            keys.find(signer.key_id)
        assert caught.value.reason == KEYS_UNAVAILABLE
    assert server.asked == 1, "an outage must not slow every request by a fetch"
    server.answers.append(jwks(signer))
    clock.now += RETRY_SECONDS
    assert keys.find(signer.key_id), "it must recover by itself"


UNFIT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "elliptic": lambda jwk: {**jwk, "kty": "EC"},
    "symmetric": lambda jwk: {"kty": "oct", "kid": jwk["kid"], "use": "sig", "k": jwk["n"]},
    "for encryption": lambda jwk: {**jwk, "use": "enc"},
    "of no stated use": lambda jwk: {name: value for name, value in jwk.items() if name != "use"},
    "for another algorithm": lambda jwk: {**jwk, "alg": "RS512"},
    "without id": lambda jwk: {name: value for name, value in jwk.items() if name != "kid"},
    "with a path as id": lambda jwk: {**jwk, "kid": "../../key"},
    "with a list as id": lambda jwk: {**jwk, "kid": ["k"]},
    "of 1024 bits": lambda jwk: {**jwk, "n": url64(b"\xff" * 128)},
    "with exponent 1": lambda jwk: {**jwk, "e": "AQ"},
    "with even exponent": lambda jwk: {**jwk, "e": "AQAA"},
    "padded": lambda jwk: {**jwk, "n": jwk["n"] + "=="},
    "without modulus": lambda jwk: {**jwk, "n": ""},
    "with a number as modulus": lambda jwk: {**jwk, "n": 5},
    "with non-ASCII modulus": lambda jwk: {**jwk, "n": "é" * 342},
}


@pytest.mark.parametrize("spoil", UNFIT.values(), ids=UNFIT.keys())
def test_an_unfit_key_is_left_out_and_takes_no_good_key_with_it(
    spoil: Callable[[dict[str, Any]], dict[str, Any]], signer: Signer, stranger: Signer
) -> None:
    unfit = spoil(stranger.jwk)
    assert set(parse(json.dumps({"keys": [unfit, signer.jwk]}).encode())) == {signer.key_id}
    with pytest.raises(ValueError, match="no usable key"):
        parse(json.dumps({"keys": [unfit]}).encode())


def test_one_id_for_two_keys_is_refused(signer: Signer, stranger: Signer) -> None:
    double = [signer.jwk, {**stranger.jwk, "kid": signer.key_id}]
    with pytest.raises(ValueError, match="two keys"):
        parse(json.dumps({"keys": double}).encode())


def test_a_set_without_end_is_refused(signer: Signer) -> None:
    many = [{**signer.jwk, "kid": f"k{number}"} for number in range(MAX_KEYS + 1)]
    with pytest.raises(ValueError, match="not a key set"):
        parse(json.dumps({"keys": many}).encode())
