"""IAM: wildcards, trusts, escalation, and what a service may be tricked into."""

from __future__ import annotations

from collections.abc import Iterator

from review.findings import CHECKS, Context, Found, Severity
from review.iam import actions
from review.iam.patterns import actions_overlap
from review.model import Role, Statement

_EVERYWHERE = frozenset(
    {"cloudwatch:putmetricdata", "ec2:createnetworkinterface", "ec2:deletenetworkinterface"}
)
"""Actions that could name a resource but are granted without: metrics are limited by a condition on their namespace,
and a function in a VPC needs interfaces that are not there yet."""

_ESCALATION = (
    ("iam:PassRole", "lambda:CreateFunction"),
    ("iam:PassRole", "bedrock-agentcore:CreateAgentRuntime"),
    ("iam:PassRole", "ec2:RunInstances"),
    ("iam:PassRole", "cloudformation:CreateStack"),
    ("iam:CreatePolicyVersion",),
    ("iam:SetDefaultPolicyVersion",),
    ("iam:AttachRolePolicy",),
    ("iam:PutRolePolicy",),
    ("iam:UpdateAssumeRolePolicy",),
    ("iam:CreateAccessKey",),
    ("lambda:UpdateFunctionCode",),
)
_MANAGED_ALLOWED = ("AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess")


def _statements(context: Context) -> Iterator[tuple[Role, Statement]]:
    for role in context.model.roles:
        for statement in role.statements:
            if statement.effect == "Allow":
                yield role, statement


@CHECKS.check(
    "IAM-01",
    Severity.ERROR,
    "No role may do everything of a service",
    fix="List the actions.",
    source="AGENTSEC03-BP03; cdk-nag AwsSolutions-IAM5",
)
def wild_actions(context: Context) -> Iterator[Found]:
    """A wildcard grants what the service learns next year; NotAction grants all but what somebody thought of."""
    for role, statement in _statements(context):
        wild = [each for each in statement.actions if each == "*" or each.endswith(":*")]
        if wild or statement.not_actions:
            what = wild[0] if wild else f"everything but {', '.join(statement.not_actions)}"
            yield Found(role.id, f"role {role.id} may do {what}", statement.place)


@CHECKS.check(
    "IAM-02",
    Severity.WARNING,
    "Statements name resources where the action takes any",
    fix="Name the resource.",
    source="cdk-nag AwsSolutions-IAM5; cfn-lint I3510",
)
def wild_resources(context: Context) -> Iterator[Found]:
    """Actions that take no resource, such as ecr:GetAuthorizationToken, are no finding. Which ones do is known from
    the Service Authorization Reference."""
    for role, statement in _statements(context):
        if "*" not in statement.resources:
            continue
        named = sorted(
            each
            for each in statement.actions
            if each.lower() not in _EVERYWHERE and not actions.takes_no_resource(each)
        )
        if named:
            yield Found(role.id, f"role {role.id} may {', '.join(named)} on everything", statement.place)


@CHECKS.check(
    "IAM-03",
    Severity.ERROR,
    "Statements name actions that exist",
    fix="Write the action as the Service Authorization Reference has it; `*` may stand in its name.",
    source="cfn-lint W3037; Service Authorization Reference",
)
def known_actions(context: Context) -> Iterator[Found]:
    """A slip in a permission shows when something fails; one in a denial never shows, and forbids nothing. Found in
    roles, and in the policies of functions and data stores."""
    holders = [
        *((f"role {each.id}", each.id, each.statements) for each in context.model.roles),
        *((f"function {each.id}", each.id, each.permissions) for each in context.model.functions),
        *(
            (f"{each.kind.replace('_', ' ')} {each.id}", each.id, each.policy)
            for each in context.model.stores
        ),
    ]
    for called, subject, statements in holders:
        for statement in statements:
            listed = (*statement.actions, *statement.not_actions)
            if unknown := [each for each in listed if "${" not in each and not actions.exists(each)]:
                verb = "denies" if statement.effect == "Deny" else "allows"
                message = f"{called} {verb} {', '.join(unknown)}, which is no action of any service"
                yield Found(subject, message, statement.place)


@CHECKS.check(
    "IAM-04",
    Severity.WARNING,
    "Roles have a permissions boundary",
    fix="Give the role a permissions boundary; here, `permissions_boundary` of the environment.",
    source="AGENTSEC03-BP03; AWS CDK Developer Guide, permissions boundaries",
)
def boundary(context: Context) -> Iterator[Found]:
    """It holds whatever a later change grants."""
    for role in context.model.roles if context.production else ():
        if role.boundary is None:
            yield Found(role.id, f"role {role.id} has no permissions boundary", role.place)


@CHECKS.check(
    "IAM-05",
    Severity.ERROR,
    "Roles are passed by name, to one service",
    fix="Name the role, and add the condition iam:PassedToService.",
    source="checkov CKV_AWS_109",
)
def pass_role(context: Context) -> Iterator[Found]:
    """Who may pass any role to any service is any role."""
    for role, statement in _statements(context):
        if not any(actions_overlap(each, "iam:PassRole") for each in statement.actions):
            continue
        wide = statement.not_resources or any("*" in each for each in statement.resources)
        if wide or not any("iam:PassedToService" in each for each in statement.conditions):
            yield Found(role.id, f"role {role.id} may pass roles to whatever it likes", statement.place)


@CHECKS.check(
    "IAM-06",
    Severity.ERROR,
    "No role can make itself stronger",
    fix="Take one half of the pair away.",
    source="checkov IAMPrivilegeEscalation",
)
def escalation(context: Context) -> Iterator[Found]:
    """Pairs of actions that add up to any permission, such as passing a role and creating a function."""
    for role in context.model.roles:
        allowed = [each for each in role.statements if each.effect == "Allow"]
        for pair in _ESCALATION:
            if all(_allows(allowed, action) for action in pair):
                yield Found(role.id, f"role {role.id} may do {' and '.join(pair)}", role.place)
        assumed = [each for each in allowed if _allows([each], "sts:AssumeRole") and "*" in each.resources]
        for statement in assumed:
            yield Found(role.id, f"role {role.id} may assume any role", statement.place)


def _allows(statements: list[Statement], action: str) -> bool:
    for statement in statements:
        listed = any(actions_overlap(each, action) for each in statement.actions)
        left = statement.not_actions and not any(
            actions_overlap(each, action) for each in statement.not_actions
        )
        if (listed or left) and not statement.conditions:
            return True
    return False


@CHECKS.check(
    "IAM-07",
    Severity.ERROR,
    "A service takes a role for this account's resources only",
    fix="One trust statement, with aws:SourceAccount and aws:SourceArn; remove the one without conditions.",
    source="IAM User Guide, the confused deputy problem; aws/aws-cdk issue 38780",
)
def service_trust(context: Context) -> Iterator[Found]:
    """Without the conditions somebody else's gateway may have the service take your role. A second statement
    without conditions voids the first: the gateway's L2 construct makes such a pair."""
    for role in context.model.roles:
        for statement in role.trust:
            service = [each for each in statement.principals if each.startswith("Service:")]
            guarded = service and any("lambda.amazonaws.com" not in each for each in service)
            if statement.effect != "Allow" or not guarded:
                continue
            missing = [
                key
                for key in ("aws:SourceAccount", "aws:SourceArn")
                if not any(f":{key}=" in condition for condition in statement.conditions)
            ]
            if missing:
                message = (
                    f"role {role.id} may be taken by {', '.join(service)} without {' and '.join(missing)}"
                )
                yield Found(role.id, message, statement.place)


@CHECKS.check(
    "IAM-08",
    Severity.ERROR,
    "Trust across accounts is exact",
    fix="For OIDC, an exact aud, and a sub with repository and environment; for accounts, an external id.",
    source="GitHub documentation, OpenID Connect in AWS",
)
def foreign_trust(context: Context) -> Iterator[Found]:
    """A federated trust without a subject lets every repository of the provider in; a star lets everybody in."""
    for role in context.model.roles:
        for statement in role.trust:
            if statement.effect != "Allow":
                continue
            for principal in statement.principals:
                if principal in ("*", "AWS:*"):
                    yield Found(role.id, f"role {role.id} may be taken by everybody", statement.place)
                elif principal.startswith("Federated:") and not _exact(statement):
                    message = (
                        f"role {role.id} may be taken through {principal[10:]} without exact aud and sub"
                    )
                    yield Found(role.id, message, statement.place)
                elif _other_account(principal) and not statement.conditions:
                    yield Found(role.id, f"role {role.id} may be taken by {principal[4:]}", statement.place)


def _exact(statement: Statement) -> bool:
    aud = any(each.startswith("StringEquals:") and ":aud=" in each for each in statement.conditions)
    subs = [each.partition("=")[2] for each in statement.conditions if ":sub=" in each]
    return aud and any(
        sub.count(":") >= 3 and not sub.endswith(":*") and "*" not in sub.split(":")[1] for sub in subs
    )


def _other_account(principal: str) -> bool:
    return (
        principal.startswith("AWS:arn:")
        and "${AWS::AccountId}" not in principal
        and "${role:" not in principal
    )


@CHECKS.check(
    "IAM-09",
    Severity.WARNING,
    "Managed policies are ones that are known",
    fix="Write the statements out.",
    source="cdk-nag AwsSolutions-IAM4",
)
def managed(context: Context) -> Iterator[Found]:
    """AWS changes its managed policies when it likes, and they name no resource."""
    for role in context.model.roles:
        for policy in role.managed:
            if policy.rpartition("/")[2] not in _MANAGED_ALLOWED:
                yield Found(role.id, f"role {role.id} has the managed policy {policy}", role.place)


@CHECKS.check(
    "IAM-10",
    Severity.WARNING,
    "Models are named",
    fix="Name the models and the inference profiles that the agent uses.",
    source="AWS Prescriptive Guidance, generative AI security; AWS SRA, capability 5",
)
def models(context: Context) -> Iterator[Found]:
    """Another model costs more, answers differently, and was not tested."""
    for role, statement in _statements(context):
        if not any(actions_overlap(each, "bedrock:InvokeModel") for each in statement.actions):
            continue
        wide = [
            each
            for each in statement.resources
            if each == "*" or each.endswith(("foundation-model/*", "profile/*"))
        ]
        if wide or statement.not_resources:
            yield Found(role.id, f"role {role.id} may invoke any model", statement.place)


@CHECKS.check(
    "IAM-11",
    Severity.ERROR,
    "Who may call a function is named",
    fix="Add SourceArn and SourceAccount to the permission.",
    source="AWS Lambda Developer Guide, resource-based policies (confused deputy)",
)
def permissions(context: Context) -> Iterator[Found]:
    """A permission for a service without a source is one for everybody's resources of that service."""
    for function in context.model.functions:
        for statement in function.permissions:
            service = any(each.endswith(".amazonaws.com") for each in statement.principals)
            sourced = any(
                "aws:SourceArn" in each or "aws:SourceAccount" in each for each in statement.conditions
            )
            if "*" in statement.principals or (service and not sourced):
                who = ", ".join(statement.principals)
                yield Found(
                    function.id,
                    f"function {function.id} may be called by {who}, whoever asks",
                    statement.place,
                )
