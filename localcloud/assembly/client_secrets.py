"""Client secrets in Secrets Manager: which one a credential provider reads, and what stands in it here.

A deployment leaves a random value there that the user pool does not know, and an operator's first rotation puts one in
that it does. The local platform begins after that rotation: the secret holds the client's own value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from localcloud.assembly import physical, read
from localcloud.assembly.errors import InvalidTemplate, UnsupportedProperty, UnsupportedResource
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope
from localcloud.spec import OAuthProvider, SecretReference, UserPool

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  a resource type
_SOURCES = ("EXTERNAL", "MANAGED")
_GENERATED = frozenset(
    {
        *(
            "ExcludeCharacters",
            "ExcludeLowercase",
            "ExcludeNumbers",
            "ExcludePunctuation",
            "ExcludeUppercase",
        ),
        *("GenerateStringKey", "IncludeSpace", "PasswordLength", "RequireEachIncludedType"),
        "SecretStringTemplate",
    }
)


def named(custom: Mapping[str, Any], where: str) -> tuple[str, str] | None:
    """The secret and the key that a CustomOauth2ProviderConfig names (EXTERNAL); None: it has the value itself."""
    source = read.one_of(custom.get("ClientSecretSource", "MANAGED"), _SOURCES, f"{where}.ClientSecretSource")
    key = "ClientSecret" if source == "MANAGED" else "ClientSecretConfig"
    if {"ClientSecret", "ClientSecretConfig"} & custom.keys() != {key}:
        raise InvalidTemplate(f"{where}: a secret that is {source} takes {key}, and nothing else.")
    if source == "MANAGED":
        return None
    place = f"{where}.{key}"
    config = read.mapping(custom[key], place)
    read.known(config, ("JsonKey", "SecretId"), place)
    return (
        read.text(config.get("SecretId"), f"{place}.SecretId"),
        read.text(config.get("JsonKey"), f"{place}.JsonKey"),
    )


class Agents:
    """The secrets of a stage and the clients of its agents' `pool`, looked up once: a large system has hundreds."""

    def __init__(self, scope: StageScope, pool: UserPool) -> None:
        self.pool = pool
        self._live = {client.client_id: client.client_secret for client in pool.clients}
        self._secrets: dict[str, Resource] = {}
        for resource in scope.resources(SECRET):
            for key in (physical.secret_arn(resource), resource.name("Name")):
                self._secrets.setdefault(key, resource)

    def reference(self, custom: Mapping[str, Any], where: str) -> SecretReference | None:
        """The secret of this stage that a provider reads; None where it has the value, or names the operator's own."""
        found = named(custom, where)
        if found is None:
            return None
        secret_id, key = found
        resource = self._secrets.get(secret_id)
        if resource is None:
            return None
        _holds(resource, key)
        return SecretReference(resource.name("Name"), physical.secret_arn(resource), key)

    def value(self, client_id: str, where: str) -> str:
        """The live secret of a client of the stage's agents."""
        if client_id not in self._live:
            raise UnsupportedProperty(
                f"{where}.ClientId: {client_id} is no client of the stage's pool of agents."
            )
        return self._live[client_id]


def _holds(resource: Resource, key: str) -> None:
    """Refuses a secret in which the provider would find nothing, or something only AWS could generate."""
    where = f"{resource.where}.GenerateSecretString"
    generated = read.mapping(resource.get("GenerateSecretString"), where)
    read.known(generated, _GENERATED, where)
    if generated.get("GenerateStringKey") != key:
        raise InvalidTemplate(f"{where}.GenerateStringKey: the provider reads {key!r}.")
    if generated.get("SecretStringTemplate") != "{}":
        raise UnsupportedProperty(f"{where}.SecretStringTemplate: only an empty object has a local stand-in.")


def all_read(scope: StageScope, providers: Iterable[OAuthProvider]) -> None:
    """Refuses secrets no provider reads, and two providers that read the same one."""
    named = [provider.secret.arn for provider in providers if provider.secret is not None]
    for resource in scope.resources(SECRET):
        if named.count(physical.secret_arn(resource)) != 1:
            raise UnsupportedResource(
                f"{resource.where}: a secret has a local stand-in where exactly one credential provider reads it."
            )
