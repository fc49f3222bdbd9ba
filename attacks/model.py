"""What an attack is: a request made from what an attacker holds, and the statuses that count as refused.

Nothing here knows what is attacked. The same attacks are held against the interceptor alone, a gateway in a
test, and any gateway's URL (`attacks.runner`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from attacks.jose import claims_of, header_of, segment

if TYPE_CHECKING:
    from attacks.user_kit import Limit, UserKit

CANARY = "canary5ecret"
"""Stands in every argument sent; whoever finds it in an answer or a log has found a leak."""
SEARCH = "x_amz_bedrock_agentcore_search"
"""The gateway's own tool (AgentCore Developer Guide: search for tools)."""
USER_HEADER = "X-Airside-User-Token"
"""Where an agent sends the token of the end user it works for."""


class Missing(Exception):
    """The attacker has not got what an attack is made from. The text names it, never its value."""


class Signer(Protocol):
    """A key that signs whatever it is given. Raises Missing for what is out of the attacker's reach."""

    @property
    def key_id(self) -> str: ...

    @property
    def public_pem(self) -> bytes: ...

    @property
    def jwk(self) -> Mapping[str, Any]: ...

    def sign(self, header: Any, payload: Any) -> str:
        """A compact JWS; header and payload are JSON values, or text or bytes taken as they are."""


@dataclass(frozen=True)
class Context:
    """What an attacker who holds one agent's token has and knows.

    `trusted` signs as the issuer does (to make signed but wrong tokens), `stranger` is the attacker's own
    key. `may` is a tool `agent` may call, `may_not` a declared one it may not, `other` an agent that may call
    `may_not` but not `may`; None where the system has none. `badges` maps agents to scopes, `grants` agents
    to full tool names, `arguments` tools to arguments they take. `tokens` are the agents' own, by agent.
    The tools in `bound` take an end user's own data only; `user` is there in a system with end users, `limit`
    in one whose tools limit an integer.
    """

    trusted: Signer
    stranger: Signer
    agent: str
    may: str | None
    may_not: str | None
    other: str | None
    badges: Mapping[str, str]
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    signed_claims: Mapping[str, Any] | None = None
    bound: frozenset[str] = frozenset()
    user: UserKit | None = None
    limit: Limit | None = None

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims of a good token of `agent`, now."""
        return claims_of(self.token_of(self.agent)) if self.signed_claims is None else self.signed_claims

    @property
    def badge(self) -> str:
        return self.badges[self.agent]

    @property
    def other_badge(self) -> str:
        return self.badges[self.other_agent]

    @property
    def undeclared_badge(self) -> str:
        return f"{self.badge}-ghost"

    @property
    def granted(self) -> str:
        return self._there(self.may, f"a tool that the agent {self.agent} may call")

    @property
    def denied(self) -> str:
        return self._there(self.may_not, f"a tool that the agent {self.agent} may not call")

    @property
    def other_agent(self) -> str:
        return self._there(self.other, f"an agent that may call what {self.agent} may not")

    @staticmethod
    def _there(value: str | None, what: str) -> str:
        if value is None:
            raise Missing(what)
        return value

    def token(self, **changes: Any) -> str:
        """The agent's token, or one with changed claims signed by the issuer's key; `...` takes a claim out."""
        if not changes and self.signed_claims is None:
            return self.token_of(self.agent)
        claims = {**self.claims, **changes}
        kept = {name: value for name, value in claims.items() if value is not ...}
        return self.trusted.sign(self.header(), kept)

    def token_of(self, agent: str) -> str:
        """Another agent's own token."""
        if agent in self.tokens:
            return self.tokens[agent]
        if self.signed_claims is None:
            raise Missing(f"a token of the agent {agent}")
        return self.token(scope=self.badges[agent])

    def user_token(self) -> str | None:
        """A good token of the signed-in end user; None where there is no such token."""
        try:
            return None if self.user is None else self.user.token()
        except Missing:
            return None

    def header(self, **more: Any) -> dict[str, Any]:
        """The header of a good token, with more members."""
        if self.signed_claims is None:
            return {**header_of(self.token_of(self.agent)), **more}
        return {"kid": self.trusted.key_id, "alg": "RS256", **more}

    def under(self, header: Any) -> str:
        """The agent's claims under another header: signed by the issuer's key, or else with the old signature.

        Headers are read before signatures, so the second is worth trying too.
        """
        try:
            return self.trusted.sign(header, dict(self.claims))
        except Missing:
            _, claims, signature = self.token_of(self.agent).split(".")
            return f"{segment(header)}.{claims}.{signature}"

    def call(self, tool: Any = ..., **arguments: Any) -> dict[str, Any]:
        """A `tools/call` of the granted tool, or of another, with arguments it would be carried out with.

        A name that is no tool's gets the granted tool's arguments: whoever takes the one for the other must
        not be saved by an argument check. Nor by a missing user: without a user's token there is no call of a
        bound tool.
        """
        name = self.granted if tool is ... else tool
        known = isinstance(name, str) and name in self.arguments
        if known and name in self.bound and self.user_token() is None:
            raise Missing("an end user's token")
        fitting = self.arguments.get(name if known else self.granted, {"text": CANARY})
        params = {"name": name, "arguments": {**fitting, **arguments}}
        return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}


@dataclass(frozen=True)
class Sent:
    """One HTTP request. Header names may repeat; `body` is raw bytes.

    `raw` is the whole request instead, byte for byte but for %HOST% and %TRACE% (a `traceparent`). `patience`
    is how many seconds an answer is waited for where none may come. `signed_in`: the end user's good token
    goes along unless there is one already (`accompanied`).
    """

    body: bytes
    headers: tuple[tuple[str, str], ...]
    method: str = "POST"
    path: str = "/mcp"
    raw: bytes | None = None
    patience: float | None = None
    signed_in: bool = True

    def with_header(self, name: str, value: str) -> Sent:
        return replace(self, headers=(*self.headers, (name, value)))


@dataclass(frozen=True)
class Attack:
    """A named attack. `expected` are the statuses that refuse it.

    `layers` names who can refuse it: "interceptor" by itself, or only the "authorizer" before it, the
    "policy" behind it, or the "gateway" that reads HTTP. `untold` are tool names that must not be told to the
    caller; with it an answer may carry a result, and every page of a list is read.
    """

    name: str
    build: Callable[[Context], Sent]
    expected: frozenset[int]
    layers: frozenset[str] = field(default_factory=lambda: frozenset(("interceptor",)))
    untold: frozenset[str] | None = None

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]


UNAUTHENTICATED = frozenset((401,))
FORBIDDEN = frozenset((403,))
MALFORMED = frozenset((400, 413, 415))
NO_SUCH_ADDRESS = frozenset((400, 403, 404, 405))
REFUSED = frozenset(range(400, 500))


def post(body: Any, authorization: str | None) -> Sent:
    """A POST as an MCP client sends it; `body` as bytes, as text, or as a JSON value."""
    if isinstance(body, str):
        body = body.encode()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")]
    if authorization is not None:
        headers.append(("Authorization", authorization))
    return Sent(data, tuple(headers))


def with_token(context: Context, token: str) -> Sent:
    """The granted call, with that token."""
    return post(context.call(), f"Bearer {token}")


def with_body(context: Context, body: Any) -> Sent:
    """That body, with a good token."""
    return post(body, f"Bearer {context.token()}")


def accompanied(context: Context, sent: Sent) -> Sent:
    """The request as an agent sends it for a signed-in user: a call must not fail for want of one only."""
    there = any(name.lower() == USER_HEADER.lower() for name, _ in sent.headers)
    if there or not sent.signed_in or sent.raw is not None:
        return sent
    token = context.user_token()
    return sent if token is None else sent.with_header(USER_HEADER, token)
