"""The pool's RSA keys: one signs, every one ever used stays published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey

RSA_BITS = 2048


class SigningKeys:
    """RS256 signing keys (RFC 7518 §3.3). Old public keys stay published: live tokens outlast rotation."""

    def __init__(self, current: RSAKey) -> None:
        self._keys = [current]
        self._describe()

    @classmethod
    def generate(cls) -> SigningKeys:
        """A fresh pair; nothing is stored, so a restarted platform invalidates every token it issued."""
        return cls(_new_key())

    def rotate(self) -> None:
        """From now on a new key signs; the old public keys stay published."""
        self._keys.insert(0, _new_key())
        self._describe()

    @property
    def kid(self) -> str:
        """The id of the key that signs now (RFC 7638 thumbprint)."""
        return self._kid

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public JWK set (RFC 7517 §5), the signing key first."""
        return {"keys": [dict(key) for key in self._public]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact JWS over `claims`; the header is `{"kid", "alg"}` as Cognito's."""
        payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
        return jws.serialize_compact({"kid": self._kid, "alg": "RS256"}, payload, self._keys[0])

    def _describe(self) -> None:
        self._kid = self._keys[0].thumbprint()
        self._public = [
            {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": "RS256", "use": "sig"}
            for key in self._keys
        ]


def _new_key() -> RSAKey:
    return RSAKey.generate_key(RSA_BITS, private=True)
