"""A token verifier over one published key, with the clock and the key set in the test's hands."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_interceptor.access_token import TokenVerifier, Verified
from gateway_interceptor.jwks import Keys
from gateway_interceptor.refused import BAD_TOKEN, Refused
from tests.functions.interceptor.tokens import ISSUER, Signer, claims, jwks
from tests.functions.interceptor.world import Clock

SCOPE = "airline/agent.booking"


class Bench:
    """A verifier over one published key; counts the fetches of the key set."""

    def __init__(self, signer: Signer, capacity: int = 512) -> None:
        self.signer = signer
        self.clock = Clock()
        self.fetches = 0
        self.document: bytes | None = jwks(signer)
        self.verifier = TokenVerifier(ISSUER, Keys(self._fetch, self.clock), capacity)

    def _fetch(self) -> bytes:
        self.fetches += 1
        if self.document is None:
            raise OSError("unreachable")
        return self.document

    def verify(self, token: str, grace: float = 0.0) -> Verified:
        return self.verifier.verify(token, self.clock.now, grace)

    def detail(self, token: str) -> str | None:
        """Why a token is refused."""
        with pytest.raises(Refused) as caught:
            self.verify(token)
        assert caught.value.reason == BAD_TOKEN
        return caught.value.detail

    def claims(self, **changes: Any) -> str:
        return self.signer.token(claims(SCOPE, self.clock.now, **changes))
