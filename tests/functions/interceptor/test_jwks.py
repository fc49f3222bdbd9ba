"""Trust comes from the issuer's keys only, is never empty, and cannot be worn out from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway_interceptor.jwks import Keys, is_key_id, parse
from gateway_interceptor.refused import KEYS_UNAVAILABLE, Refused
from tests.functions.interceptor.tokens import Signer, jwks, url64
from tests.functions.interceptor.world import Clock

MAX_KEYS, MAX_BYTES = 16, 65_536
MAX_AGE_SECONDS, REFRESH_SECONDS, RETRY_SECONDS = 3600.0, 30.0, 2.0


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


def test_a_known_key_is_fetched_again_before_its_time_or_long_after(signer: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer))
    keys = Keys(server, clock)
    for seconds, asked in (
        (0, 1),
        (REFRESH_SECONDS, 1),
        (MAX_AGE_SECONDS - REFRESH_SECONDS - 0.5, 1),
        (0.5, 2),
    ):
        clock.now += seconds
        assert keys.find(signer.key_id)
        assert server.asked == asked, seconds
    # The next hour begins with the second fetch.
    clock.now += MAX_AGE_SECONDS - 0.5
    assert keys.find(signer.key_id)
    assert server.asked == 2


def test_an_unknown_id_fetches_again_sooner_than_the_bound_or_never(signer: Signer) -> None:
    clock, server = Clock(), Server(jwks(signer))
    keys = Keys(server, clock)
    for seconds, asked in (
        (0, 1),
        (REFRESH_SECONDS - 0.5, 1),
        (0.5, 2),
        (REFRESH_SECONDS - 0.5, 2),
        (0.5, 3),
    ):
        clock.now += seconds
        assert keys.find("unknown") is None
        assert server.asked == asked


def test_an_outage_is_asked_about_sooner_than_the_bound_or_never(signer: Signer) -> None:
    clock, server = Clock(), Server(OSError("no route"))
    keys = Keys(server, clock)
    for seconds, asked in ((0, 1), (RETRY_SECONDS - 0.5, 1), (0.5, 2)):
        clock.now += seconds
        with pytest.raises(Refused):
            keys.find(signer.key_id)
        assert server.asked == asked


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


def test_an_id_twice_is_refused_however_many_others_there_are(signer: Signer, stranger: Signer) -> None:
    """An id that is there twice tells nobody which key it means, also where one of the two is unfit."""
    for double in ([signer.jwk, {**stranger.jwk, "kid": signer.key_id}, stranger.jwk], [{}, {}, signer.jwk]):
        with pytest.raises(ValueError, match=r"^two keys of one id$"):
            parse(json.dumps({"keys": double}).encode())


def test_a_set_without_end_is_refused(signer: Signer) -> None:
    many = [{**signer.jwk, "kid": f"k{number}"} for number in range(MAX_KEYS + 1)]
    assert len(parse(json.dumps({"keys": many[1:]}).encode())) == MAX_KEYS
    with pytest.raises(ValueError, match="not a key set"):
        parse(json.dumps({"keys": many}).encode())


def test_a_document_is_read_up_to_the_limit_and_not_a_byte_more(signer: Signer) -> None:
    assert parse(jwks(signer).ljust(MAX_BYTES))
    with pytest.raises(ValueError, match="too_large"):
        parse(jwks(signer).ljust(MAX_BYTES + 1))


@pytest.mark.parametrize(
    "document", [b"[]", b'"keys"', b"5", b"null", b"{}", b'{"keys":{}}', b'{"keys":"ab"}']
)
def test_what_is_no_key_set_is_refused_as_none(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a key set$"):
        parse(document)


@pytest.mark.parametrize("entry", [5, None, "x", [], [["kid"]]])
def test_what_is_no_key_is_left_out_and_takes_no_good_key_with_it(entry: Any, signer: Signer) -> None:
    assert set(parse(json.dumps({"keys": [entry, signer.jwk]}).encode())) == {signer.key_id}
    with pytest.raises(ValueError, match=r"^no usable key$"):
        parse(json.dumps({"keys": [entry]}).encode())


def test_a_key_need_not_repeat_its_algorithm(signer: Signer) -> None:
    plain = {name: value for name, value in signer.jwk.items() if name != "alg"}
    assert set(parse(json.dumps({"keys": [plain]}).encode())) == {signer.key_id}
    with pytest.raises(ValueError, match="no usable key"):
        parse(json.dumps({"keys": [{**plain, "alg": None}]}).encode())


def test_a_key_id_is_what_cognito_makes_and_nothing_else() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
    printable = {chr(code) for code in range(32, 127)}
    assert {each for each in printable if is_key_id(each)} == set(alphabet)
    assert is_key_id("k" * 128)
    odd: list[Any] = ["", "k" * 129, "k k", "k\n", "é", "k~", "~k", None, 5, True, ["k"], b"k"]
    assert [each for each in odd if is_key_id(each)] == []
