"""The calls a rotation makes, one method each. Sources: the API references of Amazon Cognito user pools, AgentCore
Control and Secrets Manager; RFC 6749 §4.4 for the token endpoint.

A service's own error text may repeat what was sent to it, so nothing of it is kept but the error's code.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from cli.rotation.state import Secret, Stored, Versions

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
VENDOR = "CustomOauth2"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 48
"""Characters of a new secret; Cognito takes 24 to 64."""
_WELL_KNOWN = "/.well-known/openid-configuration"


class CallFailed(Exception):
    """A call did not succeed; whether it had an effect is not known."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code


class NotOurs(Exception):
    """What was found cannot be rotated by this procedure. The message says why and what to do."""


@dataclass(frozen=True)
class Provider:
    """A credential provider that reads its client's secret from Secrets Manager.

    `config` is its configuration as it is read, `token_url` from its discovery document.
    """

    name: str
    client_id: str
    pool_id: str
    token_url: str
    secret_arn: str
    key: str
    config: Mapping[str, Any]
    updated: datetime
    status: str


class Cloud:
    """`control`, `cognito` and `manager` are boto3 clients, `http` talks to the pool."""

    def __init__(self, *, control: Any, cognito: Any, manager: Any, http: httpx.Client) -> None:
        self._control = control
        self._cognito = cognito
        self._manager = manager
        self._http = http

    def disconnect(self) -> None:
        """Closes the connections."""
        for client in (self._control, self._cognito, self._manager, self._http):
            client.close()

    def provider(self, name: str) -> Provider:
        """Raises CallFailed, NotOurs."""
        told = _call(self._control.get_oauth2_credential_provider, name=name)
        config = told["oauth2ProviderConfigOutput"].get("customOauth2ProviderConfig")
        if told["credentialProviderVendor"] != VENDOR or config is None:
            raise NotOurs(f"{name} is a provider of {told['credentialProviderVendor']}, not of {VENDOR}.")
        if told.get("clientSecretSource") != "EXTERNAL":
            raise NotOurs(
                f"{name} keeps its client's secret itself (MANAGED). Deploy the identity stack of this version "
                "first: its provider reads the secret from Secrets Manager."
            )
        discovery = str(config["oauthDiscovery"].get("discoveryUrl", ""))
        issuer = discovery.removesuffix(_WELL_KNOWN)
        return Provider(
            name=name,
            client_id=str(config["clientId"]),
            pool_id=issuer.rsplit("/", 1)[-1],
            token_url=self._token_url(issuer),
            secret_arn=str(told["clientSecretArn"]["secretArn"]),
            key=str(told["clientSecretJsonKey"]),
            config=config,
            updated=told["lastUpdatedTime"],
            status=str(told.get("status", "READY")),
        )

    def update(self, provider: Provider) -> datetime:
        """Has the provider read its secret again; nothing else of it changes. Returns when. Raises CallFailed."""
        config = {
            **provider.config,
            "clientSecretSource": "EXTERNAL",
            "clientSecretConfig": {"secretId": provider.secret_arn, "jsonKey": provider.key},
        }
        done = _call(
            self._control.update_oauth2_credential_provider,
            name=provider.name,
            credentialProviderVendor=VENDOR,
            oauth2ProviderConfigInput={"customOauth2ProviderConfig": config},
        )
        updated: datetime = done["lastUpdatedTime"]
        return updated

    def secret_ids(self, provider: Provider) -> tuple[str, ...]:
        """The client's live secrets, the oldest first. Raises CallFailed."""
        told = _call(self._cognito.list_user_pool_client_secrets, **_client(provider))
        found = sorted(told["ClientSecrets"], key=lambda each: each["ClientSecretCreateDate"])
        return tuple(each["ClientSecretId"] for each in found)

    def add(self, provider: Provider, secret: Secret) -> str:
        """Makes a value a live secret of the client; returns its id. Raises CallFailed."""
        add = self._cognito.add_user_pool_client_secret
        told = _call(add, **_client(provider), ClientSecret=secret.value)
        return str(told["ClientSecretDescriptor"]["ClientSecretId"])

    def delete(self, provider: Provider, secret_id: str) -> None:
        """Raises CallFailed."""
        delete = self._cognito.delete_user_pool_client_secret
        _call(delete, **_client(provider), ClientSecretId=secret_id)

    def versions(self, provider: Provider) -> Versions:
        """Raises CallFailed, NotOurs."""
        told = _call(self._manager.describe_secret, SecretId=provider.secret_arn)
        labels = {
            label: version for version, found in told.get("VersionIdsToStages", {}).items() for label in found
        }
        if CURRENT not in labels:
            raise NotOurs(f"{provider.secret_arn} has no version {CURRENT}. Deploy the identity stack again.")
        return Versions(labels[CURRENT], labels.get(PENDING), labels.get(PREVIOUS))

    def stored(self, provider: Provider, version: str) -> Stored:
        """What a version holds. Raises CallFailed, NotOurs."""
        told = _call(self._manager.get_secret_value, SecretId=provider.secret_arn, VersionId=version)
        try:
            found = json.loads(told["SecretString"])
            value = found[provider.key]
        except (ValueError, KeyError, TypeError):
            value = None
        if not isinstance(value, str) or not value:
            raise NotOurs(f"{provider.secret_arn}, version {version}: has no text under {provider.key!r}.")
        return Stored(Secret(value), str(found.get("client_id", "")), str(found.get("replaces", "")))

    def prepare(self, provider: Provider, replaces: str) -> str:
        """Keeps a new value as the pending version, before anybody else knows it. Returns the version's id.

        Raises CallFailed.
        """
        value = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        document = {provider.key: value, "client_id": provider.client_id, "replaces": replaces}
        told = _call(
            self._manager.put_secret_value,
            SecretId=provider.secret_arn,
            SecretString=json.dumps(document),
            VersionStages=[PENDING],
        )
        return str(told["VersionId"])

    def make_current(self, provider: Provider, *, version: str, instead_of: str) -> None:
        """Moves AWSCURRENT; Secrets Manager moves AWSPREVIOUS along. Raises CallFailed."""
        _call(
            self._manager.update_secret_version_stage,
            SecretId=provider.secret_arn,
            VersionStage=CURRENT,
            MoveToVersionId=version,
            RemoveFromVersionId=instead_of,
        )

    def unmark(self, provider: Provider, version: str) -> None:
        """Takes the label AWSPENDING away: nothing is in progress any more. Raises CallFailed."""
        _call(
            self._manager.update_secret_version_stage,
            SecretId=provider.secret_arn,
            VersionStage=PENDING,
            RemoveFromVersionId=version,
        )

    def accepted(self, provider: Provider, secret: Secret, scope: str) -> bool:
        """Whether the token endpoint gives a token for this secret; the token is dropped. Raises CallFailed."""
        form = {"grant_type": "client_credentials", "scope": scope}
        try:
            reply = self._http.post(
                provider.token_url, data=form, auth=httpx.BasicAuth(provider.client_id, secret.value)
            )
            told = reply.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise CallFailed("token endpoint", type(problem).__name__) from None
        if reply.status_code == 200 and isinstance(told, dict) and told.get("access_token"):
            return True
        error = told.get("error") if isinstance(told, dict) else None
        if error == "invalid_client":
            return False
        raise CallFailed("token endpoint", f"HTTP {reply.status_code}")

    def _token_url(self, issuer: str) -> str:
        """From the document the provider itself goes by. Where it leads, a secret is sent: only over TLS, or
        to this machine."""
        try:
            reply = self._http.get(f"{issuer}{_WELL_KNOWN}")
            told = reply.json()
            named, found = told["issuer"], urlsplit(str(told["token_endpoint"]))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as problem:
            raise CallFailed("discovery document", type(problem).__name__) from None
        if named != issuer or not (found.scheme == "https" or found.hostname == "127.0.0.1"):
            raise CallFailed("discovery document", "names another issuer or an address without TLS")
        return found.geturl()


def _client(provider: Provider) -> dict[str, str]:
    return {"UserPoolId": provider.pool_id, "ClientId": provider.client_id}


def _call(operation: Callable[..., Any], **arguments: Any) -> Any:
    name = str(getattr(operation, "__name__", "call"))
    try:
        return operation(**arguments)
    except ClientError as error:
        raise CallFailed(name, str(error.response.get("Error", {}).get("Code", "unknown error"))) from None
    except BotoCoreError as error:
        raise CallFailed(name, type(error).__name__) from None
