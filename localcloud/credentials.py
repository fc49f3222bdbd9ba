"""How the gateway shows who it is to its targets, and the providers that hold what it shows (contracts §1.6, §6)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OAuthCredential:
    """How a target authenticates outbound: a credential provider and the scopes to ask for."""

    provider_arn: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyCredential:
    """How a target takes an API key: under `name`, in `place` (`header` or `query`), right after `prefix`."""

    provider_arn: str
    place: str
    name: str
    prefix: str = ""


@dataclass(frozen=True)
class RoleCredential:
    """A target whose requests are signed with the gateway's role, for one AWS service."""

    service: str


Credential = OAuthCredential | KeyCredential | RoleCredential


@dataclass(frozen=True)
class SecretReference:
    """A Secrets Manager secret of the stage, and the key in its JSON that holds the value."""

    name: str
    arn: str
    key: str


@dataclass(frozen=True)
class OAuthProvider:
    """An AgentCore Identity OAuth2 credential provider. `token_url` is already mapped to a local address.

    `agent` is set where the provider holds an agent's own client, `provider` where it is an outbound one.
    `secret` is where its client's secret stands (EXTERNAL, contracts §6.2); None: in the vault itself (MANAGED).
    """

    name: str
    arn: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    agent: str | None = None
    provider: str | None = None
    client_auth: str = "CLIENT_SECRET_BASIC"
    """How the token endpoint wants the client's secret: CLIENT_SECRET_BASIC or CLIENT_SECRET_POST."""
    secret: SecretReference | None = None


@dataclass(frozen=True)
class KeyProvider:
    """An AgentCore Identity API key credential provider of the declared external `provider`."""

    name: str
    arn: str
    provider: str
    key: str = field(repr=False)
