"""Authorization codes: what a sign-in may be exchanged for, once, by whoever began it.

Source: RFC 6749 §4.1, RFC 7636 (PKCE, S256 only), Amazon Cognito Developer Guide, "The token issuer endpoint".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from localcloud.spec import Client

LIFETIME = timedelta(minutes=5)
"""Cognito's: a code is good for five minutes."""
MAX_CODES = 1024
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class SignIn:
    """A user who has signed in: to which client, for which scopes, where the answer goes.

    `at` is the moment of it; `nonce` is the client's, for the id token.
    """

    client: Client
    username: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    nonce: str | None
    at: datetime


class Codes:
    """Codes that were given out and not yet used. Nothing of them outlasts the process."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, SignIn] = OrderedDict()

    def issue(self, signed_in: SignIn) -> str:
        """A new code for this sign-in. Of more than `MAX_CODES` unused ones the oldest is forgotten."""
        code = str(uuid.uuid4())
        self._open[code] = signed_in
        if len(self._open) > MAX_CODES:
            self._open.popitem(last=False)
        return code

    def redeem(self, code: str, now: datetime) -> SignIn | None:
        """What a code stands for. It is used up by asking, whatever comes of it."""
        found = self._open.pop(code, None)
        return found if found is not None and found.at <= now < found.at + LIFETIME else None


def is_challenge(text: str) -> bool:
    """Whether a text can be an S256 challenge: 32 bytes in base64url (RFC 7636 §4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def answers(challenge: str, verifier: str) -> bool:
    """Whether a verifier is the one a challenge was made of (RFC 7636 §4.1, §4.6)."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())
