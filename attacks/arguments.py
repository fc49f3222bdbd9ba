"""Attacks on the arguments of a granted call: those bound to the good user it is for, and limited ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attacks.model import FORBIDDEN, MALFORMED, Attack, Context, Sent, post
from attacks.user_kit import Limit, UserKit, besides, bound, for_user, kit, limit, limited

Build = Callable[[Context], Sent]


def _full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _others() -> dict[str, Build]:
    """A good user, and an argument that is not the user's own."""

    def value(make: Callable[[UserKit], Any]) -> Build:
        return lambda c: for_user(c, bound(c, make(kit(c))))

    def arguments(make: Callable[[UserKit], dict[str, Any]]) -> Build:
        def build(c: Context) -> Sent:
            body = bound(c)
            made = {**besides(c), **make(kit(c))}
            return for_user(c, {**body, "params": {**body["params"], "arguments": made}})

        return build

    def no_arguments(c: Context) -> Sent:
        return for_user(c, {**bound(c), "params": {"name": kit(c).tool}})

    return {
        "another's": value(lambda user: user.others),
        "left out": arguments(lambda user: {}),
        "no arguments": no_arguments,
        "null": value(lambda user: None),
        "empty": value(lambda user: ""),
        "a number": value(lambda user: 1001),
        "true": value(lambda user: True),
        "a list of own": value(lambda user: [user.own]),
        "a list of own and another's": value(lambda user: [user.own, user.others]),
        "an object": value(lambda user: {"$eq": user.own}),
        "nested": value(lambda user: {user.argument: user.own}),
        "nested elsewhere": arguments(lambda user: {"filter": {user.argument: user.own}}),
        "name in capitals": arguments(lambda user: {user.argument.upper(): user.own}),
        "name with a blank": arguments(lambda user: {user.argument + " ": user.own}),
        "name with a zero-width space": arguments(lambda user: {user.argument + "\u200b": user.own}),
        "name in full-width letters": arguments(lambda user: {_full_width(user.argument): user.own}),
        "in the other case": value(lambda user: user.own.swapcase()),
        "leading blank": value(lambda user: " " + user.own),
        "trailing blank": value(lambda user: user.own + " "),
        "trailing line end": value(lambda user: user.own + "\n"),
        "trailing NUL": value(lambda user: user.own + "\x00"),
        "zero-width space": value(lambda user: user.own[:1] + "\u200b" + user.own[1:]),
        "full-width letters": value(lambda user: _full_width(user.own)),
        "combining mark": value(lambda user: user.own + "\u0301"),
        "own and more": value(lambda user: user.own + "," + user.others),
        "cut short": value(lambda user: user.own[:-1]),
        "wildcard": value(lambda user: "*"),
        "SQL": value(lambda user: user.own + "' OR '1'='1"),
        "percent escape": value(lambda user: "".join(f"%{byte:02X}" for byte in user.own.encode())),
        "own in _meta": lambda c: for_user(
            c,
            {
                **bound(c),
                "params": {**bound(c, kit(c).others)["params"], "_meta": {kit(c).argument: kit(c).own}},
            },
        ),
        "another signed in": lambda c: for_user(c, bound(c), kit(c).token(**{kit(c).claim: kit(c).others})),
    }


def _limits() -> dict[str, Build]:
    """A limited argument outside its limits, however written."""

    def sent(c: Context, body: Any) -> Sent:
        return post(body, f"Bearer {c.token_of(limit(c).agent)}")

    def raw(text: Callable[[Limit], str]) -> Build:
        return lambda c: sent(c, json.dumps(limited(c, "HERE")).replace('"HERE"', text(limit(c))))

    def left_out(c: Context) -> Sent:
        body = limited(c, 0)
        del body["params"]["arguments"][limit(c).argument]
        return sent(c, body)

    texts = {
        "null": "null", "true": "true", "false": "false", "a list": "[LOW]", "an object": '{"x": LOW}',
        "as text": '"LOW"', "a float": "LOW.0", "a fraction": "LOW.5", "an exponent": "LOWe0", "1e3": "1e3",
        "a small exponent": "10e-1", "beyond 64 bits": str(1 << 63), "wrapping 32 bits": str((1 << 32) + 1),
        "wrapping 64 bits": str((1 << 64) + 1), "of 300 digits": "1" + "0" * 300, "minus zero": "-0.0",
    }  # fmt: skip

    def filled(text: str) -> Callable[[Limit], str]:
        return lambda made: text.replace("LOW", str(made.low))

    return {
        "above": raw(lambda made: str(made.high + 1)),
        "below": raw(lambda made: str(made.low - 1)),
        "far below": raw(lambda made: str(-(1 << 62))),
        "left out": left_out,
        **{name: raw(filled(text)) for name, text in texts.items()},
        "nested limit": raw(lambda made: json.dumps({made.argument: made.low})),
    }


def _twice() -> dict[str, Build]:
    """The argument twice: whoever keeps the other one calls for the other one."""

    def own(first: Callable[[UserKit], str], second: Callable[[UserKit], str]) -> Build:
        def build(c: Context) -> Sent:
            user = kit(c)
            name = json.dumps(user.argument)
            members = f"{name}: {json.dumps(first(user))}, {name}: {json.dumps(second(user))}"
            return for_user(c, json.dumps(bound(c, "HERE")).replace(f'{name}: "HERE"', members))

        return build

    return {
        "own first": own(lambda user: user.own, lambda user: user.others),
        "own last": own(lambda user: user.others, lambda user: user.own),
    }


def _attacks(group: str, builds: dict[str, Build], expected: frozenset[int]) -> tuple[Attack, ...]:
    return tuple(Attack(f"{group}: {name}", build, expected) for name, build in builds.items())


OWN_ATTACKS = (
    *_attacks("argument", _others(), FORBIDDEN),
    *_attacks("argument-twice", _twice(), MALFORMED),
)
# A reader in front may already refuse numbers as long as these.
LIMIT_ATTACKS = _attacks("argument-limit", _limits(), FORBIDDEN | MALFORMED)
