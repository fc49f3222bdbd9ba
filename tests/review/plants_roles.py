"""Planted changes of roles."""

from __future__ import annotations

from tests.review.kit import edited
from tests.review.plant_kit import (
    AGENT_ROLE,
    BOOKING,
    FUNCTION,
    ROLE,
    RUNTIME,
    TABLE,
    Plant,
    append,
    grant,
    granting,
    on,
    put,
    role_of,
)

ROLES: tuple[Plant, ...] = (
    Plant(
        "invokes a function",
        granting("agent-booking", "lambda:InvokeFunction", FUNCTION, "tool_loyalty", "Arn", "Function"),
        "may now: lambda:InvokeFunction",
    ),
    Plant(
        "reads a table",
        granting("agent-booking", "dynamodb:GetItem", TABLE, "members", "Arn", "Table"),
        "may now: dynamodb:GetItem",
        "FLW-05",
    ),
    Plant(
        "invokes an agent",
        granting(
            "agent-booking", "bedrock-agentcore:InvokeAgentRuntime", RUNTIME, "loyalty", "AgentRuntimeArn"
        ),
        "booking may now invoke loyalty",
    ),
    Plant(
        "invokes any agent",
        on(ROLE, grant(Action="bedrock-agentcore:InvokeAgentRuntime", Resource="*"), **AGENT_ROLE),
        "may now invoke",
        "FLW-07",
    ),
    Plant(
        "everything of a service",
        on(ROLE, grant(Action="s3:*", Resource="arn:aws:s3:::x"), **AGENT_ROLE),
        "may now: s3:*",
        "IAM-01",
    ),
    Plant(
        "everything but",
        on(ROLE, grant(NotAction="iam:*", Resource="*"), **AGENT_ROLE),
        "everything but iam:*",
        "IAM-01",
    ),
    Plant(
        "everywhere",
        on(ROLE, grant(Action="ssm:GetParameter", Resource="*"), **AGENT_ROLE),
        "may now: ssm:GetParameter",
        "IAM-02",
    ),
    Plant(
        "passes roles",
        on(ROLE, grant(Action="iam:PassRole", Resource="*"), **AGENT_ROLE),
        "iam:PassRole",
        "IAM-05",
    ),
    Plant(
        "makes itself stronger",
        on(
            ROLE,
            grant(Action="iam:PutRolePolicy", Resource="arn:aws:iam::${AWS::AccountId}:role/x"),
            **AGENT_ROLE,
        ),
        "iam:PutRolePolicy",
        "IAM-06",
    ),
    Plant(
        "changes its guard",
        on(ROLE, grant(Action="lambda:UpdateFunctionCode", Resource="*"), **role_of("tool-customer")),
        "UpdateFunctionCode",
        "FLW-06",
    ),
    Plant(
        "any model",
        on(
            ROLE,
            grant(Action="bedrock:InvokeModel", Resource="arn:aws:bedrock:*::foundation-model/*"),
            **AGENT_ROLE,
        ),
        "bedrock:InvokeModel",
        "IAM-10",
    ),
    Plant(
        "any workload's token",
        on(
            ROLE,
            grant(
                Action="bedrock-agentcore:GetWorkloadAccessToken",
                Resource="arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:workload-identity-directory/default/workload-identity/*",
            ),
            **AGENT_ROLE,
        ),
        "GetWorkloadAccessToken",
        "IDN-07",
    ),
    Plant(
        "another agent's provider",
        on(
            ROLE,
            grant(
                Action="bedrock-agentcore:GetResourceOauth2Token",
                Resource="arn:aws:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:token-vault/default/oauth2credentialprovider/airline-prod-agent-loyalty",
            ),
            **AGENT_ROLE,
        ),
        "GetResourceOauth2Token",
        "IDN-08",
    ),
    Plant(
        "managed policy",
        on(ROLE, put("ManagedPolicyArns", ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]), **AGENT_ROLE),
        "has the managed policy",
        "IAM-09",
    ),
    Plant(
        "administrator",
        on(ROLE, put("ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]), **AGENT_ROLE),
        "has the managed policy",
        "FLW-05",
    ),
    Plant(
        "unconditioned trust",
        on(
            ROLE,
            append(
                "AssumeRolePolicyDocument.Statement",
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
                },
            ),
            **AGENT_ROLE,
        ),
        "may now be taken by",
        "IAM-07",
    ),
    Plant(
        "trust for everybody",
        on(
            ROLE,
            append(
                "AssumeRolePolicyDocument.Statement",
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"},
            ),
            **AGENT_ROLE,
        ),
        "may now be taken by",
        "IAM-08",
    ),
    Plant(
        "any repository",
        on(
            ROLE,
            append(
                "AssumeRolePolicyDocument.Statement",
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {
                        "Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
                    },
                    "Condition": {
                        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
                    },
                },
            ),
            **AGENT_ROLE,
        ),
        "may now be taken by",
        "IAM-08",
    ),
    Plant(
        "gateway invokes anything",
        on(ROLE, grant(Action="lambda:InvokeFunction", Resource="*"), **role_of("prod-gateway")),
        "may now: lambda:InvokeFunction",
        "INT-07",
    ),
    Plant(
        "interceptor reads data",
        granting("gateway-interceptor", "dynamodb:GetItem", TABLE, "members", "Arn", "Table"),
        "may now: dynamodb:GetItem",
        "INT-05",
    ),
    Plant(
        "one role for two",
        lambda stage: edited(
            stage,
            RUNTIME,
            put(
                "RoleArn",
                next(
                    each for each in stage.of_type(RUNTIME) if each.notes.get("Agent") == "loyalty"
                ).properties["RoleArn"],
            ),
            **BOOKING,
        ),
        "has another role",
        "IDN-02",
    ),
)
