"""Credential providers of AgentCore Identity, and the external origins they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from localcloud.assembly import client_secrets, physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import KeyProvider, OAuthProvider, UserPool

PROVIDER = "AWS::BedrockAgentCore::OAuth2CredentialProvider"
KEY_PROVIDER = "AWS::BedrockAgentCore::ApiKeyCredentialProvider"
_AUTHENTICATION = ("CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST")
_CUSTOM = frozenset(
    {
        *("ClientAuthenticationMethod", "ClientId", "ClientSecret", "ClientSecretConfig"),
        *("ClientSecretSource", "OauthDiscovery"),
    }
)


def oauth_providers(scope: StageScope, pool: UserPool) -> tuple[OAuthProvider, ...]:
    """The credential providers of AgentCore Identity. `pool` is the agents'."""
    agents = client_secrets.Agents(scope, pool)
    found = tuple(_provider(scope, resource, agents) for resource in scope.resources(PROVIDER))
    client_secrets.all_read(scope, found)
    return found


def _provider(scope: StageScope, resource: Resource, agents: client_secrets.Agents) -> OAuthProvider:
    where = f"{resource.where}.Oauth2ProviderConfigInput"
    custom = _custom(resource, where)
    read.known(custom, _CUSTOM, where)
    agent, provider = resource.note("Agent"), resource.note("Provider")
    if bool(agent) == bool(provider):
        raise InvalidTemplate(f"{resource.where}: Metadata.Airside must name an Agent or a Provider.")
    client_id = read.text(custom.get("ClientId"), f"{where}.ClientId")
    kept = agents.reference(custom, where)
    # The operator's own secret, or one in the template, where no secret of the stage is named.
    live = agents.value(client_id, where) if kept else _secret(scope, custom, provider, where)
    return OAuthProvider(
        name=resource.text("Name"),
        arn=physical.provider_arn(resource),
        token_url=_token_url(
            scope, agents.pool, read.mapping(custom.get("OauthDiscovery"), where), provider, where
        ),
        client_id=client_id,
        client_secret=live,
        agent=agent,
        provider=provider,
        client_auth=read.one_of(
            custom.get("ClientAuthenticationMethod", _AUTHENTICATION[0]), _AUTHENTICATION, where
        ),
        secret=kept,
    )


def _custom(resource: Resource, where: str) -> Mapping[str, Any]:
    config = read.mapping(resource.get("Oauth2ProviderConfigInput"), where)
    if set(config) != {"CustomOauth2ProviderConfig"}:
        raise UnsupportedProperty(
            f"{where}: only CustomOauth2ProviderConfig has a local stand-in, found {sorted(config)}."
        )
    return read.mapping(config["CustomOauth2ProviderConfig"], where)


def _secret(scope: StageScope, custom: Mapping[str, Any], provider: str | None, where: str) -> str:
    """A client secret that is no secret of the stage; what is wrong with it is told without it."""
    named = client_secrets.named(custom, where)
    if named is not None:
        if provider is None:
            raise UnsupportedProperty(f"{where}.ClientSecretConfig: {named[0]} is no secret of this stage.")
        return scope.secret(*named)
    value = custom["ClientSecret"]
    if not isinstance(value, str) or not value:
        raise InvalidTemplate(f"{where}.ClientSecret: must be a text.")
    return value


def _token_url(
    scope: StageScope, pool: UserPool, discovery: Mapping[str, Any], provider: str | None, where: str
) -> str:
    if "DiscoveryUrl" in discovery:
        if discovery["DiscoveryUrl"] != f"{pool.issuer}/.well-known/openid-configuration":
            raise UnsupportedProperty(
                f"{where}: {discovery['DiscoveryUrl']} is not the stage's own pool of agents."
            )
        return f"{scope.addresses.issuer}/oauth2/token"
    metadata = read.mapping(discovery.get("AuthorizationServerMetadata"), where)
    endpoint = _url(metadata.get("TokenEndpoint"), f"{where}.TokenEndpoint")
    return local(scope, provider, where) + endpoint.path


def local(scope: StageScope, provider: str | None, where: str) -> str:
    """Where a provider's stand-in listens."""
    stand_ins = scope.addresses.providers
    if provider not in stand_ins:
        there = ", ".join(sorted(stand_ins)) or "none"
        raise UnsupportedProperty(
            f"{where}: the provider {provider!r} has no stand-in (there: {there}). "
            f"Write providers/{provider}.py in the system's folder; nothing leaves this machine."
        )
    return stand_ins[str(provider)]


def origins(scope: StageScope) -> Iterator[tuple[str, str, str]]:
    """(origin, declared provider, place) of every endpoint of an outbound OAuth2 provider."""
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
                yield f"{parts.scheme}://{parts.netloc}", provider, where


def key_providers(scope: StageScope) -> tuple[KeyProvider, ...]:
    """The API key providers. Their keys are the operator's; here each is random, and the stand-in knows it."""
    return tuple(_key_provider(scope, resource) for resource in scope.resources(KEY_PROVIDER))


def _key_provider(scope: StageScope, resource: Resource) -> KeyProvider:
    where = f"{resource.where}.ApiKeySecretConfig"
    if resource.get("ApiKeySecretSource") != "EXTERNAL":
        raise UnsupportedProperty(
            f"{resource.where}.ApiKeySecretSource: only EXTERNAL has a local stand-in; a key of a MANAGED secret "
            "would stand in the template. Keep it in a secret of yours and name that."
        )
    secret = read.mapping(resource.get("ApiKeySecretConfig"), where)
    read.known(secret, ("JsonKey", "SecretId"), where)
    return KeyProvider(
        name=resource.text("Name"),
        arn=physical.key_provider_arn(resource),
        provider=read.noted(resource, "Provider"),
        key=scope.secret(
            read.text(secret.get("SecretId"), f"{where}.SecretId"),
            read.text(secret.get("JsonKey"), f"{where}.JsonKey"),
        ),
    )


def _url(value: Any, where: str) -> SplitResult:
    try:
        parts = urlsplit(read.text(value, where))
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme != "https" or not parts.netloc:
        raise InvalidTemplate(f"{where}: expected an https URL, found {value!r}.")
    return parts
