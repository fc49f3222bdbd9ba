"""What is outside of a system and how the gateway authenticates there (contracts §1.6, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from governance.source import Source


class ProviderKind(StrEnum):
    """How a provider knows the gateway: by a token, by a key, by its role's signature, or not at all."""

    OAUTH2 = "oauth2"
    API_KEY = "api_key"
    IAM = "iam"
    NONE = "none"


class KeyLocation(StrEnum):
    """Where an API key is sent."""

    HEADER = "header"
    QUERY = "query"


@dataclass(frozen=True)
class KeyPlacement:
    """An API key in a request: under `name`, in `location`, right after `prefix`."""

    location: KeyLocation
    name: str
    prefix: str = ""


@dataclass(frozen=True)
class Provider:
    """Something outside that answers. Addresses and secrets are settings of each environment.

    `scopes` are an oauth2 provider's; `key` is an api_key provider's, and its only.
    """

    name: str
    description: str
    source: Source
    scopes: tuple[str, ...] = ()
    kind: ProviderKind = ProviderKind.OAUTH2
    key: KeyPlacement | None = None


@dataclass(frozen=True)
class RestApi:
    """A REST API of Amazon API Gateway in the environment's account and region, and its stage."""

    api_id: str
    stage: str


@dataclass(frozen=True)
class ProviderSetting:
    """A provider of an environment; what a kind or a target's kind does not need is empty.

    `secret_name` and `secret_key` name a Secrets Manager secret made by the operator. `service` is the AWS
    service a request is signed for, `resources` the exact ARNs the gateway's role may then use.
    """

    base_url: str = ""
    token_url: str = ""
    issuer: str = ""
    client_id: str = ""
    secret_name: str = ""
    secret_key: str = ""
    kind: ProviderKind = ProviderKind.OAUTH2
    service: str = ""
    resources: tuple[str, ...] = ()
    rest_api: RestApi | None = None


@dataclass(frozen=True)
class Route:
    """The method and path of a REST API that a tool stands for."""

    method: str
    path: str


def signed_action(service: str, resource: str) -> str | None:
    """The IAM action of a request signed for `service` to the holder of `resource`; None for no known one.

    A request to AgentCore invokes a runtime or another gateway, as the ARN says.
    """
    if service == "execute-api":
        return "execute-api:Invoke"
    if service == "lambda":
        return "lambda:InvokeFunctionUrl"
    kind = resource.split(":", 5)[-1].partition("/")[0]
    actions = {"runtime": "InvokeAgentRuntime", "gateway": "InvokeGateway"}
    if service == "bedrock-agentcore" and kind in actions:
        return f"bedrock-agentcore:{actions[kind]}"
    return None


SIGNED_SERVICES = ("bedrock-agentcore", "execute-api", "lambda")
"""AWS services at whose endpoints an API or an MCP server can stand."""
