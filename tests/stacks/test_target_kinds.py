"""Targets of every kind in the templates: configuration, credential, and exactly the rights that go with it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from governance import tool_schema
from governance.load import load_project
from governance.model import Project, TargetKind
from governance.outbound import ProviderKind
from tests.assembly_fixture import KINDS
from tests.stacks.templates import Resource, Stage, Statement, joined

TARGET = "AWS::BedrockAgentCore::GatewayTarget"
RUNTIME = "AWS::BedrockAgentCore::Runtime"
OAUTH = "AWS::BedrockAgentCore::OAuth2CredentialProvider"
KEY = "AWS::BedrockAgentCore::ApiKeyCredentialProvider"
ACCOUNT = "eu-central-1:555566667777"
CORE = f"arn:aws:bedrock-agentcore:{ACCOUNT}:"


@pytest.fixture(scope="module")
def declared() -> Project:
    return load_project(KINDS)


@pytest.fixture(scope="module")
def garden(kinds_assembly: Path) -> Stage:
    return Stage.read(kinds_assembly, "garden-dev")


@pytest.fixture(scope="module")
def depot(kinds_assembly: Path) -> Stage:
    return Stage.read(kinds_assembly, "depot-dev")


def placed(stage: Stage, target: str) -> Any:
    return stage.one(TARGET, Target=target).properties["TargetConfiguration"]["Mcp"]


def credential(stage: Stage, target: str) -> Any:
    return stage.one(TARGET, Target=target).properties.get("CredentialProviderConfigurations")


def gateway(stage: Stage, system: str) -> dict[str, Statement]:
    return {statement.sid: statement for statement in stage.statements(f"{system}-dev-gateway")}


def server(garden: Stage) -> Resource:
    return garden.one(RUNTIME, Server="almanac")


def test_every_target_is_placed_as_its_kind(garden: Stage, depot: Stage, declared: Project) -> None:
    words = {
        TargetKind.LAMBDA: "Lambda",
        TargetKind.OPENAPI: "OpenApiSchema",
        TargetKind.MCP_SERVER: "McpServer",
        TargetKind.API_GATEWAY: "ApiGateway",
        TargetKind.SMITHY: "SmithyModel",
    }
    for stage, system in ((garden, declared.system("garden")), (depot, declared.system("depot"))):
        targets = stage.resources(TARGET)
        assert [each.declared["Target"] for each in targets] == [target.name for target in system.targets]
        for target in system.targets:
            assert set(placed(stage, target.name)) == {words[target.kind]}
        for earlier, later in pairwise(targets):
            assert earlier.id in later.depends_on


@pytest.mark.parametrize("target", ["almanac", "nursery", "pump"])
def test_an_mcp_server_decides_what_its_tools_are(garden: Stage, declared: Project, target: str) -> None:
    """DYNAMIC listing, or no schema, would show agents whatever it offers after it was reviewed."""
    configuration = placed(garden, target)["McpServer"]
    assert set(configuration) == {"Endpoint", "ListingMode", "McpToolSchema"}
    assert configuration["ListingMode"] == "DEFAULT"
    pinned = json.loads(configuration["McpToolSchema"]["InlinePayload"])
    assert pinned["tools"] == tool_schema.render(declared.system("garden").target(target))


def test_a_hosted_server_is_found_by_the_url_of_its_runtime(garden: Stage) -> None:
    parts = placed(garden, "almanac")["McpServer"]["Endpoint"]
    runtime = server(garden)
    exports = garden.templates["tools"]["Outputs"]
    (imported,) = [part for part in parts["Fn::Join"][1] if isinstance(part, dict)]
    name = imported["Fn::ImportValue"].split(":", 1)[1]
    assert exports[name]["Value"] == {"Fn::GetAtt": [runtime.id, "AgentRuntimeId"]}
    assert joined(parts) == (
        "https://bedrock-agentcore.eu-central-1.amazonaws.com/runtimes/"
        "arn%3Aaws%3Abedrock-agentcore%3Aeu-central-1%3A555566667777%3Aruntime%2F"
        f"<import {imported['Fn::ImportValue']}>/invocations?qualifier=main"
    )
    assert credential(garden, "almanac") == [
        {
            "CredentialProviderType": "GATEWAY_IAM_ROLE",
            "CredentialProvider": {"IamCredentialProvider": {"Service": "bedrock-agentcore"}},
        }
    ]


def test_a_hosted_server_runs_as_its_own_role_says(garden: Stage) -> None:
    runtime = server(garden).properties
    assert (runtime["AgentRuntimeName"], runtime["ProtocolConfiguration"]) == ("garden_dev__almanac", "MCP")
    assert "AuthorizerConfiguration" not in runtime
    assert "RequestHeaderConfiguration" not in runtime
    assert set(runtime["EnvironmentVariables"]) == {"TABLE_SOWING"}
    endpoint = next(
        each
        for each in garden.resources("AWS::BedrockAgentCore::RuntimeEndpoint")
        if each.properties["AgentRuntimeId"] == {"Fn::GetAtt": [server(garden).id, "AgentRuntimeId"]}
    )
    assert endpoint.properties["Name"] == "main"
    allowed = {
        action
        for statement in garden.statements("garden-dev-server-almanac")
        if statement.allows
        for action in statement.actions
    }
    reach = {
        action for action in allowed if action.startswith(("bedrock", "secrets", "lambda", "dynamodb", "iam"))
    }
    # Its tools only read, and it knows no model, no token, no other runtime and no secret.
    assert reach == {"dynamodb:GetItem", "dynamodb:Query"}
    (table,) = [item for item in garden.statements("garden-dev-server-almanac") if item.sid == "SowingTable"]
    assert [joined(each) for each in table.resources] == [f"<{garden.one('AWS::DynamoDB::Table').id}.Arn>"]


def test_only_the_gateway_may_invoke_a_hosted_server(garden: Stage) -> None:
    invoking = {
        statement.role: statement
        for statement in garden.statements()
        if statement.allows and "bedrock-agentcore:InvokeAgentRuntime" in statement.actions
    }
    assert set(invoking) == {"garden-dev-gateway"}
    exact = [joined(resource) for resource in invoking["garden-dev-gateway"].resources]
    assert exact[1] == f"{exact[0]}/runtime-endpoint/main"
    assert len(exact) == 2
    assert "AgentRuntimeArn" in exact[0]


def test_a_hosted_servers_log_groups_have_a_retention(garden: Stage) -> None:
    groups = [
        group.properties["RetentionInDays"]
        for group in garden.resources("AWS::Logs::LogGroup")
        if group.part == "tools" and "/runtimes/" in joined(group.properties["LogGroupName"])
    ]
    assert groups == [7, 7]


def test_a_providers_server_is_asked_at_its_own_path(garden: Stage) -> None:
    assert placed(garden, "nursery")["McpServer"]["Endpoint"] == "https://nursery.example/care/mcp"
    (oauth,) = credential(garden, "nursery")
    assert oauth["CredentialProviderType"] == "OAUTH"
    assert oauth["CredentialProvider"]["OauthCredentialProvider"]["Scopes"] == ["care.read"]
    assert oauth["CredentialProvider"]["OauthCredentialProvider"]["GrantType"] == "CLIENT_CREDENTIALS"


def test_a_signed_target_names_its_service_and_the_role_its_resource(garden: Stage) -> None:
    assert credential(garden, "pump") == [
        {
            "CredentialProviderType": "GATEWAY_IAM_ROLE",
            "CredentialProvider": {"IamCredentialProvider": {"Service": "execute-api"}},
        }
    ]
    signed = gateway(garden, "garden")["SignedPump"]
    assert (signed.actions, signed.resources) == (
        ["execute-api:Invoke"],
        [f"arn:aws:execute-api:{ACCOUNT}:abcde12345/live/POST/mcp"],
    )


@pytest.mark.parametrize(
    ("stage_of", "target", "expected"),
    [
        ("garden", "weather-api", ("HEADER", "X-Api-Key", "Key ")),
        ("garden", "soil-api", ("QUERY_PARAMETER", "appid", None)),
        ("depot", "labels", ("HEADER", "x-api-key", None)),
    ],
)
def test_an_api_key_goes_where_the_service_would_put_it_by_default(
    request: pytest.FixtureRequest, stage_of: str, target: str, expected: tuple[str, str, str | None]
) -> None:
    (configured,) = credential(request.getfixturevalue(stage_of), target)
    assert configured["CredentialProviderType"] == "API_KEY"
    key = configured["CredentialProvider"]["ApiKeyCredentialProvider"]
    assert (
        key["CredentialLocation"],
        key["CredentialParameterName"],
        key.get("CredentialPrefix"),
    ) == expected


def test_no_key_is_in_a_template(garden: Stage, depot: Stage) -> None:
    for stage in (garden, depot):
        for key in stage.resources(KEY):
            assert set(key.properties) <= {"Name", "ApiKeySecretSource", "ApiKeySecretConfig", "Tags"}
            assert key.properties["ApiKeySecretSource"] == "EXTERNAL"
            assert set(key.properties["ApiKeySecretConfig"]) == {"SecretId", "JsonKey"}


def test_the_gateway_gets_each_key_and_reads_each_secret_and_no_other(garden: Stage) -> None:
    held = gateway(garden, "garden")
    assert {resource.removeprefix(CORE) for resource in held["OutboundKeys"].resources} == {
        "token-vault/default",
        "token-vault/default/apikeycredentialprovider/garden-dev-outbound-weather",
        "token-vault/default/apikeycredentialprovider/garden-dev-outbound-soil",
        "workload-identity-directory/default",
        "workload-identity-directory/default/workload-identity/garden-dev-*",
    }
    assert held["OutboundKeys"].actions == ["bedrock-agentcore:GetResourceApiKey"]
    assert sorted(held["OutboundKeySecrets"].resources) == [
        f"arn:aws:secretsmanager:{ACCOUNT}:secret:airside/garden/dev/soil-??????",
        f"arn:aws:secretsmanager:{ACCOUNT}:secret:airside/garden/dev/weather-??????",
    ]


def test_an_open_provider_is_asked_with_a_credential(garden: Stage) -> None:
    assert credential(garden, "moon-api") is None
    assert "moon" not in json.dumps([statement.body for statement in garden.statements()])


def test_a_rest_api_shows_exactly_the_declared_methods(depot: Stage) -> None:
    configuration = placed(depot, "orders")["ApiGateway"]
    assert (configuration["RestApiId"], configuration["Stage"]) == ("abcde67890", "live")
    tools = configuration["ApiGatewayToolConfiguration"]
    assert tools["ToolFilters"] == [{"FilterPath": "/orders/{order_id}", "Methods": ["DELETE", "GET"]}]
    assert [(each["Name"], each["Method"], each["Path"]) for each in tools["ToolOverrides"]] == [
        ("get_order", "GET", "/orders/{order_id}"),
        ("cancel_order", "DELETE", "/orders/{order_id}"),
    ]
    assert all(each["Description"] for each in tools["ToolOverrides"])
    assert credential(depot, "orders") == [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}]
    invoke = gateway(depot, "depot")["InvokeOrders"]
    assert invoke.actions == ["execute-api:Invoke"]
    assert sorted(invoke.resources) == [
        f"arn:aws:execute-api:{ACCOUNT}:abcde67890/live/DELETE/orders/*",
        f"arn:aws:execute-api:{ACCOUNT}:abcde67890/live/GET/orders/*",
    ]


def test_a_model_is_placed_whole_and_its_actions_are_those_of_its_operations(
    depot: Stage, declared: Project
) -> None:
    model = json.loads(placed(depot, "schedules")["SmithyModel"]["InlinePayload"])
    assert model == declared.system("depot").target("schedules").spec_document
    # AgentCore knows an AWS service's name from its model and takes none beside it.
    assert credential(depot, "schedules") == [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}]
    signed = gateway(depot, "depot")["SignedSchedules"]
    assert (signed.actions, signed.resources) == (
        ["scheduler:GetSchedule"],
        [f"arn:aws:scheduler:{ACCOUNT}:schedule/default/nightly-count"],
    )
    (oauth,) = credential(depot, "parcels")
    assert oauth["CredentialProviderType"] == "OAUTH"


def test_a_gateway_has_rights_for_kinds_it_does_not_use(
    garden: Stage, depot: Stage, declared: Project
) -> None:
    for stage, name in ((garden, "garden"), (depot, "depot")):
        system = declared.system(name)
        signed = [provider for provider in system.providers if provider.kind is ProviderKind.IAM]
        services = {
            action.split(":")[0]
            for item in gateway(stage, name).values()
            if item.allows
            for action in item.actions
        }
        expected = {"bedrock-agentcore", "execute-api", "kms", "lambda", "secretsmanager"}
        assert services == expected | ({"scheduler"} if name == "depot" else set())
        of_providers = [sid for sid in gateway(stage, name) if sid.startswith(("Signed", "InvokeOrders"))]
        assert len(of_providers) == len(signed)
    assert "InvokeToolServers" not in gateway(depot, "depot")


def test_each_provider_is_one_resource_or_none(garden: Stage, depot: Stage, declared: Project) -> None:
    for stage, name in ((garden, "garden"), (depot, "depot")):
        of = {ProviderKind.OAUTH2: [OAUTH], ProviderKind.API_KEY: [KEY]}
        for provider in declared.system(name).providers:
            found = [
                each.type for each in stage.resources() if each.declared.get("Provider") == provider.name
            ]
            assert [kind for kind in found if kind != TARGET] == of.get(provider.kind, [])


def test_a_system_with_nothing_of_its_own_has_a_stack_cloudformation_refuses(depot: Stage) -> None:
    (only,) = depot.templates["tools"]["Resources"].values()
    assert only["Type"] == "AWS::CloudFormation::WaitConditionHandle"


def test_the_image_of_a_hosted_server_holds_it_and_the_common_code(garden: Stage) -> None:
    uri = server(garden).properties["AgentRuntimeArtifact"]["ContainerConfiguration"]["ContainerUri"][
        "Fn::Sub"
    ]
    folder = garden.folder.parent / f"asset.{uri.rsplit(':', 1)[1]}"
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} >= {
        "Dockerfile",
        "agent_common",
        "almanac",
        "requirements.txt",
    }
    assert not (folder / "gardener").exists()
