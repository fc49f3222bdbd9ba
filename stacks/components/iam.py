"""Building blocks of roles. Every statement is written out; the library grants nothing by itself."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

AGENTCORE = "bedrock-agentcore"


def agentcore_arn(scope: Construct, resource: str) -> str:
    """`arn:…:bedrock-agentcore:<region>:<account>:<resource>` of the scope's stack."""
    stack = cdk.Stack.of(scope)
    return f"arn:{stack.partition}:{AGENTCORE}:{stack.region}:{stack.account}:{resource}"


def agentcore_trust(scope: Construct, resource: str) -> iam.ServicePrincipal:
    """AgentCore, acting for one kind of resource of this account only (confused-deputy guard).

    One statement with both conditions: the construct library's own gateway role trusts the service a second
    time without them, which voids the guard.
    """
    return iam.ServicePrincipal(
        f"{AGENTCORE}.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account},
            "ArnLike": {"aws:SourceArn": agentcore_arn(scope, resource)},
        },
    )


def allow(
    sid: str, actions: list[str], resources: list[str], conditions: dict[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)


def deny(sid: str, actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, effect=iam.Effect.DENY, actions=actions, resources=resources)


def secret_arn(scope: Construct, name: str) -> str:
    """A Secrets Manager secret by its name; six random characters end its ARN."""
    stack = cdk.Stack.of(scope)
    return f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:{name}-??????"


def oauth_secret_arn(scope: Construct, provider: str) -> str:
    """The secret AgentCore Identity itself keeps for one credential provider."""
    return secret_arn(scope, f"bedrock-agentcore-identity!default/oauth2/{provider}")


def oauth_token_resources(scope: Construct, *, provider: str, workload: str) -> list[str]:
    """What `GetResourceOauth2Token` is authorized on: vault, provider, directory, the caller's identity."""
    return [
        agentcore_arn(scope, "token-vault/default"),
        agentcore_arn(scope, f"token-vault/default/oauth2credentialprovider/{provider}"),
        agentcore_arn(scope, "workload-identity-directory/default"),
        agentcore_arn(scope, f"workload-identity-directory/default/workload-identity/{workload}-*"),
    ]
