"""Signing keys and tokens for tests. A token can be made wrong in every part, so nothing here validates."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_TESTPOOL1"


def url64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segment(value: Any) -> str:
    """A JWS segment: of bytes as they are, of text in UTF-8, of anything else as JSON."""
    if isinstance(value, str):
        value = value.encode()
    return url64(value if isinstance(value, bytes) else json.dumps(value).encode())


class Signer:
    """An RSA key under a key id."""

    def __init__(self, key_id: str, bits: int = 2048, exponent: int = 65537) -> None:
        self.key_id = key_id
        self._key = rsa.generate_private_key(public_exponent=exponent, key_size=bits)
        self.numbers = self._key.public_key().public_numbers()

    @property
    def public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def jwk(self) -> dict[str, Any]:
        """As Cognito publishes it (RFC 7517)."""
        n = self.numbers.n
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "n": url64(n.to_bytes((n.bit_length() + 7) // 8, "big")),
            "e": url64(self.numbers.e.to_bytes((self.numbers.e.bit_length() + 7) // 8, "big")),
        }

    def signature(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, by an implementation that is not the one under test."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def sign(self, header: Any, payload: Any) -> str:
        """A compact JWS over whatever is given."""
        head = f"{segment(header)}.{segment(payload)}"
        return f"{head}.{url64(self.signature(head.encode()))}"

    def token(self, claims: Mapping[str, Any], **header: Any) -> str:
        return self.sign({"kid": self.key_id, "alg": "RS256", **header}, dict(claims))


def jwks(*signers: Signer) -> bytes:
    """The key set document of these keys."""
    return json.dumps({"keys": [signer.jwk for signer in signers]}).encode()


def claims(scope: str, now: float, /, **changes: Any) -> dict[str, Any]:
    """Claims of a client-credentials access token of the pool; a change to `...` takes the claim out."""
    made: dict[str, Any] = {
        "sub": "4b1example2client3id",
        "token_use": "access",
        "scope": scope,
        "auth_time": int(now) - 60,
        "iss": ISSUER,
        "exp": int(now) + 840,
        "iat": int(now) - 60,
        "version": 2,
        "jti": "5b1a7d5e-0000-4000-8000-000000000000",
        "client_id": "4b1example2client3id",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ...}
