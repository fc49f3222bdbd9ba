"""RSASSA-PKCS1-v1_5 verification with SHA-256 (RFC 8017 §8.2.2), from the standard library."""

from __future__ import annotations

from hashlib import sha256

_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER of DigestInfo for SHA-256 up to the digest itself (RFC 8017 §9.2, note 1)."""

MIN_BITS = 2048
MAX_BITS = 8192
MAX_EXPONENT_BITS = 64


class PublicKey:
    """An RSA public key fit for RS256; immutable by use.

    Raises ValueError for a modulus that is even or outside MIN_BITS…MAX_BITS, or an exponent that is even,
    below 3 or beyond MAX_EXPONENT_BITS.
    """

    __slots__ = ("_head", "_size", "exponent", "modulus")

    def __init__(self, modulus: int, exponent: int) -> None:
        if not MIN_BITS <= modulus.bit_length() <= MAX_BITS or modulus % 2 == 0:
            raise ValueError("modulus")
        if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > MAX_EXPONENT_BITS:
            raise ValueError("exponent")
        self.modulus = modulus
        self.exponent = exponent
        self._size = (modulus.bit_length() + 7) // 8
        padding = self._size - 3 - len(_DIGEST_INFO) - sha256().digest_size
        self._head = b"\x00\x01" + b"\xff" * padding + b"\x00" + _DIGEST_INFO

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` signs `message`.

        The whole encoded block is rebuilt and compared, never parsed: parsing it is how forged
        low-exponent signatures were accepted (Bleichenbacher 2006). Nothing here is secret, so nothing
        needs constant time.
        """
        if len(signature) != self._size:
            return False
        number = int.from_bytes(signature, "big")
        if number >= self.modulus:
            return False
        block = pow(number, self.exponent, self.modulus).to_bytes(self._size, "big")
        return block == self._head + sha256(message).digest()
