"""Credential providers as they are now, and the two control-plane operations on them (contracts §6.2).

GetOauth2CredentialProvider and UpdateOauth2CredentialProvider, for providers that read their client's secret from
Secrets Manager. The vault takes the value when the provider is made or updated and not before every token: whether
AWS reads it anew is not documented, and this way a procedure that forgets the update is found out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from localcloud.identity import fields
from localcloud.identity.errors import CoreError
from localcloud.spec import LocalSystem, OAuthProvider, SecretReference

ReadSecret = Callable[[str, str], Awaitable[str]]
"""A Secrets Manager secret's live value, by the secret's ARN and the key in its JSON. Raises LookupError."""

_VENDOR = "CustomOauth2"
_INPUT = ("credentialProviderVendor", "name", "oauth2ProviderConfigInput")
_CONFIG = (
    *("clientAuthenticationMethod", "clientId", "clientSecretConfig", "clientSecretSource"),
    "oauthDiscovery",
)


class Providers:
    """The stage's credential providers. `read` is asked when one is updated."""

    def __init__(self, system: LocalSystem, read: ReadSecret | None, clock: Callable[[], datetime]) -> None:
        self._issuer = system.pool.issuer
        self._read = read
        self._clock = clock
        self._began = clock()
        self._by_name = {provider.name: provider for provider in system.oauth_providers}
        self._names = {provider.arn: provider.name for provider in system.oauth_providers}
        self._updated: dict[str, datetime] = {}

    def named(self, name: str) -> OAuthProvider | None:
        """A provider with the client secret it has at this moment."""
        return self._by_name.get(name)

    def at(self, arn: str) -> OAuthProvider | None:
        """The same by ARN."""
        return self._by_name.get(self._names.get(arn, ""))

    def get(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """GetOauth2CredentialProvider. Raises CoreError."""
        fields.known(body, ("name",))
        provider, secret = self._external(body)
        return {
            "name": provider.name,
            "credentialProviderArn": provider.arn,
            "credentialProviderVendor": _VENDOR,
            "clientSecretSource": "EXTERNAL",
            "clientSecretArn": {"secretArn": secret.arn},
            "clientSecretJsonKey": secret.key,
            "oauth2ProviderConfigOutput": {"customOauth2ProviderConfig": self._config(provider)},
            "createdTime": self._began.timestamp(),
            "lastUpdatedTime": self._updated.get(provider.name, self._began).timestamp(),
            "status": "READY",
        }

    async def update(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateOauth2CredentialProvider: takes the secret's live value. Anything else must stay. Raises CoreError."""
        fields.known(body, _INPUT)
        provider, secret = self._external(body)
        if fields.text(body, "credentialProviderVendor") != _VENDOR:
            raise CoreError("ValidationException", f"credentialProviderVendor must stay {_VENDOR}.")
        config = _object(_object(body, "oauth2ProviderConfigInput"), "customOauth2ProviderConfig")
        fields.known(config, _CONFIG)
        for key, value in self._config(provider).items():
            if config.get(key) != value:
                raise CoreError("ValidationException", f"{key} must stay as it is; no stand-in changes it.")
        if config.get("clientSecretSource") != "EXTERNAL":
            raise CoreError("ValidationException", "clientSecretSource must stay EXTERNAL.")
        kept = {"secretId": secret.arn, "jsonKey": secret.key}
        if config.get("clientSecretConfig") != kept:
            raise CoreError("ValidationException", "clientSecretConfig must name the provider's own secret.")
        value = await self._value(secret)
        # Between the two the provider may have been updated by another request: of both the last one counts.
        self._by_name[provider.name] = replace(self._by_name[provider.name], client_secret=value)
        self._updated[provider.name] = self._clock()
        return self.get({"name": provider.name})

    def _external(self, body: Mapping[str, Any]) -> tuple[OAuthProvider, SecretReference]:
        name = fields.text(body, "name", fields.PROVIDER)
        provider = self._by_name.get(name)
        if provider is None:
            raise CoreError("ResourceNotFoundException", f"There is no credential provider {name!r}.")
        if provider.secret is None:
            raise CoreError(
                "ValidationException", f"{name} keeps its secret itself (MANAGED); it has no local stand-in."
            )
        return provider, provider.secret

    def _config(self, provider: OAuthProvider) -> dict[str, Any]:
        return {
            "oauthDiscovery": {"discoveryUrl": f"{self._issuer}/.well-known/openid-configuration"},
            "clientId": provider.client_id,
            "clientAuthenticationMethod": provider.client_auth,
        }

    async def _value(self, secret: SecretReference) -> str:
        refused = CoreError(
            "ValidationException", f"The secret {secret.name} has no text under {secret.key!r}."
        )
        if self._read is None:
            raise refused
        try:
            value = await self._read(secret.arn, secret.key)
        except LookupError:
            raise refused from None
        if not value:
            raise refused
        return value


def _object(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The one member a union has."""
    value = body.get(key)
    if not isinstance(value, dict):
        raise CoreError("ValidationException", f"{key} is required and must be an object.")
    return value
