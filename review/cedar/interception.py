"""What the REQUEST interceptor of a gateway decides: known code obeys its policy, of other code nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from review.collect import interceptors
from review.collect.reading import Reading
from review.effect import Effect
from review.errors import Unreadable
from review.model import Gateway, Layer, Tool
from review.said import Said
from review.stage import Place, Resource


class Guard:
    """The layer for a caller's scopes and some tools. `reads_policy` if it was decided by a policy file."""

    def __init__(
        self, decide: Callable[[Sequence[str], Sequence[Tool]], Mapping[str, Layer]], *, reads_policy: bool
    ) -> None:
        self._decide = decide
        self.reads_policy = reads_policy

    def __call__(self, scopes: Sequence[str], tools: Sequence[Tool]) -> Mapping[str, Layer]:
        return self._decide(scopes, tools)


def guard(reading: Reading, resource: Resource, gateway: Gateway) -> Guard:
    """The guard of a gateway. Raises Unreadable where known code has no policy that can be read."""
    found = [each for each in gateway.interceptors if "REQUEST" in each.points]
    if not found:
        return _same(Layer(Effect.ALLOW, because=Said("no_interceptor"), place=gateway.place))
    interceptor = found[0]
    if not interceptor.ours:
        because = Said("foreign_interceptor", function=interceptor.function)
        return _same(Layer(Effect.UNKNOWN, because=because, place=interceptor.place))
    policy = _policy(reading, resource, interceptor.function)

    def decide(scopes: Sequence[str], tools: Sequence[Tool]) -> Mapping[str, Layer]:
        badges = [scope for scope in scopes if scope in policy["badges"]]
        # The interceptor takes a token with exactly one badge; a client of several may ask for any one.
        layers: dict[str, Layer] = {}
        for badge in badges:
            granted = policy["grants"].get(policy["badges"][badge], {})
            for tool in tools:
                if tool.name in granted:
                    layers[tool.name] = _granted(granted[tool.name], policy["arguments"].get(tool.name, {}))
        return layers

    return Guard(decide, reads_policy=True)


def _same(layer: Layer) -> Guard:
    return Guard(lambda _, tools: {tool.name: layer for tool in tools}, reads_policy=False)


def _policy(reading: Reading, gateway: Resource, name: str) -> Mapping[str, Any]:
    function = next(
        (each for each in reading.stage.of_type("AWS::Lambda::Function") if reading.names.bare(each) == name),
        None,
    )
    policy = interceptors.policy_of(reading, function)
    members = ("badges", "grants", "arguments")
    if policy is None or not all(isinstance(policy.get(member), Mapping) for member in members):
        raise Unreadable(f"{gateway.place()}: the interceptor {name} has no policy that can be read.")
    if not all(isinstance(granted, Mapping) for granted in policy["grants"].values()):
        raise Unreadable(f"{gateway.place()}: the grants of the interceptor {name} cannot be read.")
    return policy


def _granted(grant: Any, rules: Any) -> Layer:
    """A grant is the line of the declaration, or a table with it as `source`, perhaps in shadow."""
    source = (
        grant
        if isinstance(grant, str)
        else str(grant.get("source", ""))
        if isinstance(grant, Mapping)
        else ""
    )
    shadow = grant.get("shadow") if isinstance(grant, Mapping) else None
    conditions = tuple(
        sorted(
            said
            for argument, rule in (rules.items() if isinstance(rules, Mapping) else ())
            if isinstance(rule, Mapping) and not _relaxed(rule, shadow)
            for said in _said(str(argument), rule)
        )
    )
    effect = Effect.CONDITIONAL if conditions else Effect.ALLOW
    return Layer(effect, conditions, Said("granted"), Place(interceptors.POLICY_FILE, declared=source))


def _relaxed(rule: Mapping[str, Any], shadow: Any) -> bool:
    """A shadowed grant only logs violations of rules, but never of those about the end user."""
    kind = shadow.get("would_refuse") if isinstance(shadow, Mapping) else shadow
    return kind == "arguments" and "user" not in rule


def _said(argument: str, rule: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for key, value in sorted(rule.items()):
        if key == "user":
            words.append(Said("is_users", argument=argument, claim=str(value)))
        elif key == "equals":
            words.append(Said("is", argument=argument, value=repr(value)))
        elif key == "one_of":
            words.append(Said("is_one_of", argument=argument, values=", ".join(map(repr, value))))
        elif key == "min":
            words.append(Said("at_least", argument=argument, value=str(value)))
        elif key == "max":
            words.append(Said("at_most", argument=argument, value=str(value)))
        elif key != "source":
            words.append(f"{argument} {key} {value!r}")
    return words
