"""Credential providers of AgentCore Identity, and the external origins they are for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from localcloud.assembly import physical, pools, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import OAuthProvider

PROVIDER = "AWS::BedrockAgentCore::OAuth2CredentialProvider"
_AUTHENTICATION = ("CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST")


def oauth_providers(scope: StageScope) -> tuple[OAuthProvider, ...]:
    """The credential providers of AgentCore Identity."""
    return tuple(_provider(scope, resource) for resource in scope.resources(PROVIDER))


def _provider(scope: StageScope, resource: Resource) -> OAuthProvider:
    where = f"{resource.where}.Oauth2ProviderConfigInput"
    custom = _custom(resource, where)
    read.known(
        custom,
        (
            "ClientAuthenticationMethod",
            "ClientId",
            "ClientSecret",
            "ClientSecretConfig",
            "ClientSecretSource",
            "OauthDiscovery",
        ),
        where,
    )
    agent, provider = resource.note("Agent"), resource.note("Provider")
    if bool(agent) == bool(provider):
        raise InvalidTemplate(f"{resource.where}: Metadata.Airside must name an Agent or a Provider.")
    return OAuthProvider(
        name=resource.text("Name"),
        arn=physical.provider_arn(resource),
        token_url=_token_url(scope, read.mapping(custom.get("OauthDiscovery"), where), provider, where),
        client_id=read.text(custom.get("ClientId"), f"{where}.ClientId"),
        client_secret=_secret(scope, custom, where),
        agent=agent,
        provider=provider,
        client_auth=read.one_of(
            custom.get("ClientAuthenticationMethod", _AUTHENTICATION[0]), _AUTHENTICATION, where
        ),
    )


def _custom(resource: Resource, where: str) -> Mapping[str, Any]:
    config = read.mapping(resource.get("Oauth2ProviderConfigInput"), where)
    if set(config) != {"CustomOauth2ProviderConfig"}:
        raise UnsupportedProperty(
            f"{where}: only CustomOauth2ProviderConfig has a local stand-in, found {sorted(config)}."
        )
    return read.mapping(config["CustomOauth2ProviderConfig"], where)


def _secret(scope: StageScope, custom: Mapping[str, Any], where: str) -> str:
    """A client secret, given or in a secret of the operator's; what is wrong with it is told without it."""
    source = read.one_of(
        custom.get("ClientSecretSource", "MANAGED"), ("MANAGED", "EXTERNAL"), f"{where}.ClientSecretSource"
    )
    key = "ClientSecret" if source == "MANAGED" else "ClientSecretConfig"
    if {"ClientSecret", "ClientSecretConfig"} & custom.keys() != {key}:
        raise InvalidTemplate(f"{where}: a secret that is {source} takes {key}, and nothing else.")
    if source == "EXTERNAL":
        reference = read.mapping(custom[key], f"{where}.{key}")
        read.known(reference, ("JsonKey", "SecretId"), f"{where}.{key}")
        return scope.secret(
            read.text(reference.get("SecretId"), f"{where}.{key}.SecretId"),
            read.text(reference.get("JsonKey"), f"{where}.{key}.JsonKey"),
        )
    value = custom[key]
    if not isinstance(value, str) or not value:
        raise InvalidTemplate(f"{where}.ClientSecret: must be a text.")
    return value


def _token_url(scope: StageScope, discovery: Mapping[str, Any], provider: str | None, where: str) -> str:
    if "DiscoveryUrl" in discovery:
        if discovery["DiscoveryUrl"] != f"{pools.agents(scope).issuer}/.well-known/openid-configuration":
            raise UnsupportedProperty(
                f"{where}: {discovery['DiscoveryUrl']} is not the stage's own pool of agents."
            )
        return f"{scope.addresses.issuer}/oauth2/token"
    metadata = read.mapping(discovery.get("AuthorizationServerMetadata"), where)
    endpoint = _url(metadata.get("TokenEndpoint"), f"{where}.TokenEndpoint")
    return _local(scope, provider, where) + endpoint.path


def _local(scope: StageScope, provider: str | None, where: str) -> str:
    """Where a provider's stand-in listens."""
    stand_ins = scope.addresses.providers
    if provider not in stand_ins:
        there = ", ".join(sorted(stand_ins)) or "none"
        raise UnsupportedProperty(
            f"{where}: the provider {provider!r} has no stand-in (there: {there}). "
            f"Write providers/{provider}.py in the system's folder; nothing leaves this machine."
        )
    return stand_ins[str(provider)]


def hosts(scope: StageScope) -> dict[str, str]:
    """External origins that a stand-in answers for, from the token endpoints of outbound providers."""
    found: dict[str, str] = {}
    for resource in scope.resources(PROVIDER):
        provider = resource.note("Provider")
        if not provider:
            continue
        where = f"{resource.where}.Oauth2ProviderConfigInput"
        discovery = read.mapping(_custom(resource, where).get("OauthDiscovery"), where)
        metadata = read.mapping(discovery.get("AuthorizationServerMetadata", {}), where)
        for key in ("Issuer", "TokenEndpoint"):
            if key in metadata:
                parts = _url(metadata[key], f"{where}.{key}")
                found[f"{parts.scheme}://{parts.netloc}"] = _local(scope, provider, where)
    return found


def _url(value: Any, where: str) -> SplitResult:
    try:
        parts = urlsplit(read.text(value, where))
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme != "https" or not parts.netloc:
        raise InvalidTemplate(f"{where}: expected an https URL, found {value!r}.")
    return parts
