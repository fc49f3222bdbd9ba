"""What an attack is: bytes on the wire, made from a context, and the statuses that count as refused.

Nothing here knows the interceptor. The same attacks are run against the function alone and can be sent to
a gateway's URL: build the context from that gateway's issuer, send what `build` returns, hand status and
text to `complaints`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.attacks.user_kit import UserKit

CANARY = "canary5ecret"
"""Stands in every argument sent; whoever finds it in an answer or a log has found a leak."""


class Signer(Protocol):
    """A key that signs whatever it is given."""

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
    """What an attacker with one agent's badge has and knows.

    `trusted` signs as the issuer does (to make signed but wrong tokens), `stranger` is the attacker's own
    key. `claims` are those of a good token of `agent` now; `granted` is a tool it may call, `denied` a
    declared tool it may not, `other_agent` one that may. `user` is there in a system with end users.
    """

    trusted: Signer
    stranger: Signer
    claims: Mapping[str, Any]
    agent: str
    badge: str
    granted: str
    denied: str
    other_agent: str
    other_badge: str
    undeclared_badge: str
    user: UserKit | None = None

    def token(self, **changes: Any) -> str:
        """A token signed by the issuer's key; a change to `...` takes the claim out."""
        claims = {**self.claims, **changes}
        kept = {name: value for name, value in claims.items() if value is not ...}
        return self.trusted.sign(self.header(), kept)

    def header(self, **more: Any) -> dict[str, Any]:
        return {"kid": self.trusted.key_id, "alg": "RS256", **more}

    def call(self, tool: Any = ..., **arguments: Any) -> dict[str, Any]:
        """A `tools/call` of the granted tool, or of another."""
        params = {"name": self.granted if tool is ... else tool, "arguments": {"text": CANARY, **arguments}}
        return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}


@dataclass(frozen=True)
class Sent:
    """One HTTP request. Header names may repeat; `body` is raw bytes."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    method: str = "POST"
    path: str = "/mcp"

    def with_header(self, name: str, value: str) -> Sent:
        return replace(self, headers=(*self.headers, (name, value)))


@dataclass(frozen=True)
class Attack:
    """A named attack. `expected` are the statuses that refuse it.

    `layers` names who can refuse it: "interceptor" by itself, or only the "authorizer" before it or the
    "policy" behind it.
    """

    name: str
    build: Callable[[Context], Sent]
    expected: frozenset[int]
    layers: frozenset[str] = field(default_factory=lambda: frozenset(("interceptor",)))


UNAUTHENTICATED = frozenset((401,))
FORBIDDEN = frozenset((403,))
MALFORMED = frozenset((400, 413, 415))
NO_SUCH_ADDRESS = frozenset((400, 403, 404, 405))


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


def complaints(attack: Attack, status: int, told: str, secrets: tuple[str, ...]) -> list[str]:
    """What is wrong with how an attack was received. `told` is everything answered and logged."""
    found = []
    if status >= 500:
        found.append(f"{attack.name}: answered {status}, as if it had broken something")
    elif status not in attack.expected:
        found.append(f"{attack.name}: answered {status}, wanted {sorted(attack.expected)}")
    found.extend(
        f"{attack.name}: a secret of {len(secret)} characters was told"
        for secret in secrets
        if len(secret) > 8 and secret in told
    )
    return found
