"""Attacks on the token itself: its algorithm, its header, its three segments."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from attacks.jose import from_url64, segment, url64
from attacks.model import UNAUTHENTICATED, Attack, Context, Sent, with_token

Build = Callable[[Context], Sent]


def _algorithms() -> dict[str, Build]:
    def header(**more: Any) -> Build:
        return lambda c: with_token(c, c.under(c.header(**more)))

    def unsigned(alg: str) -> Build:
        def build(c: Context) -> Sent:
            return with_token(c, f"{segment(c.header(alg=alg))}.{segment(dict(c.claims))}.")

        return build

    def mac(alg: str, name: str, secret: Callable[[Context], bytes]) -> Build:
        def build(c: Context) -> Sent:
            head = f"{segment(c.header(alg=alg))}.{segment(dict(c.claims))}"
            return with_token(c, f"{head}.{url64(hmac.new(secret(c), head.encode(), name).digest())}")

        return build

    def own_key(**more: Callable[[Context], Any]) -> Build:
        def build(c: Context) -> Sent:
            added = {name: value(c) for name, value in more.items()}
            return with_token(c, c.stranger.sign(c.header(**added), dict(c.claims)))

        return build

    def modulus(c: Context) -> bytes:
        return from_url64(str(c.trusted.jwk["n"]))

    return {
        **{f"alg {alg}, unsigned": unsigned(alg) for alg in ("none", "None", "nOnE", "NONE", "", "RS256")},
        **{
            f"alg {alg}, signed": header(alg=alg)
            for alg in ("none", "nOnE", "rs256", "RS256 ", "RS384", "RS512", "PS256", "ES256", "HS256", "")
        },
        "alg missing": lambda c: with_token(c, c.under({"kid": c.trusted.key_id})),
        "alg a list": header(alg=["RS256"]),
        "alg null": header(alg=None),
        "HS256 with the public key": mac("HS256", "sha256", lambda c: c.trusted.public_pem),
        "HS256 with the public key, stripped": mac("HS256", "sha256", lambda c: c.trusted.public_pem.strip()),
        "HS256 with the modulus": mac("HS256", "sha256", modulus),
        "HS256 with the key's JSON": mac(
            "HS256", "sha256", lambda c: json.dumps(dict(c.trusted.jwk)).encode()
        ),
        "HS256 with an empty secret": mac("HS256", "sha256", lambda c: b""),
        "HS512 with the public key": mac("HS512", "sha512", lambda c: c.trusted.public_pem),
        "a MAC under RS256": mac("RS256", "sha256", lambda c: c.trusted.public_pem),
        "unknown crit": header(crit=["urn:x"]),
        "empty crit": header(crit=[]),
        "crit exp": header(crit=["exp"], exp=1),
        "b64 false": header(b64=False, crit=["b64"]),
        "zip": header(zip="DEF"),
        "enc": header(enc="A256GCM"),
        "cty": header(cty="JWT"),
        "strange typ": header(typ="JOSE"),
        "typ a list": header(typ=["JWT"]),
        "kid unknown": own_key(kid=lambda c: c.stranger.key_id),
        "kid trusted, own key": own_key(),
        "kid missing": lambda c: with_token(c, c.under({"alg": "RS256"})),
        **{
            f"kid {kid!r}"[:40]: header(kid=kid)
            for kid in (
                None, "", 0, ["k"], {"k": 1}, "../../../../dev/null", "/proc/self/environ", "' OR '1'='1",
                "k; DROP TABLE keys", "x" * 10_000, "k\x00", "http://evil.example/k",
            )
        },
        "jwk": own_key(jwk=lambda c: dict(c.stranger.jwk)),
        "jwk under its own kid": own_key(jwk=lambda c: dict(c.stranger.jwk), kid=lambda c: c.stranger.key_id),
        "jku": own_key(jku=lambda c: "https://evil.example/jwks.json"),
        "x5u": own_key(x5u=lambda c: "https://evil.example/cert.pem"),
        "x5c": own_key(x5c=lambda c: [base64.b64encode(c.stranger.public_pem).decode()]),
        "x5t": own_key(x5t=lambda c: url64(hashlib.sha256(c.stranger.public_pem).digest()[:20])),
        "jwk beside a good signature": header(jwk={}),
        "alg twice": lambda c: with_token(
            c, c.under(f'{{"alg":"none","alg":"RS256","kid":"{c.trusted.key_id}"}}')
        ),
        "header a list": lambda c: with_token(c, c.under([])),
        "header not JSON": lambda c: with_token(c, c.under("x")),
        "header deep": lambda c: with_token(c, c.under("[" * 3000)),
    }  # fmt: skip


def _forms() -> dict[str, Build]:
    def mangle(change: Callable[[str], str]) -> Build:
        return lambda c: with_token(c, change(c.token()))

    def part(index: int, change: Callable[[str], str]) -> Build:
        def build(c: Context) -> Sent:
            parts = c.token().split(".")
            parts[index] = change(parts[index])
            return with_token(c, ".".join(parts))

        return build

    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    def flip(at: float, bit: int) -> Callable[[str], str]:
        def change(text: str) -> str:
            index = min(int(len(text) * at), len(text) - 1)
            return text[:index] + alphabet[alphabet.index(text[index]) ^ bit] + text[index + 1 :]

        return change

    def standard(c: Context) -> Sent:
        """A sound token but for its alphabet: where the agent's own does not show the difference, another."""
        for number in range(100):
            head, _, signature = (c.token(jti=str(number)) if number else c.token()).rpartition(".")
            if "-" in signature and "_" in signature:
                return with_token(c, f"{head}.{signature.replace('-', '+').replace('_', '/')}")
        raise AssertionError("a hundred signatures without both - and _")

    names = ("header", "payload", "signature")
    flips = {
        f"flipped bit, {names[index]} at {int(at * 100)}%, {bit}": part(index, flip(at, bit))
        for index in range(3)
        for at, bit in ((0.0, 1), (0.5, 8), (1.0, 32))
    }
    return {
        **flips,
        **{f"padded {name}": part(index, lambda text: text + "=") for index, name in enumerate(names)},
        **{
            f"blank in {name}": part(index, lambda text: text[:9] + " " + text[9:])
            for index, name in enumerate(names)
        },
        "standard alphabet": standard,
        "unused bits of the signature": part(2, flip(1.0, 1)),
        "signature cut": part(2, lambda text: text[:-4]),
        "signature empty": part(2, lambda text: ""),
        "signature of zeros": part(2, lambda text: "A" * 342),
        "signature with a byte more": part(2, lambda text: text[:-2] + "AAAA"),
        "signature doubled": part(2, lambda text: text + text),
        "payload empty": part(1, lambda text: ""),
        "extra segment": mangle(lambda token: token + ".e30"),
        "extra dot": mangle(lambda token: token + "."),
        "leading dot": mangle(lambda token: "." + token),
        "five segments": mangle(lambda token: token + ".e30.e30"),
        "two segments": mangle(lambda token: token.rpartition(".")[0]),
        "one segment": mangle(lambda token: token.partition(".")[0]),
        "dots only": mangle(lambda token: ".."),
        "percent-escaped dots": mangle(lambda token: token.replace(".", "%2E")),
        "trailing semicolon": mangle(lambda token: token + ";"),
        "JSON serialization": mangle(lambda token: json.dumps({"protected": token.partition(".")[0]})),
        "the word null": mangle(lambda token: "null"),
        "1 MB": mangle(lambda token: token + "A" * (1 << 20)),
        "20 kB": mangle(lambda token: token + "A" * 20_000),
        "a million dots": mangle(lambda token: "." * 1_000_000),
    }


TOKEN_ATTACKS = [
    Attack(f"{group}: {name}", build, UNAUTHENTICATED)
    for group, builds in (("algorithm", _algorithms()), ("form", _forms()))
    for name, build in builds.items()
]
