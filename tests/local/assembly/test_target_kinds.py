"""Targets of every kind as an assembly states them: read, or refused by name with what to do."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly import Addresses
from localcloud.assembly.errors import AssemblyError, InvalidTemplate, UnsupportedProperty
from localcloud.assembly.files import StackFiles, read_stage
from localcloud.assembly.load import load_stage, resolve
from localcloud.signed import allows
from localcloud.spec import KeyCredential, LocalSystem, OAuthCredential, RoleCredential, Target
from tests.assembly_fixture import kinds_assembly
from tests.local.assembly.test_refused_stages import setting

__all__ = ["kinds_assembly"]

CORE = "AWS::BedrockAgentCore::"
PROVIDERS = ("seeds", "nursery", "weather", "soil", "moon", "pump")
ADDRESSES = Addresses(
    front="http://127.0.0.1:8700",
    gateway="http://127.0.0.1:8701",
    issuer="http://127.0.0.1:8702",
    providers={name: f"http://127.0.0.1:{8703 + index}" for index, name in enumerate(PROVIDERS)},
)
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def stacks(kinds_assembly: Path) -> tuple[StackFiles, ...]:
    return read_stage(kinds_assembly, "garden-dev")


@pytest.fixture(scope="module")
def garden(stacks: tuple[StackFiles, ...]) -> LocalSystem:
    return resolve(stacks, "garden-dev", ADDRESSES)


def changed(stacks: tuple[StackFiles, ...], kind: str, key: str, value: str, change: Change) -> LocalSystem:
    """Resolves the stage after `change` was made to the resource of a type that is noted so."""
    made, done = [], 0
    for stack in stacks:
        template = copy.deepcopy(dict(stack.template))
        for node in template["Resources"].values():
            if node["Type"] == CORE + kind and node.get("Metadata", {}).get("Airside", {}).get(key) == value:
                change(node)
                done += 1
        made.append(replace(stack, template=template))
    assert done == 1
    return resolve(tuple(made), "garden-dev", ADDRESSES)


def target(garden: LocalSystem, name: str) -> Target:
    return next(each for each in garden.gateway.targets if each.name == name)


def test_each_kind_is_read_as_it_is_declared(garden: LocalSystem) -> None:
    kinds = {each.name: each.kind for each in garden.gateway.targets}
    assert kinds == {
        "beds": "lambda",
        **dict.fromkeys(("seeds-api", "weather-api", "soil-api", "moon-api"), "openapi"),
        **dict.fromkeys(("almanac", "nursery", "pump"), "mcp_server"),
    }
    almanac = target(garden, "almanac")
    assert [tool.name for tool in almanac.tools] == ["sowing_months", "frost_risk"]
    assert almanac.tools[1].input_schema == {
        "type": "object",
        "properties": {"month": {"type": "integer", "description": "1 to 12."}},
        "required": ["month"],
    }


def test_each_credential_is_read_as_it_is_declared(garden: LocalSystem) -> None:
    of = {each.name: each.credential for each in garden.gateway.targets}
    keys = {each.provider: each.arn for each in garden.key_providers}
    assert of["weather-api"] == KeyCredential(keys["weather"], "header", "X-Api-Key", "Key ")
    assert of["soil-api"] == KeyCredential(keys["soil"], "query", "appid", "")
    assert (of["almanac"], of["pump"]) == (RoleCredential("bedrock-agentcore"), RoleCredential("execute-api"))
    assert (of["beds"], of["moon-api"]) == (None, None)
    assert isinstance(of["nursery"], OAuthCredential)
    assert len({each.key for each in garden.key_providers}) == 2
    assert all(each.key not in repr(garden) for each in garden.key_providers)


def test_every_origin_has_its_own_stand_in(garden: LocalSystem) -> None:
    assert garden.hosts == {
        "https://bedrock-agentcore.eu-central-1.amazonaws.com": ADDRESSES.front,
        "https://pump.execute-api.eu-central-1.amazonaws.com": ADDRESSES.providers["pump"],
        **{f"https://{name}.example": ADDRESSES.providers[name] for name in PROVIDERS if name != "pump"},
    }
    assert set(garden.providers) == set(PROVIDERS)


def test_a_hosted_server_is_no_agent_and_only_the_gateway_may_invoke_it(garden: LocalSystem) -> None:
    (server,) = garden.servers
    assert (server.agent, server.name, server.protocol) == ("almanac", "garden_dev__almanac", "MCP")
    assert {runtime.agent for runtime in garden.runtimes} == {"gardener", "apprentice"}
    resources = (server.arn, f"{server.arn}/runtime-endpoint/main")
    callers = {
        name
        for name, grants in garden.grants.items()
        if allows(grants, "bedrock-agentcore:InvokeAgentRuntime", *resources)
    }
    assert callers == {"garden-dev"}
    beside = (server.arn, f"{server.arn}/runtime-endpoint/DEFAULT")
    assert not allows(garden.grants["garden-dev"], "bedrock-agentcore:InvokeAgentRuntime", *beside)


def test_kinds_that_only_aws_has_are_refused_all_at_once_with_the_way_out(kinds_assembly: Path) -> None:
    """Before anything else of the stage: a missing stand-in of a provider is no use to know then."""
    with pytest.raises(UnsupportedProperty) as refused:
        load_stage(kinds_assembly, "depot-dev", replace(ADDRESSES, providers={}))
    *lines, advice = str(refused.value).splitlines()
    told = [line.partition(": ")[2] for line in lines]
    gateway = "is of kind api_gateway, which runs on AWS only: its REST API is Amazon API Gateway's"
    model = "is of kind smithy, which runs on AWS only: AWS resolves the service's address"
    assert [told[0], told[1]] == [
        f"the target {name!r} {gateway}, which alone knows what it takes." for name in ("labels", "orders")
    ]
    assert [
        each.startswith(f"the target {name!r} {model}")
        for each, name in zip(told[2:], ("parcels", "schedules"), strict=True)
    ]
    assert all(line.startswith("depot-dev-gateway/Targets") for line in lines)
    assert advice.startswith(
        "Run a system without these targets, or declare the same API as an openapi or mcp_server"
    )


MCP = "TargetConfiguration.Mcp.McpServer"
REFUSED: list[tuple[str, str, str, str, Any, str]] = [
    # type, note, its value, property, new value, what is said
    ("GatewayTarget", "Target", "pump", f"{MCP}.ListingMode", "DYNAMIC", "only DEFAULT"),
    ("GatewayTarget", "Target", "pump", f"{MCP}.McpToolSchema", None, "whatever the server lists. Pin them"),
    ("GatewayTarget", "Target", "pump", f"{MCP}.McpToolSchema", {"S3": {}}, "only an InlinePayload"),
    ("GatewayTarget", "Target", "pump", f"{MCP}.ResourcePriority", 1, "ResourcePriority: no local stand-in"),
    ("GatewayTarget", "Target", "pump", "TargetConfiguration", {"Http": {"Passthrough": {}}}, "of kind Http"),
    ("GatewayTarget", "Target", "pump", "TargetConfiguration.Mcp", {"Connector": {}}, "is of kind connector"),
    ("ApiKeyCredentialProvider", "Provider", "soil", "ApiKeySecretSource", "MANAGED", "only EXTERNAL"),
    ("ApiKeyCredentialProvider", "Provider", "soil", "ApiKeySecretSource", None, "only EXTERNAL"),
    (
        "ApiKeyCredentialProvider",
        "Provider",
        "soil",
        "ApiKey",
        "in-the-template",
        "ApiKeyCredentialProvider.ApiKey",
    ),
    (
        "GatewayTarget",
        "Target",
        "pump",
        "CredentialProviderConfigurations",
        [{"CredentialProviderType": "CALLER_IAM_CREDENTIALS"}],
        "'CALLER_IAM_CREDENTIALS' has no local stand-in",
    ),
    (
        "GatewayTarget",
        "Target",
        "pump",
        "CredentialProviderConfigurations",
        [{"CredentialProviderType": ["OAUTH"]}],
        "['OAUTH'] has no local stand-in",
    ),
]
UNSOUND: list[tuple[str, str, str, str, Any, str]] = [
    ("GatewayTarget", "Target", "pump", f"{MCP}.McpToolSchema.InlinePayload", "{", "is not JSON"),
    (
        "GatewayTarget",
        "Target",
        "pump",
        f"{MCP}.McpToolSchema.InlinePayload",
        '{"tools": {}}',
        "expected a list",
    ),
    (
        "GatewayTarget",
        "Target",
        "pump",
        f"{MCP}.McpToolSchema.InlinePayload",
        '{"tools": [{}]}',
        "expected a text",
    ),
    ("GatewayTarget", "Target", "pump", f"{MCP}.Endpoint", None, "Endpoint: expected a text"),
    ("GatewayTarget", "Target", "pump", f"{MCP}.Endpoint", "https://moon.example/x", "the address of both"),
    (
        "GatewayTarget",
        "Target",
        "almanac",
        f"{MCP}.Endpoint",
        "https://bedrock-agentcore.eu-central-1.amazonaws.com/runtimes/arn%3Ax/invocations?qualifier=main",
        "which is no tool server of the stage",
    ),
    (
        "GatewayTarget",
        "Target",
        "pump",
        "CredentialProviderConfigurations",
        [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}],
        "CredentialProvider: expected an object",
    ),
    (
        "GatewayTarget",
        "Target",
        "soil-api",
        "CredentialProviderConfigurations",
        [
            {
                "CredentialProviderType": "API_KEY",
                "CredentialProvider": {"ApiKeyCredentialProvider": {"ProviderArn": "arn:x"}},
            }
        ],
        "CredentialLocation: expected one of",
    ),
    (
        "ApiKeyCredentialProvider",
        "Provider",
        "soil",
        "Name",
        "garden-dev-outbound-weather",
        "is declared 2 times",
    ),
    (
        "ApiKeyCredentialProvider",
        "Provider",
        "soil",
        "ApiKeySecretConfig",
        {"SecretId": "x"},
        "JsonKey: expected",
    ),
    ("Runtime", "Server", "almanac", "ProtocolConfiguration", "HTTP", "it must be MCP"),
    (
        "Runtime",
        "Server",
        "almanac",
        "AuthorizerConfiguration",
        {"CustomJWTAuthorizer": {"DiscoveryUrl": "https://x/.well-known/openid-configuration"}},
        "the tool server almanac wants tokens",
    ),
]


@pytest.mark.parametrize(
    ("kind", "key", "value", "path", "new", "says"), REFUSED, ids=lambda each: str(each)[:30]
)
def test_what_would_be_ignored_is_refused(
    stacks: tuple[StackFiles, ...], kind: str, key: str, value: str, path: str, new: Any, says: str
) -> None:
    with pytest.raises(UnsupportedProperty) as refused:
        changed(stacks, kind, key, value, setting(path, new))
    assert says in str(refused.value)
    assert "in-the-template" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "key", "value", "path", "new", "says"), UNSOUND, ids=lambda each: str(each)[:30]
)
def test_what_does_not_fit_is_refused(
    stacks: tuple[StackFiles, ...], kind: str, key: str, value: str, path: str, new: Any, says: str
) -> None:
    with pytest.raises(InvalidTemplate) as refused:
        changed(stacks, kind, key, value, setting(path, new))
    assert says in str(refused.value)


def test_a_key_of_another_stage_is_used(stacks: tuple[StackFiles, ...]) -> None:
    def other(node: dict[str, Any]) -> None:
        (credential,) = node["Properties"]["CredentialProviderConfigurations"]
        credential["CredentialProvider"]["ApiKeyCredentialProvider"]["ProviderArn"] = "arn:other"

    with pytest.raises(
        InvalidTemplate, match="the target soil-api uses arn:other, which the stage does not have"
    ):
        changed(stacks, "GatewayTarget", "Target", "soil-api", other)


@pytest.mark.parametrize("provider", ["moon", "weather", "pump"])
def test_a_provider_of_any_kind_without_a_stand_in_is_refused(
    stacks: tuple[StackFiles, ...], provider: str
) -> None:
    there = {name: url for name, url in ADDRESSES.providers.items() if name != provider}
    with pytest.raises(AssemblyError, match=rf"the provider '{provider}' has no stand-in"):
        resolve(stacks, "garden-dev", replace(ADDRESSES, providers=there))


def test_an_agent_and_a_server_of_one_name_are_refused(stacks: tuple[StackFiles, ...]) -> None:
    def rename(node: dict[str, Any]) -> None:
        node["Metadata"]["Airside"]["Server"] = "gardener"

    with pytest.raises(InvalidTemplate, match="gardener is both an agent and a tool server"):
        changed(stacks, "Runtime", "Server", "almanac", rename)


def test_the_pinned_schema_is_the_templates(stacks: tuple[StackFiles, ...]) -> None:
    def pin(node: dict[str, Any]) -> None:
        schema = {"type": "object", "properties": {}, "required": []}
        tool = {"name": "t", "description": "D.", "inputSchema": schema, "outputSchema": schema}
        pinned = json.dumps({"tools": [tool]})
        node["Properties"]["TargetConfiguration"]["Mcp"]["McpServer"]["McpToolSchema"]["InlinePayload"] = (
            pinned
        )

    (tool,) = target(changed(stacks, "GatewayTarget", "Target", "pump", pin), "pump").tools
    assert (tool.name, tool.description, tool.output_schema) == ("t", "D.", tool.input_schema)
