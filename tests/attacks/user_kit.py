"""What attacks on users and arguments are made from: a signed-in user, a bound tool, a limited tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.attacks.model import Context, Sent, Signer, with_body

USER_HEADER = "X-Airside-User-Token"


@dataclass(frozen=True)
class UserKit:
    """What an attacker has who is signed in as one user and wants another's data.

    `trusted` signs as the users' pool does; `claims` are those of a good token of the user now. `tool` is
    granted and its `argument` must equal the text claim `claim`: `own` for this user (with an ASCII letter
    in it), `others` for another. `limited` is granted and its integer `limit` must lie in `low`…`high`;
    `arguments` are good ones of it.
    """

    trusted: Signer
    claims: Mapping[str, Any]
    claim: str
    tool: str
    argument: str
    own: str
    others: str
    limited: str
    limit: str
    low: int
    high: int
    arguments: Mapping[str, Any]

    def token(self, **changes: Any) -> str:
        """A user's token signed by the pool's key; a change to `...` takes the claim out."""
        claims = {**self.claims, **changes}
        kept = {name: value for name, value in claims.items() if value is not ...}
        return self.trusted.sign(self.header(), kept)

    def header(self, **more: Any) -> dict[str, Any]:
        return {"kid": self.trusted.key_id, "alg": "RS256", **more}


def kit(context: Context) -> UserKit:
    """The user's side of a context."""
    if context.user is None:
        raise ValueError("the context has no user: give it a UserKit, or leave these attacks out (possible)")
    return context.user


def bound(context: Context, value: Any = ..., **more: Any) -> dict[str, Any]:
    """A call of the bound tool, for the user's own value or another; without the argument for None."""
    user = kit(context)
    value = user.own if value is ... else value
    body = context.call(user.tool)
    body["params"]["arguments"] = {user.argument: value, **more}
    return body


def limited(context: Context, value: Any) -> dict[str, Any]:
    """A call of the limited tool with that limit."""
    user = kit(context)
    body = context.call(user.limited)
    body["params"]["arguments"] = {**user.arguments, user.limit: value}
    return body


def for_user(context: Context, body: Any, token: str | None = None) -> Sent:
    """That body, with the agent's good token and the user's good one, or another."""
    return with_body(context, body).with_header(USER_HEADER, kit(context).token() if token is None else token)
