"""ARNs of a stage's resources as far as their physical names are known, by the stable text that refers to them.

Source: Service Authorization Reference, resource types of each service.
"""

from __future__ import annotations

from collections.abc import Mapping

from review.identity import Names
from review.stage import Resource, Stage

_HERE = "${AWS::Region}:${AWS::AccountId}"
_FORMS: dict[str, tuple[str, str, str]] = {
    "AWS::Lambda::Function": ("FunctionName", "lambda:" + _HERE + ":function:{}", "Arn"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:" + _HERE + ":table/{}", "Arn"),
    "AWS::DynamoDB::GlobalTable": ("TableName", "dynamodb:" + _HERE + ":table/{}", "Arn"),
    "AWS::S3::Bucket": ("BucketName", "s3:::{}", "Arn"),
    "AWS::IAM::Role": ("RoleName", "iam::${AWS::AccountId}:role/{}", "Arn"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager:" + _HERE + ":secret:{}-??????", ""),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:" + _HERE + ":log-group:{}:*", "Arn"),
    "AWS::SNS::Topic": ("TopicName", "sns:" + _HERE + ":{}", ""),
    "AWS::SQS::Queue": ("QueueName", "sqs:" + _HERE + ":{}", "Arn"),
    "AWS::KMS::Key": ("", "kms:" + _HERE + ":key/{}", "Arn"),
    "AWS::BedrockAgentCore::Runtime": (
        "AgentRuntimeName",
        "bedrock-agentcore:" + _HERE + ":runtime/{}-??????????",
        "AgentRuntimeArn",
    ),
    "AWS::BedrockAgentCore::Gateway": (
        "Name",
        "bedrock-agentcore:" + _HERE + ":gateway/{}-??????????",
        "GatewayArn",
    ),
    "AWS::BedrockAgentCore::Memory": (
        "Name",
        "bedrock-agentcore:" + _HERE + ":memory/{}-??????????",
        "MemoryArn",
    ),
    "AWS::BedrockAgentCore::PolicyEngine": (
        "Name",
        "bedrock-agentcore:" + _HERE + ":policy-engine/{}-??????????",
        "PolicyEngineArn",
    ),
    "AWS::Cognito::UserPool": ("", "cognito-idp:" + _HERE + ":userpool/{}", "Arn"),
}
"""type → property of the physical name, ARN with a place for it, attribute that is the ARN ("" for the Ref)."""


def arn(names: Names, resource: Resource) -> str | None:
    """The ARN with the physical name, or with a token in its place; None for types without one here."""
    form = _FORMS.get(resource.type)
    if form is None:
        return None
    given = resource.properties.get(form[0])
    name = str(names.text(given)) if isinstance(given, str) else "${" + names.of(resource) + "}"
    return "arn:${AWS::Partition}:" + form[1].replace("{}", name)


def arns(stage: Stage, names: Names) -> Mapping[str, str]:
    """The text by which a resource is referred to (`${function:x.Arn}`) → its ARN."""
    found = {}
    for resource in stage.resources():
        known = arn(names, resource)
        if known is not None:
            attribute = _FORMS[resource.type][2]
            dot = f".{attribute}" if attribute else ""
            found["${" + names.of(resource) + dot + "}"] = known
    return found
