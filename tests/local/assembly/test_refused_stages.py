"""A stage the laptop could not honour does not start: each change below would otherwise go unnoticed."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.assembly.errors import (
    AssemblyError,
    InvalidTemplate,
    UnsupportedProperty,
    UnsupportedResource,
)
from tests.local.assembly.conftest import Change, Stage

CORE = "AWS::BedrockAgentCore::"
FUNCTION = "AWS::Lambda::Function"
CLIENT = "AWS::Cognito::UserPoolClient"
SECRET = "AWS::SecretsManager::Secret"
PROVIDER = f"{CORE}OAuth2CredentialProvider"
CUSTOM = "Oauth2ProviderConfigInput.CustomOauth2ProviderConfig"
LIMIT = f"{CORE}GatewayRateLimit"
BY_CLIENT = "$.context.jwt.client_id"
ENTRY = {"Dimensions": {BY_CLIENT: "*"}, "Requests": [{"Rate": 5, "Period": "minute"}]}


def setting(path: str, value: Any) -> Change:
    """Sets one property; `None` removes it."""

    def change(node: dict[str, Any]) -> None:
        *way, last = path.split(".")
        inner = node["Properties"]
        for key in way:
            inner = inner.setdefault(key, {})
        if value is None:
            inner.pop(last)
        else:
            inner[last] = value

    return change


UNHONOURED: list[tuple[str, str, Any]] = [
    ("AWS::Cognito::UserPool", "LambdaConfig", {"PreTokenGenerationConfig": {"LambdaArn": "x"}}),
    ("AWS::Cognito::UserPoolDomain", "CustomDomainConfig", {"CertificateArn": "x"}),
    (CLIENT, "AnalyticsConfiguration", {}),
    (LIMIT, "DimensionKeys", ["targetName"]),
    (LIMIT, "DimensionKeys", ["$.context.iam.principal"]),
    (LIMIT, "DimensionKeys", ["$.context.jwt.a.b"]),
    (LIMIT, "Entries", [{"Dimensions": {BY_CLIENT: "*"}, "Tokens": [{"Rate": 5, "Period": "minute"}]}]),
    (LIMIT, "Entries", [{"Dimensions": {BY_CLIENT: "*"}, "Requests": [{"Rate": 0.5, "Period": "second"}]}]),
    (f"{CORE}Gateway", "ProtocolType", "HTTP"),
    (f"{CORE}Gateway", "AuthorizerType", "AWS_IAM"),
    (f"{CORE}Gateway", "AuthorizerConfiguration.CustomJWTAuthorizer.CustomClaims", []),
    (f"{CORE}Gateway", "ProtocolConfiguration.Mcp.SessionConfiguration", {}),
    (f"{CORE}GatewayTarget", "MetadataConfiguration", {"AllowedRequestHeaders": ["X-A"]}),
    (f"{CORE}GatewayTarget", "TargetConfiguration.Mcp", {"McpServer": {"Endpoint": "https://x"}}),
    (f"{CORE}Runtime", "AuthorizerConfiguration", {"CustomJWTAuthorizer": {"CustomClaims": []}}),
    (f"{CORE}Runtime", "AuthorizerConfiguration", {"IAM": {}}),
    (CLIENT, "CallbackURLs", ["http://localhost/"]),
    (f"{CORE}Runtime", "FilesystemConfigurations", []),
    (f"{CORE}Runtime", "CapacityProviderConfiguration", {}),
    (f"{CORE}Policy", "Definition", {"Policy": {"Statement": "x"}}),
    (PROVIDER, "Oauth2ProviderConfigInput", {"GithubOauth2ProviderConfig": {}}),
    (PROVIDER, f"{CUSTOM}.PrivateKeyJwtConfig", {}),
    (PROVIDER, f"{CUSTOM}.ClientId", "unknown"),
    (PROVIDER, f"{CUSTOM}.ClientSecretConfig.SecretId", "airside/of/another/stage"),
    (PROVIDER, f"{CUSTOM}.ClientSecretConfig.VersionId", "x"),
    (SECRET, "SecretString", "{}"),
    (SECRET, "ReplicaRegions", [{"Region": "eu-west-1"}]),
    (SECRET, "GenerateSecretString.SecretStringTemplate", '{"user": "x"}'),
    (SECRET, "GenerateSecretString.Unknown", True),
    (FUNCTION, "Layers", ["arn"]),
    (FUNCTION, "VpcConfig", {"SubnetIds": []}),
    (FUNCTION, "FileSystemConfigs", []),
    (FUNCTION, "DeadLetterConfig", {"TargetArn": "x"}),
    (FUNCTION, "Runtime", "nodejs24.x"),
    ("AWS::DynamoDB::Table", "StreamSpecification", {"StreamViewType": "NEW_IMAGE"}),
    ("AWS::DynamoDB::Table", "ResourcePolicy", {}),
    # A rule with work to do: locally nothing would ever start it.
    ("AWS::Events::Rule", "ScheduleExpression", "rate(1 hour)"),
    (
        "AWS::Events::Rule",
        "Targets",
        [{"Id": "f", "Arn": "arn:aws:lambda:ap-northeast-2:111122223333:function:f"}],
    ),
    ("AWS::Events::Rule", "Targets", ["no table"]),
]

UNSOUND: list[tuple[str, str, Any]] = [
    (LIMIT, "DimensionKeys", []),
    (LIMIT, "DimensionKeys", ["toolName"]),
    (LIMIT, "DimensionKeys", [BY_CLIENT, BY_CLIENT]),
    (LIMIT, "GatewayIdentifier", "other-abcdefghij"),
    (LIMIT, "Entries", []),
    (LIMIT, "Entries", [ENTRY, ENTRY]),
    (LIMIT, "Entries", [{**ENTRY, "Requests": []}]),
    (LIMIT, "Entries", [{**ENTRY, "Requests": [{"Rate": 5, "Period": "hour"}]}]),
    (LIMIT, "Entries", [{**ENTRY, "Dimensions": {"toolName": "*"}}]),
    (CLIENT, "GenerateSecret", False),
    (CLIENT, "AllowedOAuthFlowsUserPoolClient", None),
    (CLIENT, "AllowedOAuthScopes", ["airline/agent.unknown"]),
    (CLIENT, "UserPoolId", "ap-northeast-2_elsewhere"),
    (f"{CORE}Runtime", "AuthorizerConfiguration", {"CustomJWTAuthorizer": {}}),
    (
        f"{CORE}Gateway",
        "AuthorizerConfiguration.CustomJWTAuthorizer.DiscoveryUrl",
        "https://elsewhere.example/x",
    ),
    (f"{CORE}Gateway", "AuthorizerConfiguration.CustomJWTAuthorizer.AllowedClients", ["unknown"]),
    (
        f"{CORE}Gateway",
        "AuthorizerConfiguration.CustomJWTAuthorizer.AllowedScopes",
        ["airline/agent.unknown"],
    ),
    (f"{CORE}Gateway", "PolicyEngineConfiguration.Mode", "ON"),
    (f"{CORE}GatewayTarget", "GatewayIdentifier", "other-abcdefghij"),
    (f"{CORE}GatewayTarget", "Name", 7),
    (FUNCTION, "Code", {"S3Bucket": "b", "S3Key": "0" * 64 + ".zip"}),
    (FUNCTION, "Code", {"ZipFile": "print(1)"}),
    (FUNCTION, "Timeout", "soon"),
    (
        f"{CORE}Runtime",
        "AgentRuntimeArtifact.ContainerConfiguration.ContainerUri",
        "public.ecr.aws/x/y:latest",
    ),
    (f"{CORE}Runtime", "RoleArn", "arn:aws:iam::111122223333:role/of-another-account"),
    *((f"{CORE}Runtime", "NetworkConfiguration", value) for value in (True, "VPC", ["VPC"])),
    (PROVIDER, f"{CUSTOM}.ClientSecret", "x"),
    (PROVIDER, f"{CUSTOM}.ClientSecretSource", "MANAGED"),
    (PROVIDER, f"{CUSTOM}.ClientSecretSource", "ELSEWHERE"),
    (PROVIDER, f"{CUSTOM}.ClientSecretConfig", None),
    (PROVIDER, f"{CUSTOM}.ClientSecretConfig.JsonKey", "other"),
    (SECRET, "GenerateSecretString", None),
    (SECRET, "GenerateSecretString.GenerateStringKey", "other"),
]


@pytest.mark.parametrize(("kind", "path", "value"), UNHONOURED, ids=lambda value: str(value)[:40])
def test_a_property_that_would_be_ignored_is_refused_with_its_place(
    airline: Stage, kind: str, path: str, value: Any
) -> None:
    with pytest.raises(UnsupportedProperty) as caught:
        airline.load(kind, setting(path, value))
    assert "airline-dev-" in str(caught.value)


@pytest.mark.parametrize(("kind", "path", "value"), UNSOUND, ids=lambda value: str(value)[:40])
def test_a_stage_whose_parts_do_not_fit_is_refused(airline: Stage, kind: str, path: str, value: Any) -> None:
    with pytest.raises(InvalidTemplate):
        airline.load(kind, setting(path, value))


def test_a_gateway_that_would_take_any_token_is_refused(airline: Stage) -> None:
    def weaken(node: dict[str, Any]) -> None:
        jwt = node["Properties"]["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
        del jwt["AllowedClients"], jwt["AllowedScopes"]

    with pytest.raises(InvalidTemplate, match="any token"):
        airline.load(f"{CORE}Gateway", weaken)


def test_a_second_interceptor_for_one_point_is_refused(airline: Stage) -> None:
    def double(node: dict[str, Any]) -> None:
        node["Properties"]["InterceptorConfigurations"] *= 2

    with pytest.raises(InvalidTemplate, match="it takes one"):
        airline.load(f"{CORE}Gateway", double)


def test_a_secret_nobody_or_everybody_reads_is_refused(airline: Stage) -> None:
    """A function that may read one would be refused here and not on AWS."""

    def alone(node: dict[str, Any]) -> None:
        custom = node["Properties"]["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
        del custom["ClientSecretSource"], custom["ClientSecretConfig"]
        custom["ClientSecret"] = "x"

    with pytest.raises(UnsupportedResource, match="exactly one credential provider"):
        airline.load(PROVIDER, alone)
    first: list[Any] = []

    def shared(node: dict[str, Any]) -> None:
        custom = node["Properties"]["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"]
        if "Agent" in node["Metadata"]["Airside"]:
            first.append(custom["ClientSecretConfig"])
            custom["ClientSecretConfig"] = first[0]

    with pytest.raises(UnsupportedResource, match="exactly one credential provider"):
        airline.load(PROVIDER, shared, every=True)


def test_two_agents_of_one_name_are_refused(airline: Stage) -> None:
    def rename(node: dict[str, Any]) -> None:
        node["Metadata"]["Airside"]["Agent"] = "booking"

    with pytest.raises(InvalidTemplate, match="the agent booking is declared 4 times"):
        airline.load(f"{CORE}Runtime", rename, every=True)


def test_an_agent_without_its_note_is_refused(airline: Stage) -> None:
    with pytest.raises(InvalidTemplate, match=r"Metadata\.Airside\.Agent"):
        airline.load(f"{CORE}Runtime", lambda node: node.pop("Metadata"))


@pytest.mark.parametrize("member", ["NotAction", "NotResource"])
def test_a_statement_that_cannot_be_read_is_refused_rather_than_dropped(airline: Stage, member: str) -> None:
    def invert(node: dict[str, Any]) -> None:
        for policy in node["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                statement[member] = statement.pop(member.removeprefix("Not"))

    with pytest.raises(UnsupportedProperty, match=member):
        airline.load("AWS::IAM::Role", invert)


def test_a_condition_on_an_allow_does_not_allow_and_on_a_deny_still_denies(airline: Stage) -> None:
    def conditioned(node: dict[str, Any]) -> None:
        for policy in node["Properties"].get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                statement["Condition"] = {"StringEquals": {"aws:PrincipalTag/x": "y"}}

    changed = airline.load("AWS::IAM::Role", conditioned, every=True)
    effects = {grant.effect for grants in changed.grants.values() for grant in grants}
    assert effects == {"Deny"}


def test_every_ignored_property_is_told_at_once(airline: Stage) -> None:
    with pytest.raises(UnsupportedProperty) as caught:
        airline.load(FUNCTION, setting("Layers", []), every=True)
    assert str(caught.value).count("AWS::Lambda::Function.Layers") == 4


def test_a_provider_without_a_stand_in_is_refused_because_nothing_may_leave(airline: Stage) -> None:
    def other(node: dict[str, Any]) -> None:
        if "Provider" in node["Metadata"]["Airside"]:
            node["Metadata"]["Airside"]["Provider"] = "weather"

    with pytest.raises(AssemblyError, match="weather"):
        airline.load(PROVIDER, other, every=True)


def test_two_limits_with_the_same_dimensions_are_refused(airline: Stage) -> None:
    """The service takes one for each set of them (contracts §4)."""

    def same(node: dict[str, Any]) -> None:
        node["Properties"] |= {"DimensionKeys": [BY_CLIENT], "Entries": [ENTRY]}

    with pytest.raises(InvalidTemplate, match="stand in another limit too"):
        airline.load(LIMIT, same, every=True)


@pytest.mark.parametrize(
    "change",
    [
        {"ClientSecretSource": "ELSEWHERE"},
        {"ClientSecretSource": "MANAGED"},
        {"ClientSecret": "x" * 32},
        {"ClientSecretConfig": {"SecretId": "airside/x"}},
        {"ClientSecretConfig": {"SecretId": "", "JsonKey": "k"}},
    ],
    ids=str,
)
def test_a_providers_secret_that_two_could_mean_is_refused(airline: Stage, change: dict[str, Any]) -> None:
    def alter(node: dict[str, Any]) -> None:
        if "Provider" in node["Metadata"]["Airside"]:
            node["Properties"]["Oauth2ProviderConfigInput"]["CustomOauth2ProviderConfig"] |= change

    with pytest.raises(InvalidTemplate) as caught:
        airline.load(f"{CORE}OAuth2CredentialProvider", alter, every=True)
    assert "x" * 32 not in str(caught.value)
