"""The matrix: for every caller a gateway may know and every tool, what each of the three layers decides.

Sparse, and filled policy by policy: two hundred agents and two thousand tools are four hundred thousand cells, of
which few are not denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from review.cedar import interception
from review.cedar.expressions import Principal
from review.cedar.policies import EVERYTHING, Parsed
from review.collect.reading import Reading
from review.effect import Effect, every
from review.gates import NOWHERE
from review.model import Cell, Client, Gateway, Layer, Tool
from review.said import Said
from review.stage import Place, Resource

_ALL_CALLS = "CallTool"
DENIED = Layer(Effect.DENY)


@dataclass(frozen=True)
class Subject:
    """Somebody who may call a gateway: an agent by its client, a client of nobody, or whoever comes."""

    name: str
    principal: Principal
    scopes: tuple[str, ...]
    authorizer: Layer


def matrix(
    reading: Reading,
    gateways: Sequence[Gateway],
    clients: Sequence[Client],
    tools: Sequence[Tool],
    policies: Sequence[Parsed],
) -> tuple[Cell, ...]:
    """The cells that not every layer denies, sorted. See `Cell`."""
    cells: list[Cell] = []
    resources = {
        reading.names.bare(each): each for each in reading.stage.of_type("AWS::BedrockAgentCore::Gateway")
    }
    references = {
        reading.names.bare(each): each for each in reading.stage.of_type("AWS::Cognito::UserPoolClient")
    }
    for gateway in gateways:
        own = [tool for tool in tools if tool.gateway == gateway.id]
        arn = resources[gateway.id].attribute("GatewayArn")
        engine = [parsed for parsed in policies if parsed.policy.engine == gateway.engine]
        groups = _groups(own)
        guard = interception.guard(reading, resources[gateway.id], gateway)
        for subject in _subjects(gateway, clients, references):
            if subject.authorizer.effect is Effect.DENY:
                continue
            decided = _policy_layer(gateway, engine, subject, arn, own, groups)
            guarded = guard(subject.scopes, own)
            for tool in own:
                interceptor, policy = guarded.get(tool.name, DENIED), decided.get(tool.name, DENIED)
                certain = interceptor.effect is not Effect.DENY and guard.reads_policy
                if policy.effect is Effect.DENY and not certain:
                    continue
                effect = every((subject.authorizer.effect, interceptor.effect, policy.effect))
                cells.append(
                    Cell(subject.name, gateway.id, tool.name, subject.authorizer, interceptor, policy, effect)
                )
    return tuple(sorted(cells, key=lambda cell: cell.key))


def _groups(tools: Iterable[Tool]) -> Mapping[str, list[str]]:
    """action → the tools it stands for: the tool itself, its target's, or all of them."""
    groups: dict[str, list[str]] = {EVERYTHING: [], _ALL_CALLS: []}
    for tool in tools:
        for group in (tool.name, tool.target, EVERYTHING, _ALL_CALLS):
            groups.setdefault(group, []).append(tool.name)
    return groups


def _subjects(
    gateway: Gateway, clients: Sequence[Client], references: Mapping[str, Resource]
) -> Iterable[Subject]:
    authorizer = gateway.authorizer
    if authorizer.type != "CUSTOM_JWT":
        effect = Effect.ALLOW if authorizer.type == "NONE" else Effect.CONDITIONAL
        because = {
            "NONE": Said("asks_nobody"),
            "AWS_IAM": Said("whom_iam_allows"),
            "AUTHENTICATE_ONLY": Said("any_valid_token"),
        }.get(authorizer.type, Said("other_authorizer", type=authorizer.type))
        yield Subject("anyone", Principal(None), (), Layer(effect, because=because, place=gateway.place))
        return
    if authorizer.discovery is None or not authorizer.discovery.startswith("pool:"):
        layer = Layer(
            Effect.CONDITIONAL,
            conditions=(Said("is_issuer", issuer=str(authorizer.discovery)),),
            because=Said("foreign_issuer", issuer=str(authorizer.discovery)),
            place=gateway.place,
        )
        yield Subject(f"issuer:{authorizer.discovery}", Principal(None), authorizer.scopes, layer)
        return
    for client in clients:
        token = references[client.id].reference
        # A token holds the scopes its client asked for: one badge is known, of several any one may be.
        tags: dict[str, Any] = {"client_id": token}
        machine = set(client.flows) == {"client_credentials"}
        if machine:
            tags["sub"] = token
            if len(client.scopes) == 1:
                tags["scope"] = client.scopes[0]
        absent = frozenset({"username", "cognito:groups"}) if machine else frozenset[str]()
        yield Subject(
            client.agent or f"client:{client.id}",
            Principal(token if machine else None, tags, absent),
            client.scopes,
            _authorizer_layer(gateway, client),
        )


def _authorizer_layer(gateway: Gateway, client: Client) -> Layer:
    authorizer = gateway.authorizer
    at: Place = gateway.place
    if authorizer.discovery != f"pool:{client.pool}":
        return Layer(Effect.DENY, because=Said("of_another_pool", client=client.id), place=at)
    if authorizer.clients and client.id not in authorizer.clients:
        return Layer(Effect.DENY, because=Said("not_among_clients", client=client.id), place=at)
    if authorizer.scopes and not set(authorizer.scopes) & set(client.scopes):
        return Layer(Effect.DENY, because=Said("none_of_scopes", client=client.id), place=at)
    if authorizer.audience:
        return Layer(Effect.DENY, because=Said("no_audience"), place=at)
    because = Said("client_of_any_scope", client=client.id)
    if client.scopes:
        because = Said("client_with_scope", client=client.id, scopes=" or ".join(client.scopes))
    effect = Effect.CONDITIONAL if authorizer.claims else Effect.ALLOW
    return Layer(effect, authorizer.claims, because, at)


def _policy_layer(
    gateway: Gateway,
    policies: Sequence[Parsed],
    subject: Subject,
    arn: str,
    tools: Sequence[Tool],
    groups: Mapping[str, list[str]],
) -> Mapping[str, Layer]:
    """tool → what the policy engine says; a tool that is not there is denied."""
    if gateway.engine is None or gateway.engine_mode != "ENFORCE":
        because = Said("no_engine")
        if gateway.engine is not None:
            because = Said("engine_decides_nothing", mode=str(gateway.engine_mode))
        layer = Layer(Effect.ALLOW, because=because, place=gateway.place)
        return {tool.name: layer for tool in tools}
    permitted: dict[str, Layer] = {}
    forbidden: dict[str, Layer] = {}
    for parsed in policies:
        if parsed.policy.enforcement != "ACTIVE":
            continue
        match = parsed.matches(subject.principal, arn)
        if match is False:
            continue
        layer = Layer(
            Effect.ALLOW if match else Effect.CONDITIONAL,
            () if match else parsed.policy.conditions,
            parsed.policy.name,
            parsed.policy.place,
        )
        into = permitted if parsed.policy.effect == "permit" else forbidden
        for action in parsed.policy.actions:
            for tool in groups.get(action, ()):
                known = into.get(tool)
                into[tool] = layer if known is None else _wider(known, layer)
    found = {}
    for tool, layer in permitted.items():
        stop = forbidden.get(tool)
        layer = replace(layer, because=Said("permitted_by", policies=layer.because))
        if stop is None:
            found[tool] = layer
        elif stop.effect is Effect.CONDITIONAL:
            conditions = (*layer.conditions, *(f"not: {each}" for each in stop.conditions or (stop.because,)))
            found[tool] = replace(layer, effect=Effect.CONDITIONAL, conditions=tuple(sorted(conditions)))
        else:
            found[tool] = Layer(
                Effect.DENY, because=Said("forbidden_by", policies=stop.because), place=stop.place
            )
    return found


def _wider(one: Layer, other: Layer) -> Layer:
    """Two policies beside each other: the wider one; two conditional ones are an `or`."""
    if one.effect is not other.effect:
        return max(one, other, key=lambda layer: layer.effect.width)
    if one.effect is Effect.ALLOW:
        return one
    either = sorted({" and ".join(one.conditions) or "always", " and ".join(other.conditions) or "always"})
    return Layer(one.effect, (" or ".join(either),), f"{one.because}, {other.because}", one.place or NOWHERE)
