"""Access tokens of the pool: a JWS (RFC 7515) whose signature is checked before a claim is read."""

from __future__ import annotations

from hashlib import sha256
from types import MappingProxyType

from gateway_interceptor import base64url, strict_json
from gateway_interceptor.jwks import is_key_id
from gateway_interceptor.refused import BAD_TOKEN, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gateway_interceptor.jwks import Keys
    from gateway_interceptor.rsa import PublicKey

MAX_BYTES = 16384
LEEWAY_SECONDS = 5.0
"""How far the issuer's clock may run ahead (`iat`, `nbf`). `exp` gets none: expired is expired."""
MAX_REMEMBERED = 4096
"""Four live tokens for each of a thousand agents; some 2 MB."""

_HEADER_MEMBERS = frozenset(("alg", "kid", "typ"))
"""All a header may hold. A key or a place to get one from (`jwk`, `jku`, `x5u`…) is the attacker's; an
unknown `crit` must be refused (RFC 7515 §4.1.11), and none is known here."""
_TYPES = ("JWT", "at+jwt")
_NO_CLAIMS: Mapping[str, str] = MappingProxyType({})


class Verified:
    """What a verified token states: the client, the scope text, and the seconds in which it holds.

    `claims` are those the verifier was asked for, as far as they are text and not empty.
    """

    __slots__ = ("claims", "client_id", "expires_at", "key", "key_id", "not_before", "scope")

    def __init__(
        self,
        client_id: str,
        scope: str,
        not_before: float,
        expires_at: float,
        key_id: str,
        key: PublicKey,
        claims: Mapping[str, str] = _NO_CLAIMS,
    ) -> None:
        self.client_id = client_id
        self.scope = scope
        self.not_before = not_before
        self.expires_at = expires_at
        self.key_id = key_id
        self.key = key
        self.claims = claims


class TokenVerifier:
    """Verifies tokens of one issuer and remembers those it has verified until they expire.

    They are remembered by SHA-256, so memory holds no token. Only verified ones are: what strangers send
    cannot fill the memory. With a `client` only its tokens are good; of the claims only `claims` are kept.
    """

    def __init__(
        self,
        issuer: str,
        keys: Keys,
        capacity: int = MAX_REMEMBERED,
        *,
        client: str | None = None,
        claims: frozenset[str] = frozenset(),
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._capacity = capacity
        self._client = client
        self._claims = claims
        self._remembered: dict[bytes, Verified] = {}

    def verify(self, token: str, now: float, grace: float = 0.0) -> Verified:
        """What `token` states at `now` (epoch seconds), accepting `exp` up to `grace` seconds ago.

        Raises Refused(BAD_TOKEN, detail) or Refused(KEYS_UNAVAILABLE).
        """
        if len(token) > MAX_BYTES:
            raise Refused(BAD_TOKEN, "too_large")
        if not token.isascii():
            raise Refused(BAD_TOKEN, "not_ascii")
        data = token.encode()
        digest = sha256(data).digest()
        verified = known = self._remembered.get(digest)
        if verified is None or not self._keys.holds(verified.key_id, verified.key):
            verified = self._verify(data)
        if now >= verified.expires_at + grace:
            raise Refused(BAD_TOKEN, "expired")
        if now < verified.not_before:
            raise Refused(BAD_TOKEN, "not_yet_valid")
        if verified is not known:
            self._remember(digest, verified, now)
        return verified

    def _remember(self, digest: bytes, verified: Verified, now: float) -> None:
        remembered = self._remembered
        if len(remembered) >= self._capacity:
            dropped = [known for known, entry in remembered.items() if now >= entry.expires_at]
            # Where none has expired, the oldest go, several at once: the look through all must not come with
            # every new token.
            for known in dropped or list(remembered)[: max(1, self._capacity // 8)]:
                del remembered[known]
        remembered[digest] = verified

    def _verify(self, token: bytes) -> Verified:
        """What a token states, its times not yet held against the clock."""
        segments = token.split(b".")
        if len(segments) != 3:
            raise Refused(BAD_TOKEN, "segments")
        header, payload, signature = (base64url.decode(segment) for segment in segments)
        if not header or not payload or not signature:
            raise Refused(BAD_TOKEN, "encoding")
        key_id = _key_id(_object(header, "header"))
        key = self._keys.find(key_id)
        if key is None:
            raise Refused(BAD_TOKEN, "unknown_key")
        if not key.verify(token[: token.rindex(b".")], signature):
            raise Refused(BAD_TOKEN, "signature")
        claims = _object(payload, "claims")
        if claims.get("iss") != self._issuer:
            raise Refused(BAD_TOKEN, "issuer")
        expires_at = _seconds(claims, "exp")
        if expires_at is None:
            raise Refused(BAD_TOKEN, "no_expiry")
        starts = [at for at in (_seconds(claims, "nbf"), _seconds(claims, "iat")) if at is not None]
        if claims.get("token_use") != "access":
            raise Refused(BAD_TOKEN, "token_use")
        client_id, scope = claims.get("client_id"), claims.get("scope")
        if not isinstance(client_id, str) or not client_id:
            raise Refused(BAD_TOKEN, "no_client")
        if self._client is not None and client_id != self._client:
            raise Refused(BAD_TOKEN, "client")
        if not isinstance(scope, str):
            raise Refused(BAD_TOKEN, "no_scope")
        not_before = max(starts, default=0.0) - LEEWAY_SECONDS
        kept = MappingProxyType({name: text for name in self._claims if (text := _text(claims, name))})
        return Verified(client_id, scope, not_before, expires_at, key_id, key, kept)


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        value = strict_json.loads(data, MAX_BYTES)
    except strict_json.StrictJsonError:
        raise Refused(BAD_TOKEN, what) from None
    if not isinstance(value, dict):
        raise Refused(BAD_TOKEN, what)
    return value


def _key_id(header: dict[str, Any]) -> str:
    if header.get("alg") != "RS256":
        raise Refused(BAD_TOKEN, "algorithm")
    if not header.keys() <= _HEADER_MEMBERS or ("typ" in header and header["typ"] not in _TYPES):
        raise Refused(BAD_TOKEN, "header")
    key_id = header.get("kid")
    if not is_key_id(key_id):
        raise Refused(BAD_TOKEN, "key_id")
    return key_id


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None


def _seconds(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 §2), None if absent. A bool is an int to Python, but no date."""
    if name not in claims:
        return None
    value = claims[name]
    if type(value) is not int and type(value) is not float:
        raise Refused(BAD_TOKEN, "dates")
    try:
        return float(value)
    except OverflowError:
        raise Refused(BAD_TOKEN, "dates") from None
