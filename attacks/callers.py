"""Attacks on who calls: the Authorization header, and the claims of tokens the issuer signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attacks.model import (
    FORBIDDEN,
    MALFORMED,
    SEARCH,
    UNAUTHENTICATED,
    Attack,
    Context,
    Sent,
    post,
    with_token,
)

Build = Callable[[Context], Sent]


INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "client", "version": "1"},
}


def _headers() -> dict[str, Build]:
    def raw(text: str) -> Build:
        return lambda c: post(c.call(), text.replace("TOKEN", c.token()))

    def pair(first: tuple[str, str], second: tuple[str, str]) -> Build:
        def build(c: Context) -> Sent:
            sent = post(c.call(), None)
            for name, value in (first, second):
                sent = sent.with_header(name, value.replace("TOKEN", c.token()))
            return sent

        return build

    good, bad = "Bearer TOKEN", "Bearer x.y.z"
    return {
        "missing": lambda c: post(c.call(), None),
        "empty header": raw(""),
        "blank header": raw(" "),
        "scheme only": raw("Bearer"),
        "scheme and blank": raw("Bearer "),
        "Basic": raw("Basic TOKEN"),
        "Token scheme": raw("Token TOKEN"),
        "no scheme": raw("TOKEN"),
        "scheme without blank": raw("BearerTOKEN"),
        "two blanks": raw("Bearer  TOKEN"),
        "tab for blank": raw("Bearer\tTOKEN"),
        "quoted": raw('Bearer "TOKEN"'),
        "as parameter": raw("Bearer token=TOKEN"),
        "two tokens": raw("Bearer TOKEN TOKEN"),
        "joined by comma": raw("Bearer TOKEN, Bearer TOKEN"),
        "two headers, same": pair(("Authorization", good), ("Authorization", good)),
        "two headers, good first": pair(("Authorization", good), ("authorization", bad)),
        "two headers, bad first": pair(("Authorization", bad), ("authorization", good)),
        "two headers, one empty": pair(("Authorization", ""), ("authorization", good)),
        "lower-case name, bad token": lambda c: post(c.call(), None).with_header("authorization", bad),
        "in another header": pair(("X-Authorization", good), ("Proxy-Authorization", good)),
        "in a cookie": pair(("Cookie", "access_token=TOKEN"), ("X-Access-Token", "TOKEN")),
        "in the body": lambda c: post({**c.call(), "access_token": c.token()}, None),
        "asserted by header": lambda c: (
            post(c.call(), None).with_header("X-Agent", c.agent).with_header("X-Amzn-Oidc-Identity", c.badge)
        ),
        "listing with a bad token": lambda c: post({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}, bad),
        "listing with an empty header": lambda c: post(
            {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}, ""
        ),
        "listing as a notification": lambda c: post({"jsonrpc": "2.0", "method": "tools/list"}, None),
        "initialize without token": lambda c: post(
            {"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": INITIALIZE}, None
        ),
        "search without token": lambda c: post(
            {**c.call(), "params": {"name": SEARCH, "arguments": {"query": "tools"}}}, None
        ),
        "unknown method without token": lambda c: post(
            {"jsonrpc": "2.0", "id": 7, "method": "admin/reset"}, None
        ),
    }


def _claims() -> dict[str, Build]:
    def change(**changes: Any) -> Build:
        return lambda c: with_token(c, c.token(**changes))

    def shift(name: str, seconds: int) -> Build:
        return lambda c: with_token(c, c.token(**{name: c.claims["iat"] + seconds}))

    def scope(text: str) -> Build:
        def build(c: Context) -> Sent:
            made = text.replace("OTHER", c.other_badge).replace("GHOST", c.undeclared_badge)
            return with_token(c, c.token(scope=made.replace("OWN", c.badge)))

        return build

    def payload(text: str | bytes) -> Build:
        return lambda c: with_token(c, c.trusted.sign(c.header(), text))

    def twice(name: str) -> Build:
        def build(c: Context) -> Sent:
            good = json.dumps(dict(c.claims))
            return with_token(
                c, c.trusted.sign(c.header(), f'{good[:-1]},"{name}":{json.dumps(c.claims[name])}}}')
            )

        return build

    return {
        "expired": shift("exp", -1),
        "long expired": change(exp=1),
        "nbf in the future": shift("nbf", 7200),
        "iat in the future": shift("iat", 7200),
        "no exp": change(exp=...),
        "exp as text": change(exp="9999999999"),
        "exp true": change(exp=True),
        "exp null": change(exp=None),
        "exp a list": change(exp=[9999999999]),
        "exp an object": change(exp={"$gt": 0}),
        "exp negative": change(exp=-1),
        "exp NaN": payload('{"exp":NaN}'),
        "exp infinite": change(exp=10**400),
        "nbf as text": change(nbf="0"),
        "iat as text": change(iat="0"),
        "wrong issuer": change(iss="https://evil.example"),
        "issuer with slash": lambda c: with_token(c, c.token(iss=c.claims["iss"] + "/")),
        "issuer as prefix": lambda c: with_token(c, c.token(iss=c.claims["iss"] + ".evil.example")),
        "issuer in capitals": lambda c: with_token(c, c.token(iss=c.claims["iss"].upper())),
        "issuer a list": lambda c: with_token(c, c.token(iss=[c.claims["iss"]])),
        "no issuer": change(iss=...),
        "id token": change(token_use="id"),
        "no token use": change(token_use=...),
        "token use a list": change(token_use=["access"]),
        "no client": change(client_id=...),
        "client empty": change(client_id=""),
        "client null": change(client_id=None),
        "no scope": change(scope=...),
        "empty scope": change(scope=""),
        "scope a list": lambda c: with_token(c, c.token(scope=[c.badge])),
        "two badges": scope("OWN OTHER"),
        "two badges, other first": scope("OTHER OWN"),
        "own badge twice": scope("OWN OWN"),
        "badge and openid": scope("openid OWN"),
        "undeclared badge": scope("GHOST"),
        "undeclared badge beside own": scope("GHOST OWN"),
        "badge with blank": scope("OWN "),
        "badge with line end": scope("OWN\n"),
        "badge with comma": scope("OWN,OTHER"),
        "badge cut short": lambda c: with_token(c, c.token(scope=c.badge[:-1])),
        "badge in capitals": lambda c: with_token(c, c.token(scope=c.badge.upper())),
        "badge of another system": lambda c: with_token(
            c, c.token(scope="other/" + c.badge.partition("/")[2])
        ),
        "badge wildcard": lambda c: with_token(c, c.token(scope=c.badge.partition("/")[0] + "/*")),
        "claim exp twice": twice("exp"),
        "claim scope twice": twice("scope"),
        "claims a list": payload("[]"),
        "claims null": payload("null"),
        "claims text": payload('"x"'),
        "claims not JSON": payload("x"),
        "claims deep": payload("[" * 5000 + "]" * 5000),
        "claims with byte order mark": lambda c: with_token(
            c, c.trusted.sign(c.header(), b"\xef\xbb\xbf" + json.dumps(dict(c.claims)).encode())
        ),
        "claims in UTF-16": lambda c: with_token(
            c, c.trusted.sign(c.header(), json.dumps(dict(c.claims)).encode("utf-16"))
        ),
    }


def _expected(name: str) -> frozenset[int]:
    """A scope that an authorizer knows to be too little is answered 403 (RFC 6750 §3.1), and what is no request
    may be refused before its caller is asked for."""
    if "notification" in name:
        return UNAUTHENTICATED | MALFORMED
    return UNAUTHENTICATED | FORBIDDEN if "badge" in name or "scope" in name else UNAUTHENTICATED


CALLER_ATTACKS = [
    Attack(f"{group}: {name}", build, _expected(name))
    for group, builds in (("authorization", _headers()), ("claims", _claims()))
    for name, build in builds.items()
]
CALLER_ATTACKS += [
    Attack(
        "claims: token of another agent",
        lambda c: with_token(c, c.token_of(c.other_agent)),
        FORBIDDEN,
    ),
    Attack(
        "claims: client unknown",
        lambda c: with_token(c, c.token(client_id="unknownclient")),
        UNAUTHENTICATED | FORBIDDEN,
        frozenset(("authorizer",)),
    ),
]
