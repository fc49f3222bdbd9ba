"""What the gateway's role needs for its targets besides functions and OAuth2 tokens (contracts §10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from constructs import Construct

from governance import smithy
from governance.model import Target, TargetKind
from governance.outbound import Provider, ProviderKind, signed_action
from stacks.components.iam import Statement, agentcore_arn, allow, secret_arn
from stacks.components.tool_server import ToolServer
from stacks.deployment import Deployment


def statements(
    scope: Construct, deployment: Deployment, servers: Mapping[str, ToolServer]
) -> list[Statement]:
    """One statement per thing the gateway reaches, each with exact resources; none for a kind that is not used."""
    found = []
    if servers:
        resources = [resource for server in servers.values() for resource in server.invoked_as]
        why = "Calls the tools of our own hosted MCP servers, at this environment's endpoint and no other version."
        found.append(allow("InvokeToolServers", why, ["bedrock-agentcore:InvokeAgentRuntime"], resources))
    keys = [provider for provider in deployment.system.providers if provider.kind is ProviderKind.API_KEY]
    if keys:
        found += _keys(scope, deployment, keys)
    for provider in deployment.system.providers:
        if provider.kind is ProviderKind.IAM:
            found += _signed(scope, deployment, provider)
    return found


def _keys(scope: Construct, deployment: Deployment, providers: Iterable[Provider]) -> list[Statement]:
    """Each key by its provider, and the operator's secrets it is read from with the gateway's rights."""
    names, settings = deployment.names, deployment.environment.providers
    directory = "workload-identity-directory/default"
    own = [
        agentcore_arn(scope, path) for path in (directory, f"{directory}/workload-identity/{names.gateway}-*")
    ]
    resources = [
        agentcore_arn(scope, "token-vault/default"),
        *(
            agentcore_arn(
                scope,
                f"token-vault/default/apikeycredentialprovider/{names.outbound_provider(provider.name)}",
            )
            for provider in providers
        ),
        *own,
    ]
    # Where there are OAuth2 providers the role may get its workload token already.
    oauth2 = any(provider.kind is ProviderKind.OAUTH2 for provider in deployment.system.providers)
    own_token = allow(
        "OwnWorkloadToken",
        "Proves to AgentCore Identity that it is this gateway, before it may ask for a provider's key.",
        ["bedrock-agentcore:GetWorkloadAccessToken"],
        own,
    )
    secrets = [secret_arn(scope, settings[provider.name].secret_name) for provider in providers]
    return [
        *([] if oauth2 else [own_token]),
        allow(
            "OutboundKeys",
            "Fetches the API keys of the declared external providers.",
            ["bedrock-agentcore:GetResourceApiKey"],
            resources,
        ),
        allow(
            "OutboundKeySecrets",
            "AgentCore Identity reads the operator's own secrets, where those keys are kept, with the gateway's "
            "rights.",
            ["secretsmanager:GetSecretValue"],
            list(dict.fromkeys(secrets)),
        ),
    ]


def _signed(scope: Construct, deployment: Deployment, provider: Provider) -> list[Statement]:
    """A provider the role itself may use: exactly the declared tools' calls, on exactly the set resources."""
    setting = deployment.environment.providers[provider.name]
    name = "".join(part.capitalize() for part in provider.name.split("-"))
    targets = [target for target in deployment.system.targets if target.provider == provider.name]
    found = []
    if rest := [resource for target in targets for resource in _rest_resources(scope, deployment, target)]:
        why = f"Calls the declared methods of the REST API {provider.name}, and no other method or resource of it."
        found.append(allow(f"Invoke{name}", why, ["execute-api:Invoke"], rest))
    actions = {
        operation.action
        for target in targets
        if target.kind is TargetKind.SMITHY and target.spec_document is not None
        for operation in smithy.operations(target.spec_document).values()
    }
    if setting.service:
        actions |= {str(signed_action(setting.service, resource)) for resource in setting.resources}
    if actions:
        why = f"Calls {provider.name} with its own signature: the declared operations, on the set resources."
        found.append(allow(f"Signed{name}", why, sorted(actions), list(setting.resources)))
    return found


def _rest_resources(scope: Construct, deployment: Deployment, target: Target) -> list[str]:
    """`execute-api` ARNs of the declared methods; a path parameter is any one value, which IAM writes `*`."""
    rest_api = deployment.environment.providers[target.provider or ""].rest_api
    if target.kind is not TargetKind.API_GATEWAY or rest_api is None:
        return []
    stack = cdk.Stack.of(scope)
    prefix = f"arn:{stack.partition}:execute-api:{stack.region}:{stack.account}:{rest_api.api_id}"
    return [
        f"{prefix}/{rest_api.stage}/{route.method}{re.sub(r'{[^{}]+}', '*', route.path)}"
        for route in target.routes.values()
    ]
