"""User pool, app clients and credential providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import Client, OAuthProvider, UserPool

PROVIDER = "AWS::BedrockAgentCore::OAuth2CredentialProvider"
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_AUTHENTICATION = ("CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST")
_DEFAULT_TOKEN_SECONDS = 3600
"""Cognito's default validity of access tokens."""


def user_pool(scope: StageScope) -> UserPool:
    """The stage's user pool with the scopes of its resource servers and its clients."""
    pool = read.only(scope, "AWS::Cognito::UserPool")
    domain = read.only(scope, "AWS::Cognito::UserPoolDomain")
    return UserPool(
        pool_id=physical.pool_id(pool),
        issuer=physical.pool_url(pool),
        domain=domain.text("Domain"),
        scopes=tuple(
            f"{server.text('Identifier')}/{read.text(item.get('ScopeName'), server.where)}"
            for server in scope.resources("AWS::Cognito::UserPoolResourceServer")
            for item in read.items(server.get("Scopes"), f"{server.where}.Scopes")
        ),
        clients=tuple(_client(resource) for resource in scope.resources("AWS::Cognito::UserPoolClient")),
    )


def _client(resource: Resource) -> Client:
    for key in ("GenerateSecret", "AllowedOAuthFlowsUserPoolClient"):
        # Without the first there is nothing to authenticate with, without the second no flow is on.
        if resource.get(key) is not True:
            raise InvalidTemplate(f"{resource.where}.{key}: must be true for a client of an agent.")
    return Client(
        agent=read.noted(resource, "Agent"),
        client_id=physical.client_id(resource),
        client_secret=physical.client_secret(resource),
        scopes=read.texts(resource.get("AllowedOAuthScopes"), f"{resource.where}.AllowedOAuthScopes"),
        flows=read.texts(resource.get("AllowedOAuthFlows"), f"{resource.where}.AllowedOAuthFlows"),
        token_seconds=_token_seconds(resource),
    )


def _token_seconds(resource: Resource) -> int:
    validity = resource.get("AccessTokenValidity")
    if validity is None:
        return _DEFAULT_TOKEN_SECONDS
    where = f"{resource.where}.TokenValidityUnits"
    units = read.mapping(resource.get("TokenValidityUnits") or {}, where)
    unit = read.one_of(units.get("AccessToken", "hours"), _UNITS, where)
    return read.number(validity, f"{resource.where}.AccessTokenValidity") * _UNITS[unit]


def oauth_providers(scope: StageScope) -> tuple[OAuthProvider, ...]:
    """The credential providers of AgentCore Identity."""
    return tuple(_provider(scope, resource) for resource in scope.resources(PROVIDER))


def _provider(scope: StageScope, resource: Resource) -> OAuthProvider:
    where = f"{resource.where}.Oauth2ProviderConfigInput"
    custom = _custom(resource, where)
    read.known(custom, ("ClientAuthenticationMethod", "ClientId", "ClientSecret", "OauthDiscovery"), where)
    agent, provider = resource.note("Agent"), resource.note("Provider")
    if bool(agent) == bool(provider):
        raise InvalidTemplate(f"{resource.where}: Metadata.Airside must name an Agent or a Provider.")
    return OAuthProvider(
        name=resource.text("Name"),
        arn=physical.provider_arn(resource),
        token_url=_token_url(scope, read.mapping(custom.get("OauthDiscovery"), where), provider, where),
        client_id=read.text(custom.get("ClientId"), f"{where}.ClientId"),
        client_secret=_secret(custom.get("ClientSecret"), where),
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


def _secret(value: Any, where: str) -> str:
    """A client secret; what is wrong with it is told without it."""
    if not isinstance(value, str) or not value:
        raise InvalidTemplate(f"{where}.ClientSecret: must be a text.")
    return value


def _token_url(scope: StageScope, discovery: Mapping[str, Any], provider: str | None, where: str) -> str:
    issuer = scope.addresses.issuer
    if "DiscoveryUrl" in discovery:
        if not str(discovery["DiscoveryUrl"]).startswith(f"{issuer}/"):
            raise UnsupportedProperty(
                f"{where}: {discovery['DiscoveryUrl']} is not the stage's own user pool."
            )
        return f"{issuer}/oauth2/token"
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
