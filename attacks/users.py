"""Attacks on whom a call is for: the end user's token beside the agent's good one.

They mean something in a system with end users only: `possible` tells whether an attack does.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from attacks.arguments import LIMIT_ATTACKS, OWN_ATTACKS
from attacks.jose import segment, url64
from attacks.model import FORBIDDEN, SEARCH, UNAUTHENTICATED, USER_HEADER, Attack, Context, Sent, Signer, post
from attacks.user_kit import UserKit, alone, bound, for_user, kit

Build = Callable[[Context], Sent]


def _placed() -> dict[str, Build]:
    """A good token where it does not count, or something else where it should be."""

    def value(change: Callable[[str], str]) -> Build:
        return lambda c: for_user(c, bound(c), change(kit(c).token()))

    def elsewhere(name: str, text: str = "TOKEN") -> Build:
        return lambda c: alone(c, bound(c)).with_header(name, text.replace("TOKEN", kit(c).token()))

    def pair(first: str, second: str) -> Build:
        def build(c: Context) -> Sent:
            sent = alone(c, bound(c))
            for name, text in ((USER_HEADER, first), (USER_HEADER.lower(), second)):
                sent = sent.with_header(name, text.replace("TOKEN", kit(c).token()))
            return sent

        return build

    def other_user(c: Context) -> Sent:
        other = kit(c).token(**{kit(c).claim: kit(c).others})
        return for_user(c, bound(c)).with_header(USER_HEADER.lower(), other)

    return {
        "none sent": lambda c: alone(c, bound(c)),
        "none sent, another's data": lambda c: alone(c, bound(c, kit(c).others)),
        "empty": lambda c: for_user(c, bound(c), ""),
        "blank": lambda c: for_user(c, bound(c), " "),
        "the user's name": lambda c: for_user(c, bound(c), kit(c).claims["sub"]),
        "the word null": lambda c: for_user(c, bound(c), "null"),
        "with a scheme": value(lambda token: f"Bearer {token}"),
        "quoted": value(lambda token: f'"{token}"'),
        "twice in one": value(lambda token: f"{token}, {token}"),
        "trailing comma": value(lambda token: f"{token},"),
        "trailing semicolon": value(lambda token: f"{token};"),
        "two headers, same": pair("TOKEN", "TOKEN"),
        "two headers, good first": pair("TOKEN", "x.y.z"),
        "two headers, bad first": pair("x.y.z", "TOKEN"),
        "two headers, one empty": pair("", "TOKEN"),
        "two headers, two users": other_user,
        "with underscores": elsewhere("X_Airside_User_Token"),
        "in another header": elsewhere("X-User-Token"),
        "in the runtime's header": elsewhere("X-Amzn-Bedrock-AgentCore-Runtime-Custom-User-Token"),
        "in a cookie": elsewhere("Cookie", "user_token=TOKEN"),
        "asserted by header": elsewhere("X-Amzn-Oidc-Identity", "username"),
        "in the arguments": lambda c: alone(c, bound(c, user_token=kit(c).token())),
        "in _meta": lambda c: alone(
            c, {**bound(c), "params": {**bound(c)["params"], "_meta": {USER_HEADER: kit(c).token()}}}
        ),
        "bad, on a tool without rules": lambda c: for_user(c, c.call(), "x.y.z", c.agent),
        "bad, on the search": lambda c: for_user(c, c.call(SEARCH), "x.y.z", c.agent),
        "expired, on a tool without rules": lambda c: for_user(c, c.call(), kit(c).token(exp=1), c.agent),
    }


def _claims() -> dict[str, Build]:
    """Signed by the users' pool, but not a good token of the user."""

    def change(**changes: Any) -> Build:
        return lambda c: for_user(c, bound(c), kit(c).token(**changes))

    def claim(value: Callable[[UserKit], Any]) -> Build:
        return lambda c: for_user(c, bound(c), kit(c).token(**{kit(c).claim: value(kit(c))}))

    def client(change: Callable[[str], Any]) -> Build:
        return lambda c: for_user(c, bound(c), kit(c).token(client_id=change(kit(c).claims["client_id"])))

    def issuer(change: Callable[[str], Any]) -> Build:
        return lambda c: for_user(c, bound(c), kit(c).token(iss=change(kit(c).claims["iss"])))

    def twice(c: Context) -> Sent:
        user = kit(c)
        payload = f'{{"{user.claim}":{json.dumps(user.others)},{json.dumps(dict(user.claims))[1:]}'
        return for_user(c, bound(c), user.trusted.sign(user.header(), payload))

    def renamed(c: Context) -> Sent:
        name = kit(c).claim
        return for_user(c, bound(c), kit(c).token(**{name: ..., name.upper(): kit(c).own}))

    return {
        "expired": change(exp=1),
        "no exp": change(exp=...),
        "exp as text": change(exp="9999999999"),
        "exp true": change(exp=True),
        "nbf in the future": lambda c: for_user(c, bound(c), kit(c).token(nbf=kit(c).claims["exp"])),
        "iat in the future": lambda c: for_user(c, bound(c), kit(c).token(iat=kit(c).claims["exp"])),
        "issuer of the agents": lambda c: for_user(c, bound(c), kit(c).token(iss=c.claims["iss"])),
        "another issuer": change(iss="https://evil.example"),
        "issuer with slash": issuer(lambda text: text + "/"),
        "issuers": issuer(lambda text: [text]),
        "no issuer": change(iss=...),
        "id token": change(token_use="id"),
        "no token use": change(token_use=...),
        "client of the agent": lambda c: for_user(c, bound(c), kit(c).token(client_id=c.claims["client_id"])),
        "client unknown": change(client_id="unknownclient"),
        "client in capitals": client(str.upper),
        "client with a blank": client(lambda text: text + " "),
        "clients": client(lambda text: [text]),
        "no client": change(client_id=...),
        "client as audience": lambda c: for_user(
            c, bound(c), kit(c).token(client_id=..., aud=kit(c).claims["client_id"])
        ),
        "claim missing": claim(lambda user: ...),
        "claim empty": claim(lambda user: ""),
        "claim null": claim(lambda user: None),
        "claim a number": claim(lambda user: 1001),
        "claim true": claim(lambda user: True),
        "claim a list": claim(lambda user: [user.own]),
        "claim a list of two": claim(lambda user: [user.others, user.own]),
        "claim an object": claim(lambda user: {"value": user.own}),
        "claim in capitals": renamed,
        "claim twice": twice,
    }


def _forged() -> dict[str, Build]:
    """Not signed by the users' pool."""

    def sign(build: Callable[[Context], str]) -> Build:
        return lambda c: for_user(c, bound(c), build(c))

    def unsigned(alg: str) -> Build:
        def build(c: Context) -> str:
            user = kit(c)
            return f"{segment(user.header(alg=alg))}.{segment(dict(user.claims))}."

        return sign(build)

    def mac(c: Context) -> str:
        user = kit(c)
        head = f"{segment(user.header(alg='HS256'))}.{segment(dict(user.claims))}"
        return f"{head}.{url64(hmac.new(user.trusted.public_pem, head.encode(), hashlib.sha256).digest())}"

    def spliced(c: Context) -> str:
        """Another user's claims between this user's header and signature."""
        user = kit(c)
        head, _, signature = user.token().split(".")
        return f"{head}.{segment({**user.claims, user.claim: user.others})}.{signature}"

    def foreign(signer: Callable[[Context], Signer], key_id: Callable[[Context], str]) -> Build:
        return sign(lambda c: signer(c).sign({"alg": "RS256", "kid": key_id(c)}, dict(kit(c).claims)))

    return {
        "the agent's token": sign(lambda c: c.token_of(kit(c).agent)),
        "the agent's token with the user's claim": sign(lambda c: c.token(**{kit(c).claim: kit(c).own})),
        "by the agents' pool": foreign(lambda c: c.trusted, lambda c: c.trusted.key_id),
        "by the agents' pool, the users' kid": foreign(lambda c: c.trusted, lambda c: kit(c).trusted.key_id),
        "by a stranger": foreign(lambda c: c.stranger, lambda c: c.stranger.key_id),
        "by a stranger, the users' kid": foreign(lambda c: c.stranger, lambda c: kit(c).trusted.key_id),
        "jwk of a stranger": sign(
            lambda c: c.stranger.sign(
                {"alg": "RS256", "kid": kit(c).trusted.key_id, "jwk": dict(c.stranger.jwk)},
                dict(kit(c).claims),
            )
        ),
        "alg none": unsigned("none"),
        "alg nOnE": unsigned("nOnE"),
        "alg HS256 with the public key": sign(mac),
        "another user's claims spliced in": sign(spliced),
        "no signature": sign(lambda c: kit(c).token().rpartition(".")[0] + "."),
        "padded": sign(lambda c: kit(c).token() + "="),
        "one more segment": sign(lambda c: kit(c).token() + ".e30"),
        "20 kB": sign(lambda c: kit(c).token() + "A" * 20_000),
    }


def _as_agent() -> dict[str, Build]:
    """The user's token where the agent's belongs."""

    def apart(c: Context, authorization: str | None) -> Sent:
        return replace(post(bound(c), authorization), signed_in=False)

    def authorized(**changes: Any) -> Build:
        return lambda c: apart(c, f"Bearer {kit(c).token(**changes)}")

    def badge(c: Context) -> Sent:
        return apart(c, f"Bearer {kit(c).token(scope=c.badge)}")

    def both(c: Context) -> Sent:
        return badge(c).with_header(USER_HEADER, kit(c).token())

    return {
        "as the agent's": authorized(),
        "as the agent's, with the badge": badge,
        "as both": both,
        "alone": lambda c: apart(c, None).with_header(USER_HEADER, kit(c).token()),
    }


USER_ATTACKS: tuple[Attack, ...] = (
    *(
        Attack(f"{group}: {name}", build, expected)
        for group, builds, expected in (
            ("user", _placed(), FORBIDDEN),
            ("user-claims", _claims(), FORBIDDEN),
            ("user-forged", _forged(), FORBIDDEN),
            ("user-token", _as_agent(), UNAUTHENTICATED),
        )
        for name, build in builds.items()
    ),
    *OWN_ATTACKS,
    *LIMIT_ATTACKS,
)
_LIMITS = frozenset(attack.name for attack in LIMIT_ATTACKS)
_OWN = frozenset(attack.name for attack in USER_ATTACKS) - _LIMITS


def possible(attack: Attack, context: Context) -> bool:
    """Whether there is anything to attack: end users, or a limited argument."""
    if attack.name in _LIMITS:
        return context.limit is not None
    return context.user is not None or attack.name not in _OWN
