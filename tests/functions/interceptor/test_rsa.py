"""Only the one right signature block may verify, whatever the key and however it is spelt."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_interceptor import base64url
from gateway_interceptor.rsa import PublicKey
from tests.functions.interceptor.tokens import Signer, url64

MESSAGE = b"header.payload"
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def public(signer: Signer) -> PublicKey:
    return PublicKey(signer.numbers.n, signer.numbers.e)


@pytest.mark.parametrize(("bits", "exponent"), [(2048, 65537), (2048, 3), (2056, 65537), (3072, 65537)])
def test_a_signature_by_another_implementation_verifies(bits: int, exponent: int) -> None:
    signer = Signer("k", bits, exponent)
    assert public(signer).verify(MESSAGE, signer.signature(MESSAGE))


def test_a_signature_of_something_else_does_not_verify(signer: Signer, stranger: Signer) -> None:
    key = public(signer)
    good = signer.signature(MESSAGE)
    assert not key.verify(MESSAGE + b"x", good)
    assert not key.verify(MESSAGE, stranger.signature(MESSAGE))
    assert not public(stranger).verify(MESSAGE, good)


def test_no_flipped_bit_of_a_signature_verifies(signer: Signer) -> None:
    key, good = public(signer), signer.signature(MESSAGE)
    for bit in range(0, len(good) * 8, 37):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert not key.verify(MESSAGE, bytes(bad))


def test_another_number_of_bytes_does_not_verify(signer: Signer) -> None:
    key, good = public(signer), signer.signature(MESSAGE)
    assert not key.verify(MESSAGE, b"")
    assert not key.verify(MESSAGE, good[:-1])
    assert not key.verify(MESSAGE, b"\x00" + good)
    assert not key.verify(MESSAGE, good + b"\x00")


PRIME = (1 << 2047) + 1919
"""Of a prime modulus anyone can take roots: with it a "signature" can be made for any block."""
DIGEST = hashlib.sha256(MESSAGE).digest()
GOOD_BLOCK = b"\x00\x01" + b"\xff" * 202 + b"\x00" + DIGEST_INFO + DIGEST


def signature_for(block: bytes) -> bytes:
    assert len(block) == 256
    return pow(int.from_bytes(block, "big"), pow(65537, -1, PRIME - 1), PRIME).to_bytes(256, "big")


def test_a_signature_not_below_the_modulus_does_not_verify() -> None:
    """A signature and itself plus the modulus are equal to arithmetic, but only one is a signature."""
    key, good = PublicKey(PRIME, 65537), signature_for(GOOD_BLOCK)
    assert key.verify(MESSAGE, good), "the construction itself must be right"
    assert not key.verify(MESSAGE, (int.from_bytes(good, "big") + PRIME).to_bytes(256, "big"))


def test_a_key_of_one_bit_more_than_whole_bytes_has_blocks_of_one_byte_more() -> None:
    prime = (1 << 2048) + 981
    block = GOOD_BLOCK.replace(b"\x00\x01\xff", b"\x00\x01\xff\xff", 1)
    signature = pow(int.from_bytes(block, "big"), pow(65537, -1, prime - 1), prime).to_bytes(257, "big")
    assert PublicKey(prime, 65537).verify(MESSAGE, signature)
    assert not PublicKey(prime, 65537).verify(MESSAGE, signature[1:])


WRONG_BLOCKS = {
    "block type 2": GOOD_BLOCK.replace(b"\x00\x01\xff", b"\x00\x02\xff", 1),
    "no block type": b"\x00\x00" + GOOD_BLOCK[2:],
    "padding of another byte": b"\x00\x01" + b"\xfe" * 202 + GOOD_BLOCK[204:],
    "one byte of padding wrong": GOOD_BLOCK[:100] + b"\x7f" + GOOD_BLOCK[101:],
    "no end of padding": GOOD_BLOCK[:204] + b"\xff" + GOOD_BLOCK[205:],
    "early end of padding": b"\x00\x01" + b"\xff" * 8 + b"\x00" + b"\x55" * 194 + DIGEST_INFO + DIGEST,
    "digest info of SHA-1": GOOD_BLOCK.replace(DIGEST_INFO, DIGEST_INFO[:-6] + b"\x05" + DIGEST_INFO[-5:]),
    "digest info without NULL": b"\x00\x01" + b"\xff" * 204 + b"\x00"
    + bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + DIGEST,
    "no digest info": b"\x00\x01" + b"\xff" * 221 + b"\x00" + DIGEST,
    "garbage behind the digest": b"\x00\x01" + b"\xff" * 200 + b"\x00" + DIGEST_INFO + DIGEST + b"\x55" * 2,
    "digest only": b"\x00" * 224 + DIGEST,
    "another digest": GOOD_BLOCK[:-1] + bytes([GOOD_BLOCK[-1] ^ 1]),
}  # fmt: skip


@pytest.mark.parametrize("block", WRONG_BLOCKS.values(), ids=WRONG_BLOCKS.keys())
def test_a_block_that_is_not_the_whole_right_one_does_not_verify(block: bytes) -> None:
    assert block != GOOD_BLOCK
    assert not PublicKey(PRIME, 65537).verify(MESSAGE, signature_for(block))


def _root(number: int, exponent: int) -> int:
    low, high = 0, 1 << (number.bit_length() // exponent + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**exponent < number:
            low = middle + 1
        else:
            high = middle
    return low


def test_a_forged_block_with_garbage_after_the_digest_does_not_verify() -> None:
    """Bleichenbacher's forgery: with exponent 3, a cube root signs for a parser that ignores the rest."""
    signer = Signer("k", 2048, 3)
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + DIGEST_INFO + hashlib.sha256(MESSAGE).digest()
    forged = _root(int.from_bytes(start + b"\x00" * (256 - len(start)), "big"), 3)
    block = (forged**3).to_bytes(256, "big")
    assert block.startswith(start), "the forgery itself must be right"
    assert not public(signer).verify(MESSAGE, forged.to_bytes(256, "big"))


def test_zero_and_one_do_not_verify(signer: Signer) -> None:
    for number in (0, 1, signer.numbers.n - 1):
        assert not public(signer).verify(MESSAGE, number.to_bytes(256, "big"))


SMALLEST, LARGEST = (1 << 2047) + 1, (1 << 8192) - 1


@pytest.mark.parametrize("modulus", [SMALLEST, LARGEST], ids=["2048 bits", "8192 bits"])
@pytest.mark.parametrize("exponent", [3, 65537, (1 << 64) - 1])
def test_a_sound_key_is_refused(modulus: int, exponent: int) -> None:
    key = PublicKey(modulus, exponent)
    assert (key.modulus, key.exponent) == (modulus, exponent)


WEAK: dict[str, tuple[int, int, str]] = {
    "2047 bits": ((1 << 2047) - 1, 65537, "modulus"),
    "1024 bits": ((1 << 1023) + 1, 65537, "modulus"),
    "an even modulus": (1 << 2047, 65537, "modulus"),
    "8193 bits": ((1 << 8192) + 1, 65537, "modulus"),
    "no modulus": (0, 65537, "modulus"),
    "exponent 1": (SMALLEST, 1, "exponent"),
    "exponent 2": (SMALLEST, 2, "exponent"),
    "an even exponent": (SMALLEST, 65536, "exponent"),
    "exponent 0": (SMALLEST, 0, "exponent"),
    "a negative exponent": (SMALLEST, -3, "exponent"),
    "an exponent of 65 bits": (SMALLEST, (1 << 64) + 1, "exponent"),
}


@pytest.mark.parametrize("case", WEAK)
def test_a_weak_key_is_no_key(case: str) -> None:
    modulus, exponent, says = WEAK[case]
    with pytest.raises(ValueError, match=f"^{says}$"):
        PublicKey(modulus, exponent)


def test_the_reference_keys_are_what_they_say(signer: Signer) -> None:
    assert isinstance(signer.numbers, reference.RSAPublicNumbers)
    assert signer.numbers.n.bit_length() == 2048


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=64))
def test_every_value_has_one_spelling(data: bytes) -> None:
    text = url64(data).encode()
    assert base64url.decode(text) == data
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for last in alphabet:
        other = text[:-1] + bytes([last])
        if other != text:
            assert base64url.decode(other) != data


@pytest.mark.parametrize(
    "text",
    [
        b"YQ==",
        b"YQ=",
        b"YR",
        b"+/+/",
        b"Y Q",
        b"YQ\n",
        b"\nYQ",
        b"Y\x00Q",
        b"YWFh=",
        b"A",
        b"YQ.",
        b"\xc3\xa9YQ",
    ],
)
def test_a_second_spelling_is_refused(text: bytes) -> None:
    assert base64url.decode(text) is None
