"""The gateway: authorizer, interceptors, policies and targets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.assembly import physical, policies, rate_limits, read
from localcloud.assembly.authorizer import custom_jwt
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import (
    Gateway,
    Interceptor,
    JwtAuthorizer,
    OAuthCredential,
    Target,
    ToolSpec,
)

_MODES = ("ENFORCE", "LOG_ONLY")
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
"""The types of a SchemaDefinition (AgentCore control plane API)."""


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
        targets=tuple(
            _target(target, resource) for target in scope.resources("AWS::BedrockAgentCore::GatewayTarget")
        ),
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


def _target(resource: Resource, gateway: Resource) -> Target:
    where = f"{resource.where}.TargetConfiguration"
    if resource.get("GatewayIdentifier") != physical.gateway_id(gateway):
        raise InvalidTemplate(f"{resource.where}.GatewayIdentifier: is not the stage's gateway.")
    configuration = read.mapping(resource.get("TargetConfiguration"), where)
    mcp = read.mapping(configuration.get("Mcp"), where)
    kind = next(iter(mcp), "")
    if set(mcp) == {"Lambda"}:
        target = read.mapping(mcp["Lambda"], where)
        _gateway_role(resource)
        schema = read.mapping(target.get("ToolSchema"), where)
        return Target(
            name=resource.text("Name"),
            target_id=physical.target_id(resource),
            kind="lambda",
            function_arn=read.text(target.get("LambdaArn"), f"{where}.LambdaArn"),
            tools=tuple(_tool(item, where) for item in _inline(schema, where)),
        )
    if set(mcp) == {"OpenApiSchema"}:
        return Target(
            name=resource.text("Name"),
            target_id=physical.target_id(resource),
            kind="openapi",
            document=_document(read.mapping(mcp["OpenApiSchema"], where), where),
            credential=_credential(resource),
        )
    raise UnsupportedProperty(
        f"{where}: a target of kind {kind} has no local stand-in. Known: Lambda, OpenApiSchema."
    )


def _gateway_role(resource: Resource) -> None:
    """A Lambda target is invoked with the gateway's own role and nothing else."""
    configurations = resource.get("CredentialProviderConfigurations")
    if configurations != [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}]:
        raise InvalidTemplate(
            f"{resource.where}.CredentialProviderConfigurations: a Lambda target takes GATEWAY_IAM_ROLE."
        )


def _inline(schema: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    if set(schema) != {"InlinePayload"}:
        raise UnsupportedProperty(f"{where}.ToolSchema: only InlinePayload is read locally.")
    return read.items(schema["InlinePayload"], f"{where}.ToolSchema.InlinePayload")


def _tool(item: Mapping[str, Any], where: str) -> ToolSpec:
    read.known(item, ("Description", "InputSchema", "Name", "OutputSchema"), where)
    name = read.text(item.get("Name"), f"{where}.Name")
    place = f"{where}.{name}"
    output = item.get("OutputSchema")
    return ToolSpec(
        name=name,
        description=read.text(item.get("Description"), f"{place}.Description"),
        input_schema=_schema(item.get("InputSchema"), f"{place}.InputSchema"),
        output_schema=None if output is None else _schema(output, f"{place}.OutputSchema"),
    )


def _schema(value: Any, where: str) -> dict[str, Any]:
    """CloudFormation's SchemaDefinition in the words of JSON Schema."""
    node = read.mapping(value, where)
    read.known(node, ("Type", "Properties", "Required", "Items", "Description"), where)
    schema: dict[str, Any] = {"type": read.one_of(node.get("Type"), _TYPES, f"{where}.Type")}
    if "Description" in node:
        schema["description"] = read.text(node["Description"], f"{where}.Description")
    if "Properties" in node:
        members = read.mapping(node["Properties"], f"{where}.Properties")
        schema["properties"] = {name: _schema(inner, f"{where}.{name}") for name, inner in members.items()}
    if "Required" in node:
        schema["required"] = list(read.texts(node["Required"], f"{where}.Required"))
    if "Items" in node:
        schema["items"] = _schema(node["Items"], f"{where}.Items")
    return schema


def _document(source: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    payload = source.get("InlinePayload")
    if not isinstance(payload, str):
        raise UnsupportedProperty(f"{where}.OpenApiSchema: only InlinePayload is read locally.")
    try:
        return read.mapping(json.loads(payload), where)
    except (ValueError, RecursionError) as error:
        raise InvalidTemplate(f"{where}.OpenApiSchema.InlinePayload: is not JSON ({error}).") from None


def _credential(resource: Resource) -> OAuthCredential | None:
    where = f"{resource.where}.CredentialProviderConfigurations"
    configurations = read.items(resource.get("CredentialProviderConfigurations"), where)
    if not configurations:
        return None
    if len(configurations) > 1 or configurations[0].get("CredentialProviderType") != "OAUTH":
        raise UnsupportedProperty(
            f"{where}: only one OAUTH provider has a local stand-in for an OpenAPI target."
        )
    credential = read.mapping(configurations[0].get("CredentialProvider"), where)
    oauth = read.mapping(credential.get("OauthCredentialProvider"), where)
    read.known(oauth, ("GrantType", "ProviderArn", "Scopes"), where)
    if oauth.get("GrantType", "CLIENT_CREDENTIALS") != "CLIENT_CREDENTIALS":
        raise UnsupportedProperty(f"{where}: the grant type {oauth['GrantType']!r} has no local stand-in.")
    return OAuthCredential(
        provider_arn=read.text(oauth.get("ProviderArn"), f"{where}.ProviderArn"),
        scopes=read.texts(oauth.get("Scopes"), f"{where}.Scopes"),
    )
