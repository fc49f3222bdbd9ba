"""The gateway's targets: what stands behind each tool and how the gateway shows who it is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Credential, KeyCredential, OAuthCredential, RoleCredential, Target, ToolSpec

TARGET = "AWS::BedrockAgentCore::GatewayTarget"
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
"""The types of a SchemaDefinition (AgentCore control plane API)."""

_AWS_ONLY = {
    "ApiGateway": ("api_gateway", "its REST API is Amazon API Gateway's, which alone knows what it takes"),
    "SmithyModel": ("smithy", "AWS resolves the service's address and signature from its model"),
    "Connector": ("connector", "what it connects to is AWS's own"),
}
_ADVICE = (
    "Run a system without these targets, or declare the same API as an openapi or mcp_server target with a "
    "stand-in in the system's providers/."
)
_PLACES = {"HEADER": "header", "QUERY_PARAMETER": "query"}


def check_kinds(scope: StageScope) -> None:
    """Refuses, all at once and by name, the targets of kinds that only AWS has. Raises UnsupportedProperty."""
    refused = [sentence for resource in scope.resources(TARGET) for sentence in _refused(resource)]
    if refused:
        raise UnsupportedProperty("\n".join([*refused, _ADVICE]))


def read_targets(scope: StageScope, gateway: Resource) -> tuple[Target, ...]:
    """Every target of the stage's gateway, of the kinds that have a stand-in. Raises AssemblyError."""
    return tuple(_target(resource, gateway) for resource in scope.resources(TARGET))


def _refused(resource: Resource) -> Iterator[str]:
    configuration = read.mapping(resource.get("TargetConfiguration"), _where(resource))
    mcp = configuration.get("Mcp")
    kinds = mcp if isinstance(mcp, dict) else configuration
    for word in kinds:
        if word not in _KINDS:
            kind, why = _AWS_ONLY.get(word, (word, "nothing here stands in for it"))
            name = resource.get("Name")
            yield f"{resource.where}: the target {name!r} is of kind {kind}, which runs on AWS only: {why}."


def _where(resource: Resource) -> str:
    return f"{resource.where}.TargetConfiguration"


def _target(resource: Resource, gateway: Resource) -> Target:
    where = _where(resource)
    if resource.get("GatewayIdentifier") != physical.gateway_id(gateway):
        raise InvalidTemplate(f"{resource.where}.GatewayIdentifier: is not the stage's gateway.")
    configuration = read.mapping(resource.get("TargetConfiguration"), where)
    mcp = read.mapping(configuration.get("Mcp"), where)
    if len(configuration) != 1 or len(mcp) != 1:
        raise InvalidTemplate(f"{where}: must name exactly one kind of target, found {sorted(mcp)}.")
    (kind,) = mcp
    return _KINDS[kind](resource, read.mapping(mcp[kind], f"{where}.{kind}"), f"{where}.{kind}")


def _lambda(resource: Resource, target: Mapping[str, Any], where: str) -> Target:
    configurations = resource.get("CredentialProviderConfigurations")
    if configurations != [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}]:
        raise InvalidTemplate(
            f"{resource.where}.CredentialProviderConfigurations: a Lambda target takes GATEWAY_IAM_ROLE."
        )
    schema = read.mapping(target.get("ToolSchema"), f"{where}.ToolSchema")
    if set(schema) != {"InlinePayload"}:
        raise UnsupportedProperty(f"{where}.ToolSchema: only InlinePayload is read locally.")
    inline = read.items(schema["InlinePayload"], f"{where}.ToolSchema.InlinePayload")
    return Target(
        name=resource.text("Name"),
        target_id=physical.target_id(resource),
        kind="lambda",
        function_arn=read.text(target.get("LambdaArn"), f"{where}.LambdaArn"),
        tools=tuple(_tool(item, where) for item in inline),
    )


def _openapi(resource: Resource, target: Mapping[str, Any], where: str) -> Target:
    return Target(
        name=resource.text("Name"),
        target_id=physical.target_id(resource),
        kind="openapi",
        document=_json(target, where),
        credential=_credential(resource),
    )


def _mcp_server(resource: Resource, target: Mapping[str, Any], where: str) -> Target:
    read.known(target, ("Endpoint", "ListingMode", "McpToolSchema"), where)
    if target.get("ListingMode", "DEFAULT") != "DEFAULT":
        raise UnsupportedProperty(
            f"{where}.ListingMode: only DEFAULT has a local stand-in; tools are pinned."
        )
    if "McpToolSchema" not in target:
        raise UnsupportedProperty(
            f"{where}.McpToolSchema: is missing, so the tools would be whatever the server lists. Pin them."
        )
    pinned = _json(read.mapping(target["McpToolSchema"], where), f"{where}.McpToolSchema")
    return Target(
        name=resource.text("Name"),
        target_id=physical.target_id(resource),
        kind="mcp_server",
        endpoint=read.text(target.get("Endpoint"), f"{where}.Endpoint"),
        tools=tuple(
            _pinned(item, f"{where}.McpToolSchema")
            for item in read.items(pinned.get("tools"), f"{where}.McpToolSchema.tools")
        ),
        credential=_credential(resource),
    )


_KINDS = {"Lambda": _lambda, "OpenApiSchema": _openapi, "McpServer": _mcp_server}


def _json(source: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    payload = source.get("InlinePayload")
    if set(source) != {"InlinePayload"} or not isinstance(payload, str):
        raise UnsupportedProperty(f"{where}: only an InlinePayload is read locally.")
    try:
        return read.mapping(json.loads(payload), f"{where}.InlinePayload")
    except (ValueError, RecursionError) as error:
        raise InvalidTemplate(f"{where}.InlinePayload: is not JSON ({error}).") from None


def _pinned(item: Mapping[str, Any], where: str) -> ToolSpec:
    """A tool as MCP writes it."""
    read.known(item, ("description", "inputSchema", "name", "outputSchema"), where)
    name = read.text(item.get("name"), f"{where}.name")
    output = item.get("outputSchema")
    return ToolSpec(
        name=name,
        description=read.text(item.get("description"), f"{where}.{name}.description"),
        input_schema=read.mapping(item.get("inputSchema"), f"{where}.{name}.inputSchema"),
        output_schema=None if output is None else read.mapping(output, f"{where}.{name}.outputSchema"),
    )


def _tool(item: Mapping[str, Any], where: str) -> ToolSpec:
    """A tool as CloudFormation writes it."""
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


def _credential(resource: Resource) -> Credential | None:
    where = f"{resource.where}.CredentialProviderConfigurations"
    configurations = read.items(resource.get("CredentialProviderConfigurations"), where)
    if not configurations:
        return None
    kind = configurations[0].get("CredentialProviderType")
    if len(configurations) > 1 or not isinstance(kind, str) or kind not in _CREDENTIALS:
        raise UnsupportedProperty(
            f"{where}: {kind!r} has no local stand-in; one of {', '.join(sorted(_CREDENTIALS))} has, and only one."
        )
    word, make = _CREDENTIALS[kind]
    provider = read.mapping(configurations[0].get("CredentialProvider"), f"{where}.CredentialProvider")
    return make(read.mapping(provider.get(word), f"{where}.{word}"), f"{where}.{word}")


def _oauth(given: Mapping[str, Any], where: str) -> OAuthCredential:
    read.known(given, ("GrantType", "ProviderArn", "Scopes"), where)
    if given.get("GrantType", "CLIENT_CREDENTIALS") != "CLIENT_CREDENTIALS":
        raise UnsupportedProperty(f"{where}: the grant type {given['GrantType']!r} has no local stand-in.")
    return OAuthCredential(
        provider_arn=read.text(given.get("ProviderArn"), f"{where}.ProviderArn"),
        scopes=read.texts(given.get("Scopes"), f"{where}.Scopes"),
    )


def _key(given: Mapping[str, Any], where: str) -> KeyCredential:
    known = ("CredentialLocation", "CredentialParameterName", "CredentialPrefix", "ProviderArn")
    read.known(given, known, where)
    prefix = given.get("CredentialPrefix")
    return KeyCredential(
        provider_arn=read.text(given.get("ProviderArn"), f"{where}.ProviderArn"),
        # The service has defaults for both, which no document states: they must be written out.
        place=_PLACES[read.one_of(given.get("CredentialLocation"), _PLACES, f"{where}.CredentialLocation")],
        name=read.text(given.get("CredentialParameterName"), f"{where}.CredentialParameterName"),
        prefix="" if prefix is None else read.text(prefix, f"{where}.CredentialPrefix"),
    )


def _role(given: Mapping[str, Any], where: str) -> RoleCredential:
    read.known(given, ("Service",), where)
    return RoleCredential(service=read.text(given.get("Service"), f"{where}.Service"))


_CREDENTIALS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], str], Credential]]] = {
    "OAUTH": ("OauthCredentialProvider", _oauth),
    "API_KEY": ("ApiKeyCredentialProvider", _key),
    "GATEWAY_IAM_ROLE": ("IamCredentialProvider", _role),
}
