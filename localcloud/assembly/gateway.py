"""The gateway: authorizer, interceptors, policies and targets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.authorizer import custom_jwt
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import (
    CedarPolicy,
    Gateway,
    Interceptor,
    JwtAuthorizer,
    OAuthCredential,
    Target,
    ToolSpec,
)


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
            _interceptor(item, where) for item in resource.get("InterceptorConfigurations") or []
        ),
        policy_mode=None if engine is None else str(engine.get("Mode")),
        policies=_policies(scope, engine),
        targets=tuple(
            _target(target, resource) for target in scope.resources("AWS::BedrockAgentCore::GatewayTarget")
        ),
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
    function = read.mapping(read.mapping(item.get("Interceptor"), place).get("Lambda"), place)
    config = read.mapping(item.get("InputConfiguration") or {}, place)
    read.known(config, ("PassRequestHeaders",), f"{place}.InputConfiguration")
    return Interceptor(
        function_arn=str(function.get("Arn")),
        points=read.texts(item.get("InterceptionPoints"), place),
        pass_request_headers=config.get("PassRequestHeaders") is True,
    )


def _policies(scope: StageScope, engine: Any) -> tuple[CedarPolicy, ...]:
    """The policies of the gateway's engine; those of another engine do not count."""
    if engine is None:
        return ()
    ids = {
        physical.engine_id(resource)
        for resource in scope.resources("AWS::BedrockAgentCore::PolicyEngine")
        if physical.engine_arn(resource) == engine.get("Arn")
    }
    found = []
    for resource in scope.resources("AWS::BedrockAgentCore::Policy"):
        if resource.get("PolicyEngineId") not in ids:
            continue
        definition = read.mapping(resource.get("Definition"), f"{resource.where}.Definition")
        statement = (definition.get("Cedar") or {}).get("Statement")
        if not isinstance(statement, str):
            raise UnsupportedProperty(
                f"{resource.where}.Definition: only Cedar statements have a local stand-in."
            )
        found.append(
            CedarPolicy(
                name=physical.policy_id(resource),
                statement=statement,
                mode=str(resource.get("EnforcementMode") or "ACTIVE"),
            )
        )
    return tuple(found)


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
            function_arn=str(target.get("LambdaArn")),
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


def _inline(schema: Mapping[str, Any], where: str) -> list[Any]:
    payload = schema.get("InlinePayload")
    if not isinstance(payload, list):
        raise UnsupportedProperty(f"{where}.ToolSchema: only InlinePayload is read locally.")
    return payload


def _tool(item: Mapping[str, Any], where: str) -> ToolSpec:
    output = item.get("OutputSchema")
    return ToolSpec(
        name=str(item["Name"]),
        description=str(item["Description"]),
        input_schema=_schema(read.mapping(item.get("InputSchema"), where), where),
        output_schema=None if output is None else _schema(output, where),
    )


def _schema(node: Mapping[str, Any], where: str) -> dict[str, Any]:
    """CloudFormation's SchemaDefinition in the words of JSON Schema."""
    read.known(node, ("Type", "Properties", "Required", "Items", "Description"), where)
    schema: dict[str, Any] = {"type": node.get("Type")}
    if "Description" in node:
        schema["description"] = node["Description"]
    if "Properties" in node:
        schema["properties"] = {name: _schema(value, where) for name, value in node["Properties"].items()}
    if "Required" in node:
        schema["required"] = list(node["Required"])
    if "Items" in node:
        schema["items"] = _schema(node["Items"], where)
    return schema


def _document(source: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    payload = source.get("InlinePayload")
    if not isinstance(payload, str):
        raise UnsupportedProperty(f"{where}.OpenApiSchema: only InlinePayload is read locally.")
    try:
        return read.mapping(json.loads(payload), where)
    except ValueError as error:
        raise InvalidTemplate(f"{where}.OpenApiSchema.InlinePayload: is not JSON ({error}).") from None


def _credential(resource: Resource) -> OAuthCredential | None:
    where = f"{resource.where}.CredentialProviderConfigurations"
    configurations = resource.get("CredentialProviderConfigurations") or []
    if not configurations:
        return None
    if len(configurations) > 1 or configurations[0].get("CredentialProviderType") != "OAUTH":
        raise UnsupportedProperty(
            f"{where}: only one OAUTH provider has a local stand-in for an OpenAPI target."
        )
    oauth = read.mapping(configurations[0]["CredentialProvider"].get("OauthCredentialProvider"), where)
    if oauth.get("GrantType", "CLIENT_CREDENTIALS") != "CLIENT_CREDENTIALS":
        raise UnsupportedProperty(f"{where}: the grant type {oauth['GrantType']!r} has no local stand-in.")
    return OAuthCredential(
        provider_arn=str(oauth["ProviderArn"]), scopes=read.texts(oauth.get("Scopes"), where)
    )
