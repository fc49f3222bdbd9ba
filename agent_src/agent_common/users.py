"""The end user a request is for, from the token that came with it.

The entry agent's runtime lets a request in only with a valid access token of the users' own pool, and
passes it on as `Authorization`. Every other agent is called by an agent, with that token in the header
`FORWARDED`. Nothing of a user is taken from a payload or a prompt.

The token is read here without being verified, and what it says decides on nothing but the prompt and
whose conversation this is: the runtime's authorizer has verified it before the entry agent is asked, only
agents may call the others (IAM), and the gateway's interceptor verifies it again, with the user's own
keys, for each tool that is called.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_common import strict_json
from agent_common.errors import AgentError

FORWARDED = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"
"""The header of InvokeAgentRuntime by which one agent passes the user's token to another."""
GUEST = "guest"
"""The claim of a visitor who has signed in as nobody in particular: a user, but not a customer."""
MAX_TOKEN = 4096
"""Characters of a token: AgentCore Runtime takes no longer header (AgentCore Developer Guide: request headers)."""

_CUSTOMER = re.compile(r"[A-Za-z0-9-]{1,32}")
_BEARER = re.compile(r"(?i:bearer) +(?P<token>\S+)")
_JWT = re.compile(r"[A-Za-z0-9_-]+\.(?P<payload>[A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class User:
    """Who a request is for; the token appears in no representation.

    `customer_id` is the claim that names the customer, None for a guest and for a claim of another form.
    `identity` tells users apart, customers or not, and holds good for every token of the same user.
    """

    token: str = field(repr=False)
    identity: str = field(repr=False)
    customer_id: str | None = None


def read(authorization: Sequence[str], forwarded: Sequence[str], *, claim: str, now: float) -> User | None:
    """The user by the values of the headers `Authorization` and `FORWARDED`; None where there is neither.

    `claim` is the one that names the customer, `now` is in Unix seconds. Raises `AgentError`:
    `sign_in_required` for a token past its `exp`, `bad_request` for anything that is not one token.
    """
    values = [*authorization, *forwarded]
    if not values:
        return None
    if len(values) > 1:
        raise AgentError("bad_request", "The request must carry one user token, in one header.")
    token = values[0]
    if authorization:
        bearer = _BEARER.fullmatch(token)
        if bearer is None:
            raise AgentError("bad_request", "The Authorization header must be a bearer token.")
        token = bearer["token"]
    claims = _claims(token)
    expires = claims.get("exp")
    if type(expires) is not int:
        raise _malformed()
    if now >= expires:
        raise AgentError("sign_in_required", "Your sign-in has expired. Sign in again.")
    named = claims.get(claim)
    return User(token, _identity(claims, named), _customer(named))


def _claims(token: str) -> dict[str, Any]:
    jwt = _JWT.fullmatch(token)
    if jwt is None or len(token) > MAX_TOKEN:
        raise _malformed()
    payload = jwt["payload"]
    try:
        claims = strict_json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        raise _malformed() from None
    if not isinstance(claims, dict):
        raise _malformed()
    return claims


def _customer(named: Any) -> str | None:
    """The claim, if it has a customer id's form: it goes into a prompt, so it can be no sentence."""
    if not isinstance(named, str) or named == GUEST or not _CUSTOMER.fullmatch(named):
        return None
    return named


def _identity(claims: dict[str, Any], named: Any) -> str:
    who = json.dumps([claims.get("iss"), claims.get("sub"), named], sort_keys=True)
    return hashlib.sha256(who.encode("utf-8")).hexdigest()


def _malformed() -> AgentError:
    return AgentError("bad_request", "The user's token cannot be read. Sign in again.")
