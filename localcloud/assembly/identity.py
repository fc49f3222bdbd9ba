"""Credential providers of AgentCore Identity, and the external origins they are for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from localcloud.assembly import physical, pools, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import OAuthProvider

PROVIDER = "AWS::BedrockAgentCore::OAuth2CredentialProvider"


def oauth_providers(scope: StageScope) -> tuple[OAuthProvider, ...]:
    """The credential providers of AgentCore Identity."""
    return tuple(_provider(scope, resource) for resource in scope.resources(PROVIDER))


def _provider(scope: StageScope, resource: Resource) -> OAuthProvider:
    where = f"{resource.where}.Oauth2ProviderConfigInput"
    config = read.mapping(resource.get("Oauth2ProviderConfigInput"), where)
    if set(config) != {"CustomOauth2ProviderConfig"}:
        raise UnsupportedProperty(
            f"{where}: only CustomOauth2ProviderConfig has a local stand-in, found {sorted(config)}."
        )
    custom = read.mapping(config["CustomOauth2ProviderConfig"], where)
    read.known(custom, ("ClientAuthenticationMethod", "ClientId", "ClientSecret", "OauthDiscovery"), where)
    agent, provider = resource.note("Agent"), resource.note("Provider")
    if bool(agent) == bool(provider):
        raise InvalidTemplate(f"{resource.where}: Metadata.Airside must name an Agent or a Provider.")
    return OAuthProvider(
        name=resource.text("Name"),
        arn=physical.provider_arn(resource),
        token_url=_token_url(scope, read.mapping(custom.get("OauthDiscovery"), where), provider, where),
        client_id=str(custom["ClientId"]),
        client_secret=str(custom["ClientSecret"]),
        agent=agent,
        provider=provider,
        client_auth=str(custom.get("ClientAuthenticationMethod", "CLIENT_SECRET_BASIC")),
    )


def _token_url(scope: StageScope, discovery: Mapping[str, Any], provider: str | None, where: str) -> str:
    if "DiscoveryUrl" in discovery:
        if discovery["DiscoveryUrl"] != f"{pools.agents(scope).issuer}/.well-known/openid-configuration":
            raise UnsupportedProperty(
                f"{where}: {discovery['DiscoveryUrl']} is not the stage's own pool of agents."
            )
        return f"{scope.addresses.issuer}/oauth2/token"
    endpoint = str(read.mapping(discovery.get("AuthorizationServerMetadata"), where).get("TokenEndpoint"))
    return _local(scope, provider, where) + urlsplit(endpoint).path


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
        config = read.mapping(resource.get("Oauth2ProviderConfigInput"), resource.where)
        metadata = config["CustomOauth2ProviderConfig"]["OauthDiscovery"].get(
            "AuthorizationServerMetadata", {}
        )
        for key in ("Issuer", "TokenEndpoint"):
            parts = urlsplit(str(metadata.get(key, "")))
            if parts.netloc:
                found[f"{parts.scheme}://{parts.netloc}"] = _local(scope, provider, resource.where)
    return found
