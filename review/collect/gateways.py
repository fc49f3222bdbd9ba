"""Gateways, their interceptors and their rate limits. Source: AWS::BedrockAgentCore::Gateway and GatewayRateLimit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.collect import interceptors
from review.collect.authorizers import authorizer
from review.collect.reading import Reading
from review.model import Gateway, Interceptor, RateLimit
from review.stage import Resource


def gateways(reading: Reading) -> tuple[Gateway, ...]:
    found = [
        Gateway(
            id=reading.names.bare(gateway),
            # What is missing or not understood is the widest there is.
            authorizer=authorizer(reading, gateway, reading.text(gateway, "AuthorizerType") or "NONE"),
            engine=reading.bare(reading.get(gateway, "PolicyEngineConfiguration.Arn")),
            engine_mode=reading.text(gateway, "PolicyEngineConfiguration.Mode"),
            interceptors=_interceptors(reading, gateway),
            exception_level=reading.text(gateway, "ExceptionLevel"),
            versions=reading.texts(gateway, "ProtocolConfiguration.Mcp.SupportedVersions"),
            search=reading.text(gateway, "ProtocolConfiguration.Mcp.SearchType") is not None,
            role=reading.bare(gateway.properties.get("RoleArn")),
            kms_key=reading.name(gateway.properties.get("KmsKeyArn")),
            waf=_waf(reading, gateway),
            waf_failure_mode=reading.text(gateway, "WafConfiguration.FailureMode"),
            rate_limits=_rate_limits(reading, gateway),
            resource_policy=_resource_policy(reading, gateway),
            place=gateway.place(),
        )
        for gateway in reading.stage.of_type("AWS::BedrockAgentCore::Gateway")
    ]
    return tuple(sorted(found, key=lambda gateway: gateway.id))


def _interceptors(reading: Reading, gateway: Resource) -> tuple[Interceptor, ...]:
    found = []
    for path, given in reading.items(gateway, "InterceptorConfigurations"):
        listed = given.get("InterceptionPoints")
        points = tuple(sorted(str(point) for point in listed)) if isinstance(listed, list) else ()
        function = _member(given, "Interceptor", "Lambda", "Arn")
        passes = _member(given, "InputConfiguration", "PassRequestHeaders")
        found.append(interceptors.describe(reading, gateway, path, points, function, passes is True))
    return tuple(sorted(found, key=lambda each: (each.points, each.function)))


def _member(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _of_gateway(reading: Reading, resource: Resource, gateway: Resource, key: str) -> bool:
    return any(each is gateway for each in reading.stage.mentioned(resource.properties.get(key)))


def _waf(reading: Reading, gateway: Resource) -> str | None:
    for association in reading.stage.of_type("AWS::WAFv2::WebACLAssociation"):
        if _of_gateway(reading, association, gateway, "ResourceArn"):
            return reading.name(association.properties.get("WebACLArn"))
    return None


def _rate_limits(reading: Reading, gateway: Resource) -> tuple[RateLimit, ...]:
    found = []
    for limit in reading.stage.of_type("AWS::BedrockAgentCore::GatewayRateLimit"):
        if _of_gateway(reading, limit, gateway, "GatewayIdentifier"):
            entries = tuple(
                sorted(reading.names.stable(dict(entry)) for _, entry in reading.items(limit, "Entries"))
            )
            found.append(RateLimit(reading.texts(limit, "DimensionKeys"), entries))
    return tuple(sorted(found, key=lambda limit: limit.dimensions))


def _resource_policy(reading: Reading, gateway: Resource) -> str | None:
    found = sorted(
        reading.names.stable(policy.properties.get("Policy"))
        for policy in reading.stage.of_type("AWS::BedrockAgentCore::ResourcePolicy")
        if _of_gateway(reading, policy, gateway, "ResourceArn")
    )
    # There can be one only; which of two wins, nobody here knows.
    return " and ".join(found) or None
