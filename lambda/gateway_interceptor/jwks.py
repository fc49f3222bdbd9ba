"""The issuer's signing keys: read strictly, kept, and fetched again at a bounded rate."""

from __future__ import annotations

from gateway_interceptor import base64url, strict_json
from gateway_interceptor.refused import KEYS_UNAVAILABLE, Refused
from gateway_interceptor.rsa import PublicKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeGuard

MAX_BYTES = 65536
MAX_KEYS = 16
MAX_AGE_SECONDS = 3600.0
"""After this the keys are fetched again even if none is missing, so a withdrawn key ends."""
REFRESH_SECONDS = 30.0
"""Least time between two fetches while keys are held: key ids come from unverified tokens."""
RETRY_SECONDS = 2.0
"""Least time between two fetches while no key is held."""

MAX_KEY_ID_LENGTH = 128
_KEY_ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
"""Cognito's key ids are standard base64, hence `+`, `/` and `=`."""


def is_key_id(value: Any) -> TypeGuard[str]:
    """Whether a value may name a key at all; what may not is never looked up."""
    return (
        isinstance(value, str) and 0 < len(value) <= MAX_KEY_ID_LENGTH and not value.strip(_KEY_ID_CHARACTERS)
    )


def parse(document: bytes) -> dict[str, PublicKey]:
    """Key id → key, of the RSA signature keys in a JWK set (RFC 7517 §5).

    A key of another kind or use, a weak or malformed one is left out, which is never to trust it.
    Raises ValueError for a document that is no key set, names one id twice, or leaves no key at all.
    """
    value = strict_json.loads(document, MAX_BYTES)
    entries = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError("not a key set")
    ids = [entry.get("kid") for entry in entries if isinstance(entry, dict)]
    if any(ids.count(key_id) > 1 for key_id in ids):
        raise ValueError("two keys of one id")
    keys = {entry["kid"]: key for entry in entries if (key := _key(entry)) is not None}
    if not keys:
        raise ValueError("no usable key")
    return keys


def _key(entry: Any) -> PublicKey | None:
    if not isinstance(entry, dict):
        return None
    if entry.get("kty") != "RSA" or entry.get("use") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    key_id = entry.get("kid")
    if not is_key_id(key_id):
        return None
    try:
        return PublicKey(_number(entry.get("n")), _number(entry.get("e")))
    except ValueError:
        return None


def _number(text: Any) -> int:
    data = base64url.decode(text.encode()) if isinstance(text, str) else None
    if not data:
        raise ValueError
    return int.from_bytes(data, "big")


class Keys:
    """The issuer's current keys. `fetch` returns the document's bytes or raises; `monotonic`: seconds."""

    _fetched_at: float
    """When the keys there are were fetched; not asked while there are none."""

    def __init__(self, fetch: Callable[[], bytes], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, PublicKey] = {}
        self._tried_at: float | None = None

    def find(self, key_id: str) -> PublicKey | None:
        """The key of that id, fetching the set if it is unknown or old; None if the issuer has no such key.

        Raises Refused(KEYS_UNAVAILABLE) while no key could ever be fetched: no trust is never empty trust.
        """
        now = self._monotonic()
        if key_id not in self._keys or now - self._fetched_at >= MAX_AGE_SECONDS:
            self._refresh(now)
        if not self._keys:
            raise Refused(KEYS_UNAVAILABLE)
        return self._keys.get(key_id)

    def holds(self, key_id: str, key: PublicKey) -> bool:
        """Whether that very key is still the issuer's, as far as known; costs one lookup."""
        return self._keys.get(key_id) is key

    def _refresh(self, now: float) -> None:
        pause = REFRESH_SECONDS if self._keys else RETRY_SECONDS
        if self._tried_at is not None and now - self._tried_at < pause:
            return
        self._tried_at = now
        try:
            fresh = parse(self._fetch())
        except Exception:
            # Unreachable, slow, redirected, empty or malformed: the keys already trusted stay, and without
            # any the caller is refused. The rate bound above keeps an outage from slowing every request.
            return
        # An unchanged key stays the same object, so tokens verified with it need no second look.
        self._keys = {key_id: self._same(key_id, key) for key_id, key in fresh.items()}
        self._fetched_at = now

    def _same(self, key_id: str, key: PublicKey) -> PublicKey:
        old = self._keys.get(key_id)
        if old is not None and (old.modulus, old.exponent) == (key.modulus, key.exponent):
            return old
        return key
