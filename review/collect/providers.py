"""Credential providers of AgentCore Identity. Source: AgentCore Developer Guide, "Credential providers"."""

from __future__ import annotations

from collections.abc import Mapping

from review.collect.reading import Reading
from review.model import Provider
from review.stage import Resource

LITERAL = "literal"
"""Where a secret is that stands in the template itself."""

_KINDS = {
    "AWS::BedrockAgentCore::OAuth2CredentialProvider": "oauth2",
    "AWS::BedrockAgentCore::ApiKeyCredentialProvider": "api_key",
}


def providers(reading: Reading) -> tuple[Provider, ...]:
    found = []
    for type_, kind in _KINDS.items():
        for provider in reading.stage.of_type(type_):
            agent = provider.notes.get("Agent")
            given = _given(reading, provider)
            discovery = given.get("OauthDiscovery")
            found.append(
                Provider(
                    id=reading.names.bare(provider),
                    kind=kind,
                    agent=agent if isinstance(agent, str) else None,
                    vendor=reading.text(provider, "CredentialProviderVendor") or "",
                    secret=_secret(reading, given),
                    discovery=reading.names.stable(discovery) if discovery is not None else None,
                    place=provider.place(),
                )
            )
    return tuple(sorted(found, key=lambda provider: provider.id))


def _given(reading: Reading, provider: Resource) -> Mapping[str, object]:
    """The one member of the input; for API keys, the properties themselves."""
    config = reading.get(provider, "Oauth2ProviderConfigInput")
    if isinstance(config, Mapping) and len(config) == 1:
        inner = next(iter(config.values()))
        if isinstance(inner, Mapping):
            return inner
    return provider.properties


def _secret(reading: Reading, given: Mapping[str, object]) -> str:
    """Where the secret comes from. The value itself is never looked at."""
    for key in ("ClientSecretConfig", "ApiKeySecretConfig", "ClientSecretArn", "ApiKeySecretArn"):
        if given.get(key) is not None:
            return f"external:{reading.names.stable(given[key])}"
    for key in ("ClientSecret", "ApiKey"):
        value = given.get(key)
        target = next(iter(reading.stage.mentioned(value)), None)
        if target is not None:
            return f"client:{reading.names.bare(target)}"
        if isinstance(value, str) and value.startswith("{{resolve:secretsmanager:"):
            return "external:resolved at deployment"
        if value is not None:
            return LITERAL
    return "managed"
