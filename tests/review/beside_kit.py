"""What changes beside the access model are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from review.stage import Stage
from tests.review.kit import added, edited, noted, without
from tests.review.plant_kit import (
    FUNCTION,
    TARGET,
    Change,
    replaced,
    token,
)

OTHERS = "arn:aws:lambda:ap-northeast-2:999999999999:function:x"
ANYBODY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
READS = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
BUCKET, DISTRIBUTION, ALARM = "AWS::S3::Bucket", "AWS::CloudFront::Distribution", "AWS::CloudWatch::Alarm"
POOL, RULE, MEMORY = "AWS::Cognito::UserPool", "AWS::Events::Rule", "AWS::BedrockAgentCore::Memory"
INPUT = "Oauth2ProviderConfigInput.CustomOauth2ProviderConfig"


@dataclass(frozen=True)
class Hidden:
    """`told` is a part of a sentence, or of what stands below it, that widens or might."""

    told: str
    change: Change


def by(key: str, part: str) -> dict[str, Any]:
    """The resource whose property holds that."""
    return {"which": lambda each: part in str(each.properties.get(key))}


def more(type_: str, **properties: Any) -> Change:
    """One more resource, one of each type."""
    return lambda stage: added(stage, type_, properties, logical_id=type_.replace("::", ""))


def less(type_: str, **which: Any) -> Change:
    return lambda stage: without(stage, type_, **which)


def function(package: str) -> dict[str, Any]:
    return {"which": noted(package, "Function")}


def through(type_: str, key: str) -> Change:
    """One more resource that gives somebody a function of the stage."""
    return lambda stage: added(
        stage,
        type_,
        {key: token(stage, FUNCTION, "tool_customer", "Arn", "Function"), "AuthType": "NONE"},
        logical_id=f"Through{type_.rpartition('::')[2]}",
    )


def named(stage: Stage) -> Stage:
    """A permission that names the function instead of referring to it."""
    properties = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "airline-prod-tool-loyalty",
        "Principal": "999999999999",
    }
    return added(stage, "AWS::Lambda::Permission", properties, logical_id="NamedPermission")


def served(stage: Stage) -> Stage:
    """The OpenAPI document sends calls to another path of the same host."""
    at = "TargetConfiguration.Mcp.OpenApiSchema.InlinePayload"
    return edited(stage, TARGET, replaced(at, '"get": {', '"servers": [], "get": {'), **by("Name", "flights"))
