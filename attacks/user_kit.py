"""What attacks on users and arguments are made from: a signed-in user, a bound tool, a limited tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attacks.jose import claims_of, header_of
from attacks.model import USER_HEADER, Context, Missing, Sent, Signer, post


@dataclass(frozen=True)
class UserKit:
    """What an attacker has who is signed in as one user and wants another's data.

    `trusted` signs as the users' pool does, unless that is out of reach. Either `signed_claims` are those of a
    good token now, or `held` is one. `agent` may call `may`, whose `argument` must equal the text claim
    `claim`; `others` is another user's value. Raises Missing for what is not there.
    """

    trusted: Signer
    claim: str
    others: str
    agent: str
    may: str | None
    argument: str
    signed_claims: Mapping[str, Any] | None = None
    held: str | None = field(default=None, repr=False)

    @property
    def tool(self) -> str:
        if self.may is None:
            raise Missing("a granted tool that only reads and is bound to a user")
        return self.may

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims of a good token of the user, now."""
        return claims_of(self._held()) if self.signed_claims is None else self.signed_claims

    @property
    def own(self) -> str:
        """The user's own value of the bound argument."""
        return str(self.claims[self.claim])

    def token(self, **changes: Any) -> str:
        """A good token, or one with changed claims signed by the pool's key; `...` takes a claim out."""
        if not changes and self.signed_claims is None:
            return self._held()
        claims = {**self.claims, **changes}
        kept = {name: value for name, value in claims.items() if value is not ...}
        return self.trusted.sign(self.header(), kept)

    def header(self, **more: Any) -> dict[str, Any]:
        """The header of a good token, with more members."""
        if self.signed_claims is None:
            return {**header_of(self._held()), **more}
        return {"kid": self.trusted.key_id, "alg": "RS256", **more}

    def _held(self) -> str:
        if self.held is None:
            raise Missing("an end user's token")
        return self.held


@dataclass(frozen=True)
class Limit:
    """A tool that `agent` may call and whose integer `argument` must lie in `low`…`high`."""

    agent: str
    tool: str
    argument: str
    low: int
    high: int


def kit(context: Context) -> UserKit:
    """The user's side of a context."""
    if context.user is None:
        raise Missing("an end user: the system has none")
    return context.user


def limit(context: Context) -> Limit:
    """The limited tool of a context."""
    if context.limit is None:
        raise Missing("a tool that limits an argument")
    return context.limit


def bound(context: Context, value: Any = ..., **more: Any) -> dict[str, Any]:
    """A call of the bound tool, for the user's own value or another."""
    user = kit(context)
    value = user.own if value is ... else value
    body = context.call(user.tool)
    body["params"]["arguments"] = {**besides(context), user.argument: value, **more}
    return body


def besides(context: Context) -> dict[str, Any]:
    """The bound tool's other arguments."""
    user = kit(context)
    arguments = context.arguments.get(user.tool, {})
    return {name: value for name, value in arguments.items() if name != user.argument}


def limited(context: Context, value: Any) -> dict[str, Any]:
    """A call of the limited tool with that limit."""
    return context.call(limit(context).tool, **{limit(context).argument: value})


def for_user(context: Context, body: Any, token: str | None = None, agent: str | None = None) -> Sent:
    """That body, with the agent's good token and the user's good one, or another."""
    made = kit(context).token() if token is None else token
    return alone(context, body, agent).with_header(USER_HEADER, made)


def alone(context: Context, body: Any, agent: str | None = None) -> Sent:
    """That body, with the agent's good token and nobody's where the user's belongs."""
    sent = post(body, f"Bearer {context.token_of(agent or kit(context).agent)}")
    return replace(sent, signed_in=False)
