"""The gateway's rate limits (contracts §4). What could be counted otherwise than on AWS is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import RateLimit, RateLimitEntry

KIND = "AWS::BedrockAgentCore::GatewayRateLimit"
MAX_LIMITS = 50
MAX_ENTRIES = 1_000
_SECONDS = {"second": 1, "minute": 60}
_KEY = re.compile(r"toolName|\$\.context\.jwt\.[A-Za-z_][A-Za-z0-9_-]*")
"""Dimensions with a value here: the tool of a call, and a claim that is no path into another one."""


def rate_limits(scope: StageScope, gateway: Resource) -> tuple[RateLimit, ...]:
    """All limits of the stage's gateway. Raises AssemblyError."""
    resources = list(scope.resources(KIND))
    if len(resources) > MAX_LIMITS:
        raise InvalidTemplate(
            f"{gateway.where}: has {len(resources)} rate limits; a gateway takes {MAX_LIMITS}."
        )
    found: dict[frozenset[str], RateLimit] = {}
    for resource in resources:
        if resource.get("GatewayIdentifier") != physical.gateway_id(gateway):
            raise InvalidTemplate(f"{resource.where}.GatewayIdentifier: is not the stage's gateway.")
        limit = _limit(resource)
        if frozenset(limit.keys) in found:
            raise InvalidTemplate(
                f"{resource.where}.DimensionKeys: {', '.join(limit.keys)} stand in another limit too."
            )
        found[frozenset(limit.keys)] = limit
    return tuple(found.values())


def _limit(resource: Resource) -> RateLimit:
    where = resource.where
    keys = read.texts(resource.get("DimensionKeys"), f"{where}.DimensionKeys")
    if not keys or len(set(keys)) != len(keys):
        raise InvalidTemplate(f"{where}.DimensionKeys: expected dimensions, each once, found {list(keys)}.")
    for key in keys:
        if not _KEY.fullmatch(key):
            raise UnsupportedProperty(
                f"{where}.DimensionKeys: {key} has no value here; toolName and $.context.jwt.<claim> have one."
            )
    entries = read.items(resource.get("Entries"), f"{where}.Entries")
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise InvalidTemplate(f"{where}.Entries: expected 1 to {MAX_ENTRIES}, found {len(entries)}.")
    made = [
        _entry(entry, keys, f"{where}.Entries[{position}]", physical.rate_limit_id(resource))
        for position, entry in enumerate(entries)
    ]
    if len({entry.values for entry in made}) != len(made):
        raise InvalidTemplate(f"{where}.Entries: two entries are for the same values.")
    return RateLimit(physical.rate_limit_id(resource), keys, tuple(made))


def _entry(entry: Mapping[str, Any], keys: tuple[str, ...], where: str, name: str) -> RateLimitEntry:
    read.known(entry, ("Dimensions", "Requests"), where)
    dimensions = read.mapping(entry.get("Dimensions"), f"{where}.Dimensions")
    if set(dimensions) != set(keys):
        raise InvalidTemplate(
            f"{where}.Dimensions: must be those of the limit {name}, found {sorted(dimensions)}."
        )
    values = tuple(read.text(dimensions[key], f"{where}.Dimensions.{key}") for key in keys)
    wild = [value == "*" for value in values]
    if sorted(wild) != wild:
        raise InvalidTemplate(f"{where}.Dimensions: after a * there may only be others.")
    requests = read.items(entry.get("Requests"), f"{where}.Requests")
    if len(requests) != 1:
        raise InvalidTemplate(f"{where}.Requests: expected one rate, found {len(requests)}.")
    period = read.one_of(requests[0].get("Period"), tuple(_SECONDS), f"{where}.Requests.Period")
    rate = read.number(requests[0].get("Rate"), f"{where}.Requests.Rate")
    if not 0 <= rate <= 10_000_000 or rate != requests[0].get("Rate"):
        raise UnsupportedProperty(
            f"{where}.Requests.Rate: only whole numbers up to 10,000,000 are counted here."
        )
    return RateLimitEntry(values, rate, _SECONDS[period])
