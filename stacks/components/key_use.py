"""Who uses the system's key beside the services its own policy names: the gateway's role, and functions on tables.

The key's policy leaves the decision to IAM policies of the account, so each user's role says it, for this one key.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.iam import Statement, allow

_READ = ("kms:Decrypt",)
_WRITE = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""DynamoDB Developer Guide, "DynamoDB encryption at rest: usage notes", without wildcards."""


def of_gateway(key: kms.IKey | None) -> list[Statement]:
    """What a gateway's role needs to encrypt with a key.

    Source: AgentCore Developer Guide, "Encrypt your AgentCore gateway with a customer-managed KMS key". Its example
    also asks for kms:ViaService and the gateway's encryption context; see docs/fidelity/aws.md for why not here.
    """
    if key is None:
        return []
    return [
        allow(
            "KeyOfTheGateway",
            "AgentCore encrypts the gateway's and its targets' configuration as this role, with this key only.",
            ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            [key.key_arn],
        ),
        allow(
            "GrantsOfTheGateway",
            "AgentCore lets itself use the key later, by grants that are bound to an encryption context.",
            ["kms:CreateGrant"],
            [key.key_arn],
            {
                "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
                "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "GenerateDataKey"]},
            },
        ),
    ]


def of_tables(
    scope: Construct, key: kms.IKey | None, tables: dict[str, str], *, writes: bool
) -> list[Statement]:
    """What a role needs to read, or also to write, tables that are encrypted with a key.

    Args:
        tables: declared name → physical name.
    """
    if key is None or not tables:
        return []
    via = f"dynamodb.{cdk.Stack.of(scope).region}.amazonaws.com"
    return [
        allow(
            "KeyOfTables",
            f"DynamoDB uses the system's key as whoever asks it: through it only, for {', '.join(tables)} only.",
            list(_WRITE if writes else _READ),
            [key.key_arn],
            {
                "StringEquals": {
                    "kms:ViaService": via,
                    "kms:EncryptionContext:aws:dynamodb:tableName": list(tables.values()),
                }
            },
        ),
        allow(
            "KeyOfTablesDescribed",
            "DynamoDB looks at the key's state first, which has no encryption context.",
            ["kms:DescribeKey"],
            [key.key_arn],
            {"StringEquals": {"kms:ViaService": via}},
        ),
    ]
