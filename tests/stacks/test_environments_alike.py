"""What holds of one environment's templates holds of the others', but for what their settings say.

Other tests of this folder look at one environment where one is enough. This one is why it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from governance.model import Environment, Project
from tests.stacks.templates import Stage, joined

CORE = "AWS::BedrockAgentCore::"
KEPT = {".DeletionPolicy", ".UpdateReplacePolicy"}
"""`retain_data`"""

SETTINGS: dict[str, set[str]] = {
    f"{CORE}Gateway": {".Properties.Description", ".Properties.ExceptionLevel", ".Properties.KmsKeyArn"},
    f"{CORE}GatewayTarget": {".Properties.TargetConfiguration.Mcp.OpenApiSchema.InlinePayload.servers[].url"},
    f"{CORE}Memory": {*KEPT, ".Properties.EncryptionKeyArn"},
    f"{CORE}OAuth2CredentialProvider": {
        ".Properties.Oauth2ProviderConfigInput.CustomOauth2ProviderConfig.OauthDiscovery"
        f".AuthorizationServerMetadata.{key}"
        for key in ("AuthorizationEndpoint", "Issuer", "TokenEndpoint")
    },
    f"{CORE}Runtime": {
        f".Properties.LifecycleConfiguration.{key}" for key in ("IdleRuntimeSessionTimeout", "MaxLifetime")
    },
    f"{CORE}RuntimeEndpoint": {".Properties.Description"},
    "AWS::Budgets::Budget": {".Properties.Budget.BudgetLimit.Amount"},
    "AWS::CloudFront::Distribution": {".Properties.DistributionConfig.PriceClass"},
    "AWS::CloudWatch::Alarm": {".Properties.Threshold"},
    "AWS::CloudWatch::Dashboard": {
        ".Properties.DashboardBody.widgets[].properties.annotations.horizontal[].value",
        ".Properties.DashboardBody.widgets[].properties.markdown",
    },
    "AWS::Cognito::UserPool": {*KEPT, ".Properties.DeletionProtection"},
    "AWS::Cognito::UserPoolClient": {
        f".Properties.{key}" for key in ("AccessTokenValidity", "CallbackURLs[]", "IdTokenValidity")
    },
    "AWS::DynamoDB::Table": {
        *KEPT,
        ".Properties.DeletionProtectionEnabled",
        ".Properties.SSESpecification.KMSMasterKeyId",
        ".Properties.SSESpecification.SSEType",
    },
    "AWS::IAM::Role": {
        f".Properties.Policies.{sid}"
        for sid in ("GrantsOfTheGateway", "KeyOfTables", "KeyOfTablesDescribed", "KeyOfTheGateway")
    },
    "AWS::Logs::LogGroup": {*KEPT, ".Properties.KmsKeyId", ".Properties.RetentionInDays"},
    "AWS::S3::Bucket": {".Properties.LifecycleConfiguration.Rules[].ExpirationInDays"},
    "AWS::SNS::Topic": {".Properties.KmsMasterKeyId"},
    "Custom::AirsideSite": {".Properties.Config.environment"},
}
"""What differs by a setting, for each kind of resource; each has a test that says how."""

ONLY_SOMEWHERE = {"AWS::KMS::Alias", "AWS::KMS::Key", "AWS::SNS::Subscription"}
"""Kinds made by a setting, or named by one: `kms`, `alarms.notify`."""

NOT_COMPARED = {"Tags", "UserPoolTags", "ResourceTags", "TargetOriginId", "Id"}
"""Tags are settings (`test_assembly`); the ids of a distribution's origins are names in it."""


def plain(stage: Stage, environment: Environment) -> dict[str, dict[str, Any]]:
    """Resources by logical id, with one word for the environment's name, account and endpoint, and for digests."""
    name, endpoint = environment.name, environment.runtime.endpoint
    text = json.dumps(stage.templates, ensure_ascii=False).replace(environment.account, "ACCOUNT")
    text = re.sub(rf"(airline[-_/]){name}(?![a-z0-9])", r"\1ENV", text)
    text = re.sub("[0-9a-f]{64}", "DIGEST", text)
    before = r'(runtime-endpoint/|-|::|"|qualifier=|\\")'
    text = re.sub(rf'{before}{endpoint}(?=\\?")', r"\1ENDPOINT", text)
    return {
        logical_id: read(body)
        for template in json.loads(text).values()
        for logical_id, body in template["Resources"].items()
    }


def read(body: dict[str, Any]) -> dict[str, Any]:
    """A resource with what is written inside of a text opened, and statements by their ids."""
    properties = {key: value for key, value in body.get("Properties", {}).items() if key not in NOT_COMPARED}
    for kind, key in (("AWS::CloudWatch::Dashboard", "DashboardBody"), ("Custom::AirsideSite", "Config")):
        if body["Type"] == kind:
            properties[key] = json.loads(joined(properties[key]))
    if body["Type"] == "AWS::IAM::Role":
        properties["Policies"] = {
            statement["Sid"]: statement
            for policy in properties["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        }
    schema = properties.get("TargetConfiguration", {}).get("Mcp", {}).get("OpenApiSchema")
    if schema is not None:
        schema["InlinePayload"] = json.loads(schema["InlinePayload"])
    kept: dict[str, Any] = {
        key: body[key] for key in ("DeletionPolicy", "UpdateReplacePolicy") if key in body
    }
    return {
        "Type": body["Type"],
        "DependsOn": sorted(body.get("DependsOn", [])),
        "Properties": properties,
        **kept,
    }


def differences(first: Any, second: Any, place: str = "") -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted((first.keys() | second.keys()) - NOT_COMPARED):
            if key in first and key in second:
                yield from differences(first[key], second[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}"
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for one, other in zip(first, second, strict=True):
            yield from differences(one, other, f"{place}[]")
    elif first != second:
        yield place


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_is_tested_in_one_environment_is_otherwise_in_another(
    by_environment: dict[str, Stage], project: Project, environment: str
) -> None:
    first, second = (plain(by_environment[name], project.environment(name)) for name in ("dev", environment))
    kinds = {logical_id: body["Type"] for logical_id, body in (first | second).items()}
    lonely = {kinds[logical_id] for logical_id in first.keys() ^ second.keys()}
    assert lonely <= ONLY_SOMEWHERE
    found = {
        (kinds[logical_id], place)
        for logical_id in first.keys() & second.keys()
        for place in differences(first[logical_id], second[logical_id])
    }
    allowed = {(kind, place) for kind, places in SETTINGS.items() for place in places}
    assert found <= allowed, f"a setting or a mistake; SETTINGS tells settings: {sorted(found - allowed)}"
