"""The gateway: authorizer, interceptors, policies and targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.assembly import physical, policies, rate_limits, read, targets
from localcloud.assembly.authorizer import custom_jwt
from localcloud.assembly.errors import UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Gateway, Interceptor, JwtAuthorizer

_MODES = ("ENFORCE", "LOG_ONLY")


def read_gateway(scope: StageScope) -> Gateway:
    """The stage's one gateway with everything attached to it."""
    resource = read.only(scope, "AWS::BedrockAgentCore::Gateway")
    where = resource.where
    protocol = read.mapping(
        resource.get("ProtocolConfiguration") or {"Mcp": {}}, f"{where}.ProtocolConfiguration"
    )
    mcp = read.mapping(protocol.get("Mcp"), f"{where}.ProtocolConfiguration.Mcp")
    read.known(mcp, ("Instructions", "SearchType", "SupportedVersions"), f"{where}.ProtocolConfiguration.Mcp")
    if resource.get("ProtocolType") not in (None, "MCP"):
        raise UnsupportedProperty(f"{where}.ProtocolType: only MCP has a local stand-in.")
    engine = resource.get("PolicyEngineConfiguration")
    if engine is not None:
        engine = read.mapping(engine, f"{where}.PolicyEngineConfiguration")
        read.known(engine, ("Arn", "Mode"), f"{where}.PolicyEngineConfiguration")
    engine_resource = None if engine is None else policies.engine(scope, engine)
    if mcp.get("SearchType") not in (None, "SEMANTIC"):
        raise UnsupportedProperty(f"{where}.SearchType: only SEMANTIC has a local stand-in.")
    return Gateway(
        gateway_id=physical.gateway_id(resource),
        arn=physical.gateway_arn(resource),
        name=resource.text("Name"),
        url=physical.gateway_url(resource),
        authorizer=_authorizer(resource),
        versions=read.texts(mcp.get("SupportedVersions"), f"{where}.SupportedVersions") or ("2025-03-26",),
        semantic_search=mcp.get("SearchType") == "SEMANTIC",
        debug_exceptions=resource.get("ExceptionLevel") == "DEBUG",
        instructions=str(mcp.get("Instructions") or ""),
        interceptors=tuple(
            _interceptor(item, where)
            for item in read.items(
                resource.get("InterceptorConfigurations"), f"{where}.InterceptorConfigurations"
            )
        ),
        policy_mode=None if engine is None else read.one_of(engine.get("Mode"), _MODES, f"{where}.Mode"),
        policies=() if engine_resource is None else policies.of_engine(scope, engine_resource),
        engine_id="" if engine_resource is None else physical.engine_id(engine_resource),
        engine_arn="" if engine is None else str(engine.get("Arn")),
        targets=targets.read_targets(scope, resource),
        rate_limits=rate_limits.rate_limits(scope, resource),
    )


def _authorizer(resource: Resource) -> JwtAuthorizer:
    where = f"{resource.where}.AuthorizerConfiguration"
    kind = resource.get("AuthorizerType")
    if kind != "CUSTOM_JWT":
        raise UnsupportedProperty(
            f"{resource.where}.AuthorizerType: {kind!r} has no local stand-in; use CUSTOM_JWT."
        )
    return custom_jwt(resource.get("AuthorizerConfiguration"), where)


def _interceptor(item: Mapping[str, Any], where: str) -> Interceptor:
    place = f"{where}.InterceptorConfigurations"
    read.known(item, ("InputConfiguration", "InterceptionPoints", "Interceptor"), place)
    function = read.mapping(read.mapping(item.get("Interceptor"), place).get("Lambda"), place)
    config = read.mapping(item.get("InputConfiguration") or {}, place)
    read.known(config, ("PassRequestHeaders",), f"{place}.InputConfiguration")
    return Interceptor(
        function_arn=read.text(function.get("Arn"), f"{place}.Interceptor.Lambda.Arn"),
        points=read.texts(item.get("InterceptionPoints"), f"{place}.InterceptionPoints"),
        pass_request_headers=config.get("PassRequestHeaders") is True,
    )
