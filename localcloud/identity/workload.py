"""Workload access tokens: opaque to their bearer, bound to one workload, short-lived."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime

from localcloud.identity.errors import CoreError

LIFETIME_SECONDS = 900
"""Not documented; as long as a synchronous request may take (contracts §11)."""

_SIGNATURE_BYTES = 32
_REFUSED = "The workload access token is invalid or has expired."


class WorkloadTokens:
    """Issues and checks tokens with a key of this start: none survives a restart."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def issue(self, workload: str) -> str:
        """A token for a workload identity's name."""
        expires = int(self._clock().timestamp()) + LIFETIME_SECONDS
        body = json.dumps([workload, expires, secrets.token_hex(8)]).encode()
        return base64.urlsafe_b64encode(body + self._sign(body)).decode()

    def workload(self, token: str) -> str:
        """The workload a token was issued to. Raises CoreError (UnauthorizedException)."""
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            raise CoreError("UnauthorizedException", _REFUSED) from None
        body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not body or not hmac.compare_digest(signature, self._sign(body)):
            raise CoreError("UnauthorizedException", _REFUSED)
        workload, expires, _ = json.loads(body)
        if self._clock().timestamp() >= expires:
            raise CoreError("UnauthorizedException", _REFUSED)
        return str(workload)

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()
