"""Who the end user is: the token beside the agent's own, verified as strictly, from the users' own pool.

An agent's token says which program calls; this one says for whom. Nothing of it is answered, logged or
passed on.
"""

from __future__ import annotations

from gateway_interceptor.refused import (
    BAD_USER_TOKEN,
    KEYS_UNAVAILABLE,
    MISCONFIGURED,
    NO_USER,
    Refused,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from gateway_interceptor.access_token import TokenVerifier

    class Users(Protocol):
        """What the interceptor asks about end users."""

        def claims(self, token: str, now: float, grace: float) -> Mapping[str, str]:
            """The claims a user's token states at `now`; raises Refused for any other text."""

        def absence(self) -> Refused:
            """Why a call that needs a user is refused if no token was sent at all."""


class PoolUsers:
    """The users of a pool."""

    def __init__(self, tokens: TokenVerifier) -> None:
        self._tokens = tokens

    def claims(self, token: str, now: float, grace: float) -> Mapping[str, str]:
        """Raises Refused(BAD_USER_TOKEN, detail) or Refused(KEYS_UNAVAILABLE, "users")."""
        try:
            return self._tokens.verify(token, now, grace).claims
        except Refused as refused:
            if refused.reason == KEYS_UNAVAILABLE:
                raise Refused(KEYS_UNAVAILABLE, "users") from None
            raise Refused(BAD_USER_TOKEN, refused.detail) from None

    def absence(self) -> Refused:
        return Refused(NO_USER)


class UnknownUsers:
    """Users nobody can verify: there are none in this system, or the settings to verify them are unusable.

    A token that cannot be verified is not ignored: whoever sends one relies on it.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self._reason = reason
        self._detail = detail

    def claims(self, token: str, now: float, grace: float) -> Mapping[str, str]:  # noqa: ARG002 - as in Users
        raise self.absence()

    def absence(self) -> Refused:
        return Refused(self._reason, self._detail)


def none_declared() -> UnknownUsers:
    """Stands in for a pool in a system without users."""
    return UnknownUsers(BAD_USER_TOKEN, "no_users")


def misconfigured() -> UnknownUsers:
    """Stands in for a pool whose settings are missing or unusable."""
    return UnknownUsers(MISCONFIGURED, "users")
