"""What the attacker starts with: tokens it was given, and who it is to be, chosen so that a breach would show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from attacks import http
from attacks.jose import IssuerFromOutside, OwnKey, claims_of, header_of
from attacks.model import CANARY, Context, Missing

_SAMPLES: Mapping[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
PUBLIC_FILES_SECONDS = 10.0


@dataclass(frozen=True)
class Surface:
    """What a system declares: agents' badges and grants, tools' input schemas, and which tools only read.

    `tokens` are the agents' access tokens, as far as they are held.
    """

    badges: Mapping[str, str]
    grants: Mapping[str, frozenset[str]]
    schemas: Mapping[str, Mapping[str, Any]]
    reading: frozenset[str]
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)


def sample(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fewest arguments a schema takes; every text is the canary."""
    properties = schema.get("properties", {})
    return {name: _value(properties.get(name, {})) for name in schema.get("required", ())}


def _value(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "string")
    if kind == "object":
        return sample(schema)
    return _SAMPLES.get(str(kind), CANARY)


def context_of(surface: Surface) -> Context:
    """The context of an attacker with these tokens. Raises ValueError for what is no token."""
    for agent, token in surface.tokens.items():
        try:
            header_of(token), claims_of(token)
        except ValueError:
            raise ValueError(f"what was given as the token of {agent} is no JWT") from None
    arguments = {tool: sample(schema) for tool, schema in surface.schemas.items()}
    agent, may, may_not, other = _roles(surface, arguments)

    def held() -> str:
        if agent not in surface.tokens:
            raise Missing(f"a token of the agent {agent}")
        return surface.tokens[agent]

    issuer = IssuerFromOutside(
        lambda: str(header_of(held()).get("kid")), lambda: _public_keys(held()), Missing
    )
    return Context(
        trusted=issuer,
        stranger=OwnKey("attacker-1"),
        agent=agent,
        may=may,
        may_not=may_not,
        other=other,
        badges=surface.badges,
        grants=surface.grants,
        arguments=arguments,
        tokens=surface.tokens,
    )


Roles = tuple[str, str | None, str | None, str | None]


def _roles(surface: Surface, arguments: Mapping[str, Mapping[str, Any]]) -> Roles:
    """Who attacks whom: the first choice that leaves least out.

    The granted tool should only read, and take a text: then a breach executes it and the canary is in it.
    """
    best: tuple[int, Roles] | None = None
    for agent in surface.badges:
        own = surface.grants.get(agent, frozenset())
        others = [other for other in surface.badges if other != agent]
        for may in [*sorted(own & surface.reading), None]:
            for may_not in [*sorted(surface.reading - own), *sorted(set(arguments) - own), None]:
                other = next(
                    (
                        other
                        for other in others
                        if may_not in surface.grants.get(other, ())
                        and may not in surface.grants.get(other, ())
                    ),
                    None,
                )
                score = (
                    16 * (agent in surface.tokens)
                    + 8 * (may is not None)
                    + 4 * (may is not None and CANARY in arguments[may].values())
                    + 2 * (may_not is not None)
                    + (other is not None)
                )
                if best is None or score > best[0]:
                    best = (score, (agent, may, may_not, other))
    if best is None:
        raise ValueError("the system declares no agent")
    return best[1]


def _public_keys(token: str) -> Mapping[str, Any]:
    """The key set of the issuer a held token names, as anybody may read it (OpenID Connect Discovery 1.0 §4)."""
    issuer = str(claims_of(token).get("iss"))
    try:
        found = _public(f"{issuer}/.well-known/openid-configuration")
        address = str(found.get("jwks_uri"))
        if urlsplit(address)[:2] != urlsplit(issuer)[:2]:
            raise ValueError("the keys are elsewhere")
        return _public(address)
    except (ValueError, http.Unreachable, http.NotHttp, TimeoutError):
        raise Missing("the issuer's public key") from None


def _public(url: str) -> Mapping[str, Any]:
    endpoint = http.Endpoint.parse(url)
    data = http.request(endpoint, "GET", endpoint.path, (("Accept", "application/json"),), b"")
    answers = http.exchange(endpoint, data, timeout=PUBLIC_FILES_SECONDS)
    if not answers or answers[0].status != 200 or not isinstance(answers[0].json, dict):
        raise ValueError("no JSON object")
    return dict(answers[0].json)
