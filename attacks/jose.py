"""Tokens as an attacker makes them: pieces of a JWS (RFC 7515), an own key, and what is known of the issuer's.

Nothing here validates: every part of a token can be made wrong.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def url64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_url64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def segment(value: Any) -> str:
    """A JWS segment: of bytes as they are, of text in UTF-8, of anything else as JSON."""
    if isinstance(value, str):
        value = value.encode()
    return url64(value if isinstance(value, bytes) else json.dumps(value).encode())


def header_of(token: str) -> dict[str, Any]:
    """The header of a token, unverified. Raises ValueError."""
    return _object(token, 0)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token, unverified. Raises ValueError."""
    return _object(token, 1)


def _object(token: str, index: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a token has three segments")
    value = json.loads(from_url64(parts[index]))
    if not isinstance(value, dict):
        raise ValueError("a token's segments are JSON objects")
    return value


class OwnKey:
    """A new RSA key of the attacker's, under a key id of its choice."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def jwk(self) -> dict[str, Any]:
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "n": url64(numbers.n.to_bytes(256, "big")),
            "e": url64(numbers.e.to_bytes(3, "big")),
        }

    def sign(self, header: Any, payload: Any) -> str:
        """A compact JWS over whatever is given."""
        head = f"{segment(header)}.{segment(payload)}"
        return f"{head}.{url64(self._key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class IssuerFromOutside:
    """The issuer's key as the world sees it: its id, and its public half from `jwks()`; it never signs.

    `missing` makes the exception for what is out of reach.
    """

    def __init__(
        self,
        key_id: Callable[[], str],
        jwks: Callable[[], Mapping[str, Any]],
        missing: Callable[[str], Exception],
    ) -> None:
        self._key_id = key_id
        self._jwks = jwks
        self._missing = missing

    @property
    def key_id(self) -> str:
        return self._key_id()

    @cached_property
    def jwk(self) -> Mapping[str, Any]:
        for key in self._jwks().get("keys", ()):
            if isinstance(key, dict) and key.get("kid") == self.key_id and key.get("kty") == "RSA":
                return key
        raise self._missing("the issuer's public key")

    @property
    def public_pem(self) -> bytes:
        number = {name: int.from_bytes(from_url64(str(self.jwk[name])), "big") for name in ("n", "e")}
        key = rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
        return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, header: Any, payload: Any) -> str:
        del header, payload
        raise self._missing("the issuer's signing key")
