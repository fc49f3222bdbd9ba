"""The CUSTOM_JWT authorizer: who is calling, or a refusal.

Source: AgentCore Developer Guide, "Inbound authorization for your gateway"; RFC 7515, 7519, 6750, 8725. Every
configured kind (audience, clients, scopes) must hold; any member of a list satisfies its kind.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from localcloud.gateway import wire
from localcloud.gateway.keys import IssuerKeys, KeySource, KeysUnavailable
from localcloud.spec import JwtAuthorizer

MAX_TOKEN = 16 * 1024
MIN_RSA_BITS = 2048
MAX_CACHED = 4096
CACHE_SECONDS = 300
"""A verified token is trusted this long at most, so a withdrawn key stops its tokens within five minutes."""
MAX_IAT_AHEAD = 60
_SEGMENTS = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})
_TYPES = (None, "JWT", "at+jwt")

MISSING = "Missing Bearer token"
INVALID = "Invalid Bearer token"


class Refusal(Exception):
    """A caller not let in: `reason` is for the decision log only, `status` 401 or 403."""

    def __init__(self, reason: str, *, status: int = 401, message: str = INVALID) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.message = message


@dataclass(eq=False, slots=True)
class Caller:
    """A verified token: its claims, and what later layers remember about it (`memo`) while it lives."""

    claims: Mapping[str, Any]
    issuer: str
    expires: int
    trusted_until: float
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str | None:
        """`sub`, if the token has one."""
        value = self.claims.get("sub")
        return value if isinstance(value, str) and value else None

    @property
    def client(self) -> str | None:
        """`client_id`, if the token has one."""
        value = self.claims.get("client_id")
        return value if isinstance(value, str) else None


class Authorizer:
    """Checks bearer tokens against one configuration. Verified tokens are remembered by their hash."""

    def __init__(
        self,
        settings: JwtAuthorizer,
        keys: KeySource,
        clock: Callable[[], datetime],
        *,
        remember: int = MAX_CACHED,
    ) -> None:
        if not (settings.allowed_audience or settings.allowed_clients or settings.allowed_scopes):
            raise ValueError(
                f"authorizer of {settings.discovery_url}: allows every token of the issuer; "
                "configure allowed clients, audiences or scopes"
            )
        self._settings = settings
        self._audience = frozenset(settings.allowed_audience)
        self._clients = frozenset(settings.allowed_clients)
        self._scopes = frozenset(settings.allowed_scopes)
        self._source = keys
        self._clock = clock
        self._remember = remember
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._loaded: tuple[IssuerKeys, Mapping[str, RSAKey]] | None = None

    @property
    def remembered(self) -> int:
        """How many verified tokens are remembered."""
        return len(self._known)

    async def __call__(self, values: list[bytes]) -> Caller:
        """The caller behind the `Authorization` header values of one request. Raises `Refusal`."""
        token = _bearer(values)
        digest = hashlib.sha256(token).digest()
        now = self._clock().timestamp()
        caller = self._known.get(digest)
        if caller is not None:
            if now < caller.trusted_until:
                return caller
            del self._known[digest]
        caller = await self._verify(token, now)
        self._known[digest] = caller
        if len(self._known) > self._remember:
            self._known.popitem(last=False)
        return caller

    async def _verify(self, token: bytes, now: float) -> Caller:
        header_part, _, signature_part = token.split(b".")
        kid = _key_id(_json_object(header_part))
        _decode(signature_part)
        issuer, key = await self._key(kid)
        try:
            signed = jws.deserialize_compact(token, key, algorithms=["RS256"])
        except (JoseError, ValueError):
            raise Refusal("bad_signature") from None
        claims = _parse_object(signed.payload)
        expires = _times(claims, now)
        if claims.get("iss") != issuer:
            raise Refusal("wrong_issuer")
        if claims.get("token_use", "access") != "access":
            raise Refusal("wrong_token_use")
        self._admit(claims)
        return Caller(claims, issuer, expires, min(float(expires), now + CACHE_SECONDS))

    def _admit(self, claims: Mapping[str, Any]) -> None:
        if self._audience:
            audience = claims.get("aud")
            values = audience if isinstance(audience, list) else [audience]
            if not any(isinstance(value, str) and value in self._audience for value in values):
                raise Refusal("audience_not_allowed")
        if self._clients:
            client = claims.get("client_id")
            if not isinstance(client, str) or client not in self._clients:
                raise Refusal("client_not_allowed")
        if self._scopes:
            scope = claims.get("scope")
            if not isinstance(scope, str) or self._scopes.isdisjoint(scope.split(" ")):
                raise Refusal("insufficient_scope", status=403, message="Insufficient scope")

    async def _key(self, kid: str) -> tuple[str, RSAKey]:
        for refresh in (False, True):
            try:
                found = await self._source(self._settings.discovery_url, refresh=refresh)
            except KeysUnavailable:
                raise Refusal("keys_unavailable") from None
            if self._loaded is None or self._loaded[0] != found:
                self._loaded = (found, _import(found))
            key = self._loaded[1].get(kid)
            if key is not None:
                return found.issuer, key
        raise Refusal("unknown_key")


def _bearer(values: list[bytes]) -> bytes:
    if not values:
        raise Refusal("missing_token", message=MISSING)
    if len(values) > 1:
        raise Refusal("two_authorization_headers")
    value = values[0]
    if not value.startswith(b"Bearer ") or len(value) == len(b"Bearer "):
        raise Refusal("not_bearer", message=MISSING)
    token = value[len(b"Bearer ") :]
    if len(token) > MAX_TOKEN:
        raise Refusal("token_too_large")
    if _SEGMENTS.fullmatch(token) is None:
        raise Refusal("malformed_token")
    return token


def _key_id(header: Mapping[str, Any]) -> str:
    """The `kid` of a header that holds nothing but `_HEADER_MEMBERS`: no `crit`, `jwk`, `jku`, `x5u`."""
    if header.get("alg") != "RS256":
        raise Refusal("algorithm_not_allowed")
    if not header.keys() <= _HEADER_MEMBERS or header.get("typ") not in _TYPES:
        raise Refusal("header_not_allowed")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise Refusal("unknown_key")
    return kid


def _times(claims: Mapping[str, Any], now: float) -> int:
    """The expiry, after checking `exp`, `nbf` and `iat`, which must be integers as Cognito's are."""
    expires = claims.get("exp")
    if type(expires) is not int or expires not in wire.INTEGERS:
        raise Refusal("no_expiry")
    for name, limit in (("nbf", now), ("iat", now + MAX_IAT_AHEAD)):
        value = claims.get(name, 0)
        if type(value) is not int or value > limit:
            raise Refusal("not_yet_valid")
    if now >= expires:
        raise Refusal("expired")
    return expires


def _json_object(segment: bytes) -> dict[str, Any]:
    return _parse_object(_decode(segment))


def _parse_object(raw: bytes) -> dict[str, Any]:
    try:
        value = wire.parse(raw.decode())
    except ValueError:
        raise Refusal("malformed_token") from None
    if not isinstance(value, dict):
        raise Refusal("malformed_token")
    return value


def _decode(segment: bytes) -> bytes:
    """Base64url without padding, in its one canonical spelling: spare bits must be zero (RFC 4648 §3.5)."""
    try:
        raw = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        raise Refusal("malformed_token") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment:
        raise Refusal("malformed_token")
    return raw


def _import(found: IssuerKeys) -> Mapping[str, RSAKey]:
    """Usable keys by `kid`. A `kid` given twice is ambiguous and unusable, as is any key not for RS256."""
    usable: dict[str, RSAKey] = {}
    seen: set[str] = set()
    for jwk in found.keys:
        kid = jwk.get("kid")
        if not isinstance(kid, str) or kid in seen:
            usable.pop(str(kid), None)
            continue
        seen.add(kid)
        if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
            continue
        try:
            key = RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
        except (JoseError, ValueError, KeyError):
            continue
        if key.public_key.key_size >= MIN_RSA_BITS:
            usable[kid] = key
    return usable
