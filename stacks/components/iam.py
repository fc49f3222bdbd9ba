"""Building blocks of roles. Every statement is written out with its reason; the library grants nothing by itself.

The reasons go into the template (`Metadata.Airside.Statements`, by sid), where reviewers, the generated tables in
`docs/generated/iam/` and the tests read them: a statement that nobody gave a reason for is a failing test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.part_stack import declare

AGENTCORE = "bedrock-agentcore"

MADE = "?" * 10
"""The characters with which AgentCore ends a gateway's or a runtime's id. A star would also match a longer name of
which this one is the beginning."""

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]
"""Operator → condition key → value or values, as IAM writes them."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. `why` is a sentence for the reviewer: who needs it, or what it prevents."""

    sid: str
    why: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Conditions = field(default_factory=dict)
    effect: iam.Effect = iam.Effect.ALLOW

    def rendered(self, principals: Sequence[iam.IPrincipal] | None = None) -> iam.PolicyStatement:
        """The library's form; `principals` for a resource's policy only."""
        return iam.PolicyStatement(
            sid=self.sid,
            effect=self.effect,
            actions=list(self.actions),
            resources=list(self.resources),
            conditions={operator: dict(keys) for operator, keys in self.conditions.items()},
            principals=list(principals) if principals else None,
        )


def allow(
    sid: str, why: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> Statement:
    return Statement(sid, why, actions, resources, conditions or {})


def deny(sid: str, why: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    return Statement(sid, why, actions, resources, effect=iam.Effect.DENY)


def reasons(statements: Iterable[Statement]) -> dict[str, str]:
    """sid → why, for the metadata of the resource that carries the statements."""
    return {statement.sid: statement.why for statement in statements}


@dataclass(frozen=True)
class Trust:
    """Who may assume a role, for which of its resources only, and why."""

    principal: iam.IPrincipal
    why: str


def own_role(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    description: str,
    trust: Trust,
    policy: str,
    statements: Iterable[Statement],
    declared: Mapping[str, str] | None = None,
) -> iam.Role:
    """A role with its one policy inline and the reasons on it.

    Inline, so that whatever has the role has its permissions too: a separate policy resource could come later
    than the check that AgentCore makes when it is given the role.

    Args:
        policy: the inline policy's name.
        declared: which declared thing the role is of, such as `{"Agent": …}`; written beside the reasons.
    """
    written = tuple(statements)
    role = iam.Role(
        scope,
        construct_id,
        role_name=name,
        description=description,
        assumed_by=trust.principal,
        inline_policies={
            policy: iam.PolicyDocument(statements=[statement.rendered() for statement in written])
        },
    )
    declare(role, {**(declared or {}), "Trust": trust.why, "Statements": reasons(written)})
    return role


def agentcore_arn(scope: Construct, resource: str) -> str:
    """`arn:…:bedrock-agentcore:<region>:<account>:<resource>` of the scope's stack."""
    stack = cdk.Stack.of(scope)
    return f"arn:{stack.partition}:{AGENTCORE}:{stack.region}:{stack.account}:{resource}"


def agentcore_trust(scope: Construct, resource: str) -> Trust:
    """AgentCore, acting for one resource of this account only (confused-deputy guard, contracts §10)."""
    return service_trust(scope, AGENTCORE, agentcore_arn(scope, resource))


def service_trust(scope: Construct, service: str, source: str) -> Trust:
    """A service (`lambda`), acting for the resources `source` of this account only.

    One statement with both conditions: the construct library's own gateway role trusts the service a second
    time without them, which voids the guard.
    """
    return Trust(
        iam.ServicePrincipal(
            f"{service}.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account},
                "ArnLike": {"aws:SourceArn": source},
            },
        ),
        "Only the service, only for this resource of this account: nobody else's resource can be given the role.",
    )


def never_for_unverified_users() -> Statement:
    """Denies what takes a user's id as it is said, in a header or an argument, instead of from a token.

    Nothing allows it; the Deny also stands against a policy that somebody attaches later (contracts §10).
    """
    return deny(
        "NeverForUnverifiedUsers",
        "A user id that is only said proves nothing: a user is known by a verified token or not at all.",
        [
            "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
            "bedrock-agentcore:InvokeAgentRuntimeForUser",
            "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser",
        ],
        ["*"],
    )


def secret_arn(scope: Construct, name: str) -> str:
    """A Secrets Manager secret by its name; six random characters end its ARN."""
    stack = cdk.Stack.of(scope)
    return f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret:{name}-??????"


def oauth_token_resources(scope: Construct, *, provider: str, workload: str) -> list[str]:
    """What `GetResourceOauth2Token` is authorized on: vault, provider, directory, the caller's identity."""
    return [
        agentcore_arn(scope, "token-vault/default"),
        agentcore_arn(scope, f"token-vault/default/oauth2credentialprovider/{provider}"),
        agentcore_arn(scope, "workload-identity-directory/default"),
        agentcore_arn(scope, f"workload-identity-directory/default/workload-identity/{workload}-*"),
    ]
