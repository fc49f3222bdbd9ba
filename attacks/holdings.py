"""What the attacker starts with: tokens it was given, and who it is to be, chosen so that a breach would show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from attacks import http
from attacks.jose import IssuerFromOutside, OwnKey, claims_of, header_of
from attacks.model import CANARY, Context, Missing
from attacks.user_kit import Limit, UserKit

_SAMPLES: Mapping[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
PUBLIC_FILES_SECONDS = 10.0
ANOTHER = "another-end-user"
"""Whose data the signed-in user asks for. Whether there is such a user makes no difference to who may ask."""


@dataclass(frozen=True)
class Surface:
    """What a system declares: agents' badges and grants, tools' input schemas, and which tools only read.

    `tokens` are the agents' access tokens, as far as they are held, `user_token` that of a signed-in end user.
    `rules` are by tool and argument: `{"claim": name}` (the user's own), `{"equals": v}`, `{"one_of": [v]}`, or
    `min` and `max`, or one of them; `relaxed` are the (agent, tool) that need not keep those that are not the
    user's own. `fetching` are the tools that read, also outside.
    """

    badges: Mapping[str, str]
    grants: Mapping[str, frozenset[str]]
    schemas: Mapping[str, Mapping[str, Any]]
    reading: frozenset[str]
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    rules: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    relaxed: frozenset[tuple[str, str]] = frozenset()
    fetching: frozenset[str] = frozenset()
    user_token: str | None = field(default=None, repr=False)

    @property
    def bound(self) -> frozenset[str]:
        """The tools that take an end user's own data."""
        return frozenset(
            tool for tool, rules in self.rules.items() if any("claim" in rule for rule in rules.values())
        )

    @property
    def user_claims(self) -> Mapping[str, Any]:
        return {} if self.user_token is None else claims_of(self.user_token)

    def arguments(self) -> dict[str, dict[str, Any]]:
        """By tool, the fewest arguments it takes, within its rules as far as a held token tells the user's own."""
        claims = self.user_claims
        return {
            tool: {
                **sample(schema),
                **{name: _kept(rule, claims) for name, rule in self.rules.get(tool, {}).items()},
            }
            for tool, schema in self.schemas.items()
        }


def _kept(rule: Mapping[str, Any], claims: Mapping[str, Any]) -> Any:
    """A value that keeps the rule; the canary where only an absent user's would."""
    if "claim" in rule:
        return claims.get(rule["claim"], CANARY)
    if "one_of" in rule:
        return rule["one_of"][0]
    return rule["equals"] if "equals" in rule else rule.get("min", rule.get("max"))


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
    try:
        if surface.user_token is not None:
            header_of(surface.user_token), claims_of(surface.user_token)
    except ValueError:
        raise ValueError("what was given as the user's token is no JWT") from None
    arguments = surface.arguments()
    agent, may, may_not, other = _roles(surface, arguments)

    def held() -> str:
        if agent not in surface.tokens:
            raise Missing(f"a token of the agent {agent}")
        return surface.tokens[agent]

    return Context(
        trusted=_issuer(held),
        stranger=OwnKey("attacker-1"),
        agent=agent,
        may=may,
        may_not=may_not,
        other=other,
        badges=surface.badges,
        grants=surface.grants,
        arguments=arguments,
        tokens=surface.tokens,
        bound=surface.bound,
        user=_user(surface, agent),
        limit=_limit(surface, agent),
    )


def _issuer(held: Callable[[], str]) -> IssuerFromOutside:
    """Who signed the held token."""
    return IssuerFromOutside(lambda: str(header_of(held()).get("kid")), lambda: _public_keys(held()), Missing)


def _user(surface: Surface, first: str) -> UserKit | None:
    """The end user's side; None in a system that binds nothing to users. Raises ValueError."""
    if not surface.bound:
        return None
    agent, tool = next(_callers(surface, first, surface.bound & surface.reading), (first, None))
    argument, claim = next(
        (argument, str(rule["claim"]))
        for argument, rule in surface.rules[tool or min(surface.bound)].items()
        if "claim" in rule
    )

    def held() -> str:
        if surface.user_token is None:
            raise Missing("an end user's token")
        return surface.user_token

    own = surface.user_claims.get(claim)
    if surface.user_token is not None and not (isinstance(own, str) and own):
        raise ValueError(f"what was given as the user's token has no text in its claim {claim}")
    return UserKit(_issuer(held), claim, ANOTHER, agent, tool, argument, held=surface.user_token)


def _limit(surface: Surface, first: str) -> Limit | None:
    """A tool with a limit to go beyond."""
    found = {
        tool: (argument, rule["min"], rule["max"])
        for tool, rules in surface.rules.items()
        for argument, rule in rules.items()
        if rule.keys() >= {"min", "max"}
    }
    for agent, tool in _callers(surface, first, found.keys() & (surface.reading | surface.fetching)):
        if (agent, tool) not in surface.relaxed:
            return Limit(agent, tool, *found[tool])
    return None


def _callers(surface: Surface, first: str, tools: Set[str]) -> Iterator[tuple[str, str]]:
    """Who may call which of these tools: those who hold a token before others, the attacker before all."""
    for agent in sorted(surface.badges, key=lambda agent: (agent not in surface.tokens, agent != first)):
        for tool in sorted(tools & surface.grants.get(agent, frozenset())):
            yield agent, tool


Roles = tuple[str, str | None, str | None, str | None]


def _roles(surface: Surface, arguments: Mapping[str, Mapping[str, Any]]) -> Roles:
    """Who attacks whom: the first choice that leaves least out.

    The granted tool should only read, and take a text: then a breach executes it and the canary is in it.
    """
    # Without a user's token a bound tool is refused for want of it, whatever else is wrong.
    ready = frozenset(arguments) - (surface.bound if surface.user_token is None else frozenset())
    best: tuple[int, Roles] | None = None
    for agent in surface.badges:
        own = surface.grants.get(agent, frozenset())
        others = [other for other in surface.badges if other != agent]
        denied = (surface.reading - surface.bound - own, surface.reading - own, set(arguments) - own)
        for may in [*sorted(own & surface.reading & ready), None]:
            for may_not in [*(tool for tools in denied for tool in sorted(tools)), None]:
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
                    32 * (agent in surface.tokens)
                    + 16 * (may is not None)
                    + 8 * (may is not None and CANARY in arguments[may].values())
                    + 4 * (may_not is not None)
                    + 2 * (may_not in ready)
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
