"""What a stage's names give: ids of the service's patterns, exports, parameters, secrets, circles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.assembly.errors import (
    CircularReference,
    UnresolvedReference,
    Unsupported,
    UnsupportedAttribute,
    UnsupportedIntrinsic,
    UnsupportedResource,
)
from tests.local.assembly.build import ADDRESSES, POOL, TABLE, resource, stack, stage

R, A = "ap-northeast-2", "111122223333"
CORE = "AWS::BedrockAgentCore"


@pytest.mark.parametrize(
    ("node", "attribute", "pattern"),
    [
        (POOL, None, rf"{R}_[0-9a-zA-Z]{{9}}"),
        (POOL, "ProviderURL", rf"http://127\.0\.0\.1:8702/{R}_[0-9a-zA-Z]{{9}}"),
        (POOL, "Arn", rf"arn:aws:cognito-idp:{R}:{A}:userpool/{R}_[0-9a-zA-Z]{{9}}"),
        (resource("AWS::Cognito::UserPoolClient"), None, r"[0-9a-z]{26}"),
        (resource("AWS::Cognito::UserPoolClient"), "ClientSecret", r".{32,}"),
        (resource(f"{CORE}::Gateway", Name="Airline-Dev"), None, r"airline-dev-[a-z0-9]{10}"),
        (
            resource(f"{CORE}::Gateway", Name="airline-dev"),
            "GatewayArn",
            rf"arn:aws:bedrock-agentcore:{R}:{A}:gateway/([0-9a-z][-]?){{1,48}}-[a-z0-9]{{10}}",
        ),
        (resource(f"{CORE}::Gateway", Name="g"), "GatewayUrl", r"http://127\.0\.0\.1:8701/mcp"),
        (resource(f"{CORE}::Runtime", AgentRuntimeName="a_b"), None, r"a_b-[a-zA-Z0-9]{10}"),
        (
            resource(f"{CORE}::Runtime", AgentRuntimeName="a_b"),
            "AgentRuntimeArn",
            rf"arn:aws:bedrock-agentcore:{R}:{A}:runtime/a_b-[a-zA-Z0-9]{{10}}",
        ),
        (
            resource(f"{CORE}::OAuth2CredentialProvider", Name="p"),
            "CredentialProviderArn",
            rf"arn:aws:bedrock-agentcore:{R}:{A}:token-vault/default/oauth2credentialprovider/p",
        ),
        (resource(f"{CORE}::PolicyEngine", Name="e"), "PolicyEngineId", r"e-[a-z0-9]{10}"),
        (resource(f"{CORE}::Memory", Name="m"), "MemoryId", r"[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}"),
        (resource("AWS::Lambda::Function"), "Arn", rf"arn:aws:lambda:{R}:{A}:function:[a-zA-Z0-9-_]{{1,64}}"),
        (resource("AWS::IAM::Role", RoleName="r"), "Arn", rf"arn:aws:iam::{A}:role/r"),
        (resource("AWS::Logs::LogGroup", LogGroupName="/a"), "Arn", rf"arn:aws:logs:{R}:{A}:log-group:/a:\*"),
    ],
)
def test_ids_have_the_services_patterns_and_outlast_a_restart(
    tmp_path: Path, node: dict[str, Any], attribute: str | None, pattern: str
) -> None:
    asked = {"Ref": "It"} if attribute is None else {"Fn::GetAtt": ["It", attribute]}
    first, second = (stack(tmp_path / name, Resources={"It": node}).value(asked, "here") for name in "ab")
    assert re.fullmatch(pattern, first)
    if attribute == "ClientSecret":
        assert first != second, "a secret must not be guessable from the assembly"
    else:
        assert first == second


def test_two_resources_of_one_type_never_share_an_id(tmp_path: Path) -> None:
    made = stack(tmp_path, Resources={"One": POOL, "Two": POOL})
    assert made.value({"Ref": "One"}, "here") != made.value({"Ref": "Two"}, "here")


def test_an_attribute_without_a_local_value_is_refused_with_type_and_place(tmp_path: Path) -> None:
    made = stack(tmp_path, Resources={"Table": TABLE})
    with pytest.raises(
        UnsupportedAttribute, match=r"StreamArn of AWS::DynamoDB::Table .*airline-dev-tools/Table"
    ):
        made.value({"Fn::GetAtt": ["Table", "StreamArn"]}, "here")


def test_every_unknown_resource_type_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedResource) as caught:
        stack(
            tmp_path,
            Resources={"Queue": resource("AWS::SQS::Queue"), "Hook": resource("Custom::Hook"), "T": TABLE},
        )
    for expected in ("airline-dev-tools/Queue", "AWS::SQS::Queue", "airline-dev-tools/Hook", "Custom::Hook"):
        assert expected in str(caught.value)
    assert "AWS::DynamoDB::Table" not in str(caught.value)


def test_an_unknown_type_that_does_not_exist_under_its_condition_is_no_hindrance(tmp_path: Path) -> None:
    never = {"Never": {"Fn::Equals": ["a", "b"]}}
    made = stack(
        tmp_path, Conditions=never, Resources={"Queue": resource("AWS::SQS::Queue") | {"Condition": "Never"}}
    )
    with pytest.raises(UnresolvedReference):
        made.value({"Ref": "Queue"}, "here")


def test_a_transform_is_refused_because_only_cloudformation_can_run_it(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="LanguageExtensions"):
        stack(tmp_path, Transform="AWS::LanguageExtensions", Resources={})


def test_values_cross_stacks_by_their_exports(tmp_path: Path) -> None:
    export = {
        "Value": {"Fn::GetAtt": ["Table", "Arn"]},
        "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:arn"}},
    }
    made = stage(
        tmp_path,
        data={"Resources": {"Table": TABLE}, "Outputs": {"Arn": export, "Plain": {"Value": "x"}}},
        tools={"Resources": {}},
    )
    node = {"Fn::Join": ["", [{"Fn::ImportValue": {"Fn::Sub": "airline-dev-data:arn"}}, "/index/*"]]}
    assert made.scopes[1].value(node, "here").endswith("table/airline-dev-bookings/index/*")


def test_values_that_need_each_other_are_refused_instead_of_recursing(tmp_path: Path) -> None:
    with pytest.raises(CircularReference, match="Table"):
        stack(
            tmp_path / "own",
            Resources={"Table": resource("AWS::DynamoDB::Table", TableName={"Ref": "Table"})},
        ).value({"Ref": "Table"}, "here")
    circle = {
        one: {
            "Resources": {},
            "Outputs": {"It": {"Value": {"Fn::ImportValue": other}, "Export": {"Name": one}}},
        }
        for one, other in (("one", "two"), ("two", "one"))
    }
    with pytest.raises(CircularReference, match="export"):
        stage(tmp_path / "across", **circle).imported("one", "here")


def test_parameters_of_parameter_store_come_from_the_stage_and_nowhere_else(tmp_path: Path) -> None:
    made = stage(
        tmp_path,
        gateway={
            "Resources": {"P": resource("AWS::SSM::Parameter", Name="/airside/url", Type="String", Value="v")}
        },
        tools={
            "Resources": {},
            "Parameters": {
                "Url": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/airside/url"},
                "Bootstrap": {
                    "Type": "AWS::SSM::Parameter::Value<String>",
                    "Default": "/cdk-bootstrap/x/version",
                },
            },
        },
    ).scopes[1]
    assert made.value({"Ref": "Url"}, "here") == "v"
    assert made.value("{{resolve:ssm:/airside/url}} {{resolve:ssm:/airside/url:2}}", "here") == "v v"
    with pytest.raises(UnresolvedReference, match="/cdk-bootstrap/x/version"):
        made.value({"Ref": "Bootstrap"}, "here")


def test_a_secret_is_random_per_start_and_one_for_all_who_name_it(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:ap-northeast-2:111122223333:secret:airside/flights"
    joined = {"Fn::Join": ["", ["{{resolve:secretsmanager:", arn, ":SecretString:client_secret::}}"]]}
    made = stack(tmp_path / "a", Resources={})
    by_arn = made.value(joined, "here")
    assert by_arn == made.value(
        "{{resolve:secretsmanager:airside/flights:SecretString:client_secret}}", "here"
    )
    assert by_arn != made.value("{{resolve:secretsmanager:airside/flights:SecretString:other}}", "here")
    assert by_arn != stack(tmp_path / "b", Resources={}).value(joined, "here")
    assert len(by_arn) >= 32
    assert by_arn not in repr(made.stage)


@pytest.mark.parametrize("reference", ["ssm-secure:/x:1", "acm:arn", "secretsmanager:"])
def test_another_dynamic_reference_is_refused(tmp_path: Path, reference: str) -> None:
    with pytest.raises(UnsupportedIntrinsic):
        stack(tmp_path, Resources={}).value(f"{{{{resolve:{reference}}}}}", "here")


def test_the_addresses_of_the_stand_ins_are_what_urls_resolve_to(tmp_path: Path) -> None:
    made = stack(tmp_path, Resources={"Pool": POOL})
    assert str(made.value({"Fn::GetAtt": ["Pool", "ProviderURL"]}, "here")).startswith(f"{ADDRESSES.issuer}/")
